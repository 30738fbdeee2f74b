"""Rate decks: parsing, pricing, publishing, and the public price list. Does not depend on accounts or the ledger."""
