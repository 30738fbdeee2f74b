"""Law 11: only calls and people buy. Follows, from entries and answers, what the last call or arming left to buy.

A call that is charged, or refused for lack of credit, and an arming by an admin set the balance from which the rule may
buy up to its threshold. Every other lowering forbids buying until one of them comes; so does a suspicious call, which
is a cause only a day later. What the rule buys afterwards is never more than the rest.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.harness.till import Till

A_DAY = timedelta(hours=24)
NOT_BOUGHT = ("failed", "canceled", "requires_action")
PAYMENTS = ("top_up", "adjustment", "reversal", "correction", "goodwill", "transfer", "promotion", "credit_expired")
"""Categories of entries that no call causes."""


@dataclass
class Causes:
    """The cause of acct_1's next recharge. `base_micros` is the balance at the cause; None after money went back."""

    till: Till
    base_micros: int | None = None
    calls: int = 0
    refused: int = 0
    suspicious: dict[str, datetime] = field(default_factory=dict)
    """When each suspicious call was charged, by its listed item."""
    counted: set[str] = field(default_factory=set)
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
        self,
        new_entries: list[dict[str, Any]],
        posted_micros: int,
        top_ups: list[dict[str, Any]],
        rules: list[dict[str, Any]],
        listed: list[dict[str, Any]],
    ) -> None:
        """Check the claims since the last operation, then follow its entries."""
        self.count_suspicious(listed, posted_micros - sum(entry["amount_micros"] for entry in new_entries))
        self.check_claims(top_ups, rules)
        lowered = [entry for entry in new_entries if entry["category"] in PAYMENTS and entry["amount_micros"] < 0]
        all_calls = [entry for entry in new_entries if entry["category"] not in PAYMENTS]
        calls = [entry for entry in all_calls if not entry.get("suspicious")]
        self.calls += len(calls)
        if lowered or len(calls) < len(all_calls):
            self.base_micros = None
        if calls:
            self.cause(posted_micros)

    def count_suspicious(self, listed: list[dict[str, Any]], posted_micros: int) -> None:
        """Count the suspicious calls that were counted since the last operation; a day must have passed."""
        now = self.till.world.clock.now
        for item in listed:
            charged_at = self.suspicious.setdefault(item["SK"], now)
            if "counted_at" in item and item["SK"] not in self.counted:
                assert now - charged_at >= A_DAY, "law 11: a suspicious call counted before its day was over"
                self.counted.add(item["SK"])
                self.calls += 1
                self.cause(posted_micros)

    def check_claims(self, top_ups: list[dict[str, Any]], rules: list[dict[str, Any]]) -> None:
        """Check that each new payment of the rule was caused, and is no larger than what its cause left to buy.
        `rules`: the rule before and after the operation, which may have changed it while a payment was under way.
        """
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
            gaps = [(rule["threshold_micros"] - self.base_micros - bought, rule["amount_micros"]) for rule in rules]
            most = max(-(-max(gap, 0) // amount) * amount for gap, amount in gaps)
            assert item["amount_micros"] <= most, f"law 11: the cause left {most} to buy, not {item['amount_micros']}"
