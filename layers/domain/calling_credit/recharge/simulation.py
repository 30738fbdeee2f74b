"""What a rule of automatic recharge would have done with an account's last days: the rule being typed, decided by the
very function that decides for real, over the calls that were really made. Changes and charges nothing.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from calling_credit.categories import REVERSAL
from calling_credit.dynamodb import keys
from calling_credit.instants import format_instant
from calling_credit.ledger.entries import CALL_CHARGED, TOP_UP_PAID
from calling_credit.money import format_money
from calling_credit.recharge import attempts
from calling_credit.recharge.attempts import State
from calling_credit.recharge.decision import Charge, Rule, Situation, Stop, StopReason, decide
from calling_credit.recharge.settings import WORDS
from calling_credit.topups.topup import Card, TopUp

DAYS: Final = 30
MOST_ENTRIES: Final = 10_000
"""The latest entries that are played; of a busier account they are fewer than its last 30 days."""


@dataclass
class Simulation:
    """One rule at work. Every charge succeeds at once; a call that the balance does not cover is refused."""

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

    def __post_init__(self) -> None:
        self.lowest_micros = self.posted_micros

    def play(self, entries: Iterable[Mapping[str, Any]], begin: datetime, end: datetime) -> None:
        """Let the rule begin, and everything happen that the entries say, oldest first, but what automatic recharge did
        then.
        """
        self._look(begin)
        for entry in entries:
            now = datetime.fromisoformat(keys.happened_at_of(entry["SK"]))
            self._wake_until(now)
            if entry["kind"] == CALL_CHARGED:
                self._call(-entry["amount_micros"])
            elif not _is_automatic(entry):
                self.posted_micros += entry["amount_micros"]
            self.lowest_micros = min(self.lowest_micros, self.posted_micros)
            self._look(now)
        self._wake_until(end)

    def _call(self, price_micros: int) -> None:
        self.calls += 1
        if self.posted_micros < price_micros:
            self.refused += 1
        else:
            self.posted_micros -= price_micros

    def _wake_until(self, now: datetime) -> None:
        while self.state.next_attempt_at is not None and self.state.next_attempt_at <= format_instant(now):
            woken = datetime.fromisoformat(self.state.next_attempt_at)
            self.state = attempts.awake(self.state)
            self._look(woken)

    def _look(self, now: datetime) -> None:
        """Charge as often as there is something to charge; a stop lasts until it ends by itself."""
        while self.state.stopped is None:
            decision = decide(
                Situation(self.rule, self.state, self.posted_micros, 0, False, self.time_zone, self.maximum_micros, now)
            )
            if isinstance(decision, Charge):
                self._charge(decision.amount_micros, now)
            elif isinstance(decision, Stop) and decision.code != StopReason.ABOVE_THRESHOLD:
                self.stops[decision.code] += 1
                self.state = attempts.stopped(self.state, decision.code, decision.until)
            else:
                return

    def _charge(self, amount_micros: int, now: datetime) -> None:
        number = self.state.attempt + 1
        self.state = attempts.claimed(self.state, f"{number}", amount_micros, self.rule.fingerprint, now)
        self.state = attempts.paid(self.state, _payment(self.rule, number, amount_micros, now))
        self.posted_micros += amount_micros
        self.charges += 1
        self.charged_micros += amount_micros


def _payment(rule: Rule, number: int, amount_micros: int, now: datetime) -> TopUp:
    """A payment that nobody makes."""
    return TopUp(
        account_id="",
        topup_id=f"{number}",
        kind="automatic",
        status="succeeded",
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
    """Whether automatic recharge brought this money, or it went back of some payment: the rule did not."""
    return bool(entry["category"] == REVERSAL or (entry["kind"] == TOP_UP_PAID and entry["payment"] == "automatic"))


def simulation_view(played: Simulation, begin: datetime, end: datetime) -> dict[str, Any]:
    """`{from, to, calls, charges, charged, refused_calls, lowest_balance, stops: [{reason, message, count}]}`."""
    return {
        "from": format_instant(begin),
        "to": format_instant(end),
        "calls": played.calls,
        "charges": played.charges,
        "charged": format_money(played.charged_micros),
        "refused_calls": played.refused,
        "lowest_balance": format_money(played.lowest_micros),
        "stops": [
            {"reason": code, "message": WORDS[code], "count": count} for code, count in sorted(played.stops.items())
        ],
    }
