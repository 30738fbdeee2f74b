"""Automatic recharge: the rule, the decision to charge, its state, and its simulation. Does not call Stripe."""
