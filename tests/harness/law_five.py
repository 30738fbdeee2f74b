"""Law 5: every succeeded Stripe payment has exactly one top_up entry, and every top_up entry has its payment, which is
larger by the tax.
"""

from collections.abc import Iterable
from typing import Any

import stripe


def law_five(sdk: stripe.StripeClient, items: Iterable[dict[str, Any]]) -> None:
    """Check the items of the table against the intents at Stripe."""
    paid = {
        intent.metadata["topup_id"]: intent.amount_received * 10_000
        for intent in sdk.v1.payment_intents.list({"limit": 100}).auto_paging_iter()
        if intent.status == "succeeded" and "topup_id" in intent.metadata
    }
    taxes: dict[str, int] = {}
    entered: dict[str, int] = {}
    for item in items:
        if item["SK"].startswith("TOPUP#"):
            taxes[item["topup_id"]] = item.get("tax_micros", 0)
        elif item["SK"].startswith("ENTRY#") and item["category"] == "top_up":
            identifier = item["SK"].rsplit("#", 1)[1]
            assert identifier not in entered
            entered[identifier] = item["amount_micros"]
    totals = {identifier: amount + taxes.get(identifier, 0) for identifier, amount in entered.items()}
    assert totals == paid, "law 5"
