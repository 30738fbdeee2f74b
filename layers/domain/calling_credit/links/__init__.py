"""Links that act without a sign-in: confirm a payment, or freeze an account."""
