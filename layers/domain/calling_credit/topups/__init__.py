"""Top-ups: their states, declines, reversals, views, and items. Knows no Stripe call."""
