"""The keys of connectors: switches that send a fixed header instead of a token. The table holds only their hashes."""
