"""What every context needs of DynamoDB: the keys of the one table, attribute values, the client and its errors,
transactions, batch reads, and the sweep index. Knows no context.
"""
