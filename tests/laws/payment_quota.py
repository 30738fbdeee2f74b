"""What a run of the driver of payments must bring about to prove anything, how often at least, and the operations that
bring it about. While something is missing, the driver prefers these operations.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Essential:
    """An outcome by a part of its name in the counts, its least number, and the operations that can bring it about."""

    name: str
    least: int
    operations: tuple[str, ...]

    def found(self, counts: Counter[str]) -> int:
        """How often the outcome is counted."""
        return sum(count for name, count in counts.items() if self.name in name)


BACKUP, HARD = "a soft decline beside a backup", "a hard decline beside a backup"
BLOCKED, EXHAUSTED, LINK = (
    "a blocked card on every path",
    "an exhausted card on every path",
    "a link whose card is spent",
)
FREEZE, PAGE, PARTS = "a freeze with an open challenge", "pay on Stripe's page", "money back in parts"
DAYS, RETURNED = "a bank account that pays after days", "a returned bank payment on every path"
MEETINGS = ("a payment that meets a dispute", "a payment that meets a warning", "a payment that meets a freeze")
TAX = "the operator changes the tax"
ESSENTIALS: Final = (
    Essential("confirmations", 20, ("pay", "a call and a recharge")),
    Essential("confirmed: manual", 10, ("pay", BLOCKED)),
    Essential("confirmed: rule", 2, ("a call and a recharge",)),
    Essential("confirmation link", 1, (LINK,)),
    Essential("interruptions", 4, MEETINGS),
    Essential("interrupted repetitions", 1, MEETINGS),
    Essential("cards exhausted under way", 1, (EXHAUSTED,)),
    Essential("card_blocked", 2, (BLOCKED,)),
    Essential("card_declined_too_often", 1, (EXHAUSTED,)),
    Essential("account_frozen", 1, (FREEZE, "a payment that meets a freeze")),
    Essential("changed_meanwhile", 1, ("an older tab",)),
    Essential("freezes by link", 1, (FREEZE,)),
    Essential("challenges ended by a freeze", 1, (FREEZE,)),
    Essential("suspensions with a reversal", 1, (PARTS, "a recharge that meets the dispute of another card")),
    Essential("payments taken back", 2, (PARTS,)),
    Essential("pages paid", 1, (PAGE,)),
    Essential("confirmed: backup", 1, (BACKUP,)),
    Essential("hard declines beside a backup", 1, (HARD,)),
    Essential("bank payments under way for days", 1, (DAYS,)),
    Essential("bank payments paid", 1, (DAYS,)),
    Essential("bank payments failed", 1, (DAYS,)),
    Essential("bank payments returned", 1, (RETURNED,)),
    Essential("payments with tax", 10, (TAX, "pay", "a call and a recharge")),
    Essential("reversals with tax", 2, (PARTS,)),
)
"""The outcomes, for the usual number of operations."""


def wanted(counts: Counter[str], essentials: Iterable[Essential] = ESSENTIALS) -> list[str]:
    """The operations that can bring about what is missing, once for each outcome."""
    return [name for one in essentials if one.found(counts) < one.least for name in one.operations]
