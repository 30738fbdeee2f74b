"""Top-ups: states, decisions, declines, reversals, views, and items. Does not import Stripe."""
