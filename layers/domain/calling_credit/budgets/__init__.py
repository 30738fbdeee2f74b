"""Budgets: what calls of a line or a user may cost in a month, and what they have cost."""
