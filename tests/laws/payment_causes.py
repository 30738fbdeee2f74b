"""Law 11: only calls and people buy. Follows, from entries and answers, what the last call or arming left to buy.

A call that is charged, or refused for lack of credit, and an arming by an admin set the balance from which the rule may
buy up to its threshold. Every other lowering forbids buying until one of them comes. What the rule buys afterwards is
never more than the rest.
"""

from dataclasses import dataclass, field
from typing import Any

from tests.harness.till import Till

NOT_BOUGHT = ("failed", "canceled", "requires_action")
PAYMENTS = ("top_up", "adjustment", "reversal", "correction", "goodwill", "transfer")
"""Categories of entries that no call causes."""


@dataclass
class Causes:
    """The cause of acct_1's next recharge. `base_micros` is the balance at the cause; None after money went back."""

    till: Till
    base_micros: int | None = None
    calls: int = 0
    refused: int = 0
    claims: dict[str, str] = field(default_factory=dict)
    """Each payment of the rule with the number of the cause that it was claimed for."""
    number: int = 0

    def refuse(self) -> None:
        """A call was refused for lack of credit."""
        self.refused += 1
        self.arm()

    def arm(self) -> None:
        """A billing admin enabled or raised the rule, or gave it another card: from now on it may buy."""
        [balance] = self.till.world.of_kind("BALANCE")
        self.cause(int(balance["posted_micros"]))

    def cause(self, posted_micros: int) -> None:
        """Count a new cause, at this balance."""
        self.base_micros = posted_micros
        self.number += 1

    def check(
        self, new_entries: list[dict[str, Any]], posted_micros: int, top_ups: list[dict[str, Any]], rule: Any
    ) -> None:
        """Check the claims since the last operation, then follow its entries."""
        self.check_claims(top_ups, rule)
        lowered = [entry for entry in new_entries if entry["category"] in PAYMENTS and entry["amount_micros"] < 0]
        calls = [entry for entry in new_entries if entry["category"] not in PAYMENTS]
        self.calls += len(calls)
        if lowered:
            self.base_micros = None
        if calls:
            self.cause(posted_micros)

    def check_claims(self, top_ups: list[dict[str, Any]], rule: Any) -> None:
        """Check that each new payment of the rule was caused, and is no larger than what its cause left to buy."""
        for item in top_ups:
            if item["kind"] != "automatic" or item["topup_id"] in self.claims:
                continue
            self.claims[item["topup_id"]] = str(self.number)
            assert self.base_micros is not None, "law 11: money went back, and no call and no person came since"
            bought = sum(
                one["amount_micros"]
                for one in top_ups
                if self.claims.get(one["topup_id"]) == str(self.number)
                and one["topup_id"] != item["topup_id"]
                and one["status"] not in NOT_BOUGHT
            )
            gap = rule["threshold_micros"] - self.base_micros - bought
            most = -(-max(gap, 0) // rule["amount_micros"]) * rule["amount_micros"]
            assert item["amount_micros"] <= most, f"law 11: the cause left {most} to buy, not {item['amount_micros']}"
