"""A stored top-up as a proof sees it. Reads no table."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from calling_credit.topups.reversals import Losses, reversal_target


@dataclass(frozen=True, slots=True)
class StoredTopUp:
    """The fields of a stored top-up that a proof needs."""

    topup_id: str
    status: str
    amount_micros: int
    reversed_micros: int
    customer_id: str
    created_at: str = ""
    tax_micros: int = 0

    @property
    def gross_micros(self) -> int:
        """What the card paid."""
        return self.amount_micros + self.tax_micros

    def reversed_by(self, losses: Losses) -> int:
        """The credit that refunds and disputes at Stripe take back."""
        return reversal_target(self.amount_micros, self.gross_micros, losses).net_micros


def stored_topup(item: Mapping[str, Any]) -> StoredTopUp:
    """The top-up of a plain item."""
    return StoredTopUp(
        item["topup_id"],
        item["status"],
        item["amount_micros"],
        item.get("reversed_micros", 0),
        item["customer_id"],
        item.get("created_at", ""),
        item.get("tax_micros", 0),
    )
