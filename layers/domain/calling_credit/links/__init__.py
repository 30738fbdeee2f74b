"""Links that act without a sign-in: confirm a payment, raise a budget, or freeze an account."""
