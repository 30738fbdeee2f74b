"""DynamoDB for every context: keys of the one table, attribute values, the client and its errors, transactions, batch
reads, and the sweep index. Imports no context.
"""
