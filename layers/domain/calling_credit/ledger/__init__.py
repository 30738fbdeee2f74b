"""The ledger of an account: entries, holds, postings, adjustments, and their readers."""
