"""Accounts, their lines, users, and limits, and how an account is frozen."""
