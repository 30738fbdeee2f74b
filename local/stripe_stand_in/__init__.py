"""A local stand-in for Stripe: small, in memory, with Stripe's documented semantics at the version the SDK pins."""
