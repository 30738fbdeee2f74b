"""What a payment's card pays, spelled here without the code that charges it."""

from typing import Any


def gross(item: dict[str, Any]) -> int:
    """The credit of a stored payment and the tax on it."""
    return int(item["amount_micros"]) + int(item.get("tax_micros", 0))
