"""Rate decks: parsing, pricing, publishing, and the public price list. Knows no account and no ledger."""
