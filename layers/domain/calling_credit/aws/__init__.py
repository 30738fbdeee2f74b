"""The AWS services beside the table: deck files in S3, secrets. Knows nothing of accounts or money."""
