"""The ledger's table in DynamoDB, as verbs. The only package that speaks DynamoDB; it decides nothing about money."""
