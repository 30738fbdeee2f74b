"""The proof that the ledger adds up and agrees with Stripe. Corrects nothing."""
