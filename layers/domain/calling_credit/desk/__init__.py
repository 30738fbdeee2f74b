"""What the phone company's staff see of an account, and what only they do with it."""
