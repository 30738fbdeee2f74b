"""Simulates a rule of automatic recharge on an account's recent entries, with the same decision function as real
recharges. Changes and charges nothing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from calling_credit.categories import REVERSAL
from calling_credit.dynamodb import keys
from calling_credit.instants import format_instant
from calling_credit.ledger.entries import EntryKind
from calling_credit.money import format_money
from calling_credit.recharge import attempts
from calling_credit.recharge.attempts import State
from calling_credit.recharge.decision import BuyCredit, RechargeContext, Rule, Stop, StopReason, decide_recharge
from calling_credit.recharge.words import WORDS
from calling_credit.tax.calculation import NO_TAX, Taxation
from calling_credit.topups.topup import Card, TopUp, TopUpKind, TopUpStatus

DAYS: Final = 30
COUNTS_AFTER: Final = timedelta(hours=24)
"""When a suspicious call begins to count toward a recharge."""
UNTIL_NEXT_ENTRY: Final = frozenset({StopReason.ABOVE_THRESHOLD, StopReason.NO_CALL_SINCE})
"""Stops that the next entry may end."""
MAX_ENTRIES: Final = 10_000
"""The number of latest entries to replay. A busy account's last 30 days may have more."""


@dataclass
class Simulation:
    """A rule under simulation. Every charge succeeds at once; a call that exceeds the balance is refused. An admin has
    just armed the rule, so `has_call_since` begins true. `suspicious_until`: when suspicious calls begin to count.
    `charged_micros` is credit, and `tax_micros` the tax on it.
    """

    rule: Rule
    posted_micros: int
    time_zone: str
    maximum_micros: int
    state: State = field(default_factory=State)
    calls: int = 0
    refused: int = 0
    charges: int = 0
    charged_micros: int = 0
    lowest_micros: int = 0
    stops: Counter[str] = field(default_factory=Counter)
    has_call_since: bool = True
    suspicious_until: list[str] = field(default_factory=list)
    tax: Taxation = NO_TAX
    tax_micros: int = 0

    def __post_init__(self) -> None:
        self.lowest_micros = self.posted_micros

    def play(self, entries: Iterable[Mapping[str, Any]], begin: datetime, end: datetime) -> None:
        """Start the rule, then replay the entries, oldest first, except those of automatic recharge."""
        self._decide(begin)
        for entry in entries:
            now = datetime.fromisoformat(keys.happened_at_of(entry["SK"]))
            self._wake_until(now)
            if entry["kind"] == EntryKind.CALL_CHARGED:
                self._call(entry, now)
            elif not _is_automatic(entry):
                self.posted_micros += entry["amount_micros"]
                self.has_call_since = self.has_call_since and entry["amount_micros"] >= 0
            self.lowest_micros = min(self.lowest_micros, self.posted_micros)
            self._decide(now)
        self._wake_until(end)

    def _call(self, entry: Mapping[str, Any], now: datetime) -> None:
        """Charge a call, or refuse it. Either counts as spending, but a suspicious call does so a day later."""
        price_micros = -entry["amount_micros"]
        self.calls += 1
        if self.posted_micros < price_micros:
            self.refused += 1
            self.has_call_since = True
            return
        self.posted_micros -= price_micros
        if entry.get("suspicious") and price_micros:
            self.has_call_since = False
            self.suspicious_until.append(format_instant(now + COUNTS_AFTER))
        elif price_micros:
            self.has_call_since = True

    def _count_suspicious_until(self, now: datetime) -> None:
        """Count the suspicious calls whose day is over."""
        while self.suspicious_until and self.suspicious_until[0] <= format_instant(now):
            self.has_call_since = True
            self._decide(datetime.fromisoformat(self.suspicious_until.pop(0)))

    def _wake_until(self, now: datetime) -> None:
        self._count_suspicious_until(now)
        while self.state.next_attempt_at is not None and self.state.next_attempt_at <= format_instant(now):
            woken = datetime.fromisoformat(self.state.next_attempt_at)
            self.state = attempts.wake(self.state)
            self._decide(woken)

    def _decide(self, now: datetime) -> None:
        """Charge until the rule stops; a stop lasts until it ends."""
        while self.state.stopped is None:
            decision = decide_recharge(
                RechargeContext(
                    self.rule,
                    self.state,
                    self.posted_micros,
                    0,
                    False,
                    self.time_zone,
                    self.maximum_micros,
                    now,
                    has_call_since=self.has_call_since,
                    tax=self.tax,
                )
            )
            if isinstance(decision, BuyCredit):
                self._charge(decision, now)
            elif isinstance(decision, Stop) and decision.code not in UNTIL_NEXT_ENTRY:
                self.stops[decision.code] += 1
                self.state = attempts.record_stop(self.state, decision.code, decision.until)
            else:
                return

    def _charge(self, purchase: BuyCredit, now: datetime) -> None:
        amount_micros = purchase.amount_micros
        number = self.state.attempt + 1
        self.state = attempts.record_claim(self.state, f"{number}", purchase.gross_micros, self.rule.fingerprint, now)
        self.state = attempts.record_payment(self.state, _payment(self.rule, number, amount_micros, now))
        self.posted_micros += amount_micros
        self.charges += 1
        self.charged_micros += amount_micros
        self.tax_micros += purchase.tax_micros


def _payment(rule: Rule, number: int, amount_micros: int, now: datetime) -> TopUp:
    """A simulated payment."""
    return TopUp(
        account_id="",
        topup_id=f"{number}",
        kind=TopUpKind.AUTOMATIC,
        status=TopUpStatus.SUCCEEDED,
        amount_micros=amount_micros,
        created_at=format_instant(now),
        created_by="",
        card=Card(rule.payment_method_id, rule.brand, rule.last4, rule.fingerprint),
        customer_id="",
        create_request="",
        confirm_request="",
        attempt=number,
    )


def _is_automatic(entry: Mapping[str, Any]) -> bool:
    """Whether automatic recharge bought this credit, or it reverses a payment."""
    return bool(
        entry["category"] == REVERSAL or (entry["kind"] == EntryKind.TOP_UP_PAID and entry["payment"] == "automatic")
    )


def simulation_view(simulation: Simulation, begin: datetime, end: datetime) -> dict[str, Any]:
    """`{from, to, calls, charges, charged, tax, total, refused_calls, lowest_balance, stops: [{reason, message,
    count}]}`.
    """
    return {
        "from": format_instant(begin),
        "to": format_instant(end),
        "calls": simulation.calls,
        "charges": simulation.charges,
        "charged": format_money(simulation.charged_micros),
        "tax": format_money(simulation.tax_micros),
        "total": format_money(simulation.charged_micros + simulation.tax_micros),
        "refused_calls": simulation.refused,
        "lowest_balance": format_money(simulation.lowest_micros),
        "stops": [
            {"reason": code, "message": WORDS[code], "count": count} for code, count in sorted(simulation.stops.items())
        ],
    }
