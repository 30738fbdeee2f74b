"""Granted credit that is kept apart until calls have used it or it expires (lots), and promotion codes."""
