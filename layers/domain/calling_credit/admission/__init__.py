"""Admission: whether the switch may connect a call, and the credit held for it."""
