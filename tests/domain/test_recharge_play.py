"""Random histories of automatic recharge: it never has two attempts at once, never exceeds its caps, and never loses an
attempt.
"""

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from calling_credit.instants import format_instant, local_date
from calling_credit.recharge import attempts
from calling_credit.recharge.attempts import SPENDING, Attempt, State
from calling_credit.recharge.decision import BuyCredit, Resume, Rule, Stop, decide_recharge
from calling_credit.topups.card_history import NEW_CARD, CardRecord, history_of, record_decline
from calling_credit.topups.declines import Decline
from calling_credit.topups.topup import LEASE, Card, TopUp
from tests.domain.payment_examples import ATTACHED_AGAIN, CARD, MANUAL, OTHER_CARD, RULE, automatic, situation, usd

CARDS = (CARD, ATTACHED_AGAIN, OTHER_CARD)
HAPPENINGS = (
    "paid",
    "declined",
    "declined_for_good",
    "customer_wanted",
    "came_to_nothing",
    "worker_lost",
    "link_followed",
    "paid_by_hand",
    "switched_on_again",
    "card_removed",
    "woken",
)


@dataclass
class Player:
    """Plays an account's recharge like the functions, and keeps its own record of every attempt."""

    zone: str
    now: datetime
    rule: Rule
    posted_micros: int = 0
    state: State = field(default_factory=State)
    card: Card = CARD
    waiting: TopUp | None = None
    book: dict[int, Attempt] = field(default_factory=dict)
    cards: dict[str, CardRecord] = field(default_factory=dict)

    def play(self, happening: str, card: Card) -> None:
        """Apply one event if it is possible in the current state."""
        under_way = None if self.state.in_flight is None else automatic(self.state.in_flight.attempt, card=self.card)
        if happening == "paid_by_hand":
            self.state = attempts.record_payment(self.state, replace(MANUAL, card=card))
            self.cards.pop(card.fingerprint, None)
        elif happening == "link_followed" and self.waiting is not None:
            self.end(attempts.record_payment(self.state, self.waiting), self.waiting, attempts.AttemptOutcome.SUCCEEDED)
        elif happening == "switched_on_again":
            self.state = attempts.switch_on(self.state)
        elif happening == "card_removed":
            self.state = attempts.remove_card(self.state)
        elif happening == "woken":
            self.state = attempts.wake(self.state)
        elif happening == "worker_lost":
            self.now += LEASE
        elif under_way is not None:
            self.hear(happening, under_way)

    def hear(self, happening: str, topup: TopUp) -> None:
        """Apply the bank's answer to the attempt in flight."""
        if happening == "paid":
            self.cards.pop(topup.card.fingerprint, None)
            self.end(attempts.record_payment(self.state, topup), topup, attempts.AttemptOutcome.SUCCEEDED)
        elif happening in ("declined", "declined_for_good"):
            decline = Decline("insufficient_funds" if happening == "declined" else "stolen_card")
            record = self.cards.get(topup.card.fingerprint, NEW_CARD)
            self.cards[topup.card.fingerprint] = record_decline(record, topup.topup_id, 1, decline, self.now)
            self.end(
                attempts.record_decline(self.state, topup, decline, self.now), topup, attempts.AttemptOutcome.DECLINED
            )
        elif happening == "customer_wanted":
            self.end(attempts.await_customer(self.state, topup), topup, attempts.AttemptOutcome.AUTHENTICATION_REQUIRED)
            self.waiting = topup
        elif happening == "came_to_nothing":
            self.end(attempts.record_cancellation(self.state, topup), topup, attempts.AttemptOutcome.CANCELED)

    def give_card(self, card: Card) -> None:
        """Have the customer save the rule with this card."""
        is_new = card.payment_method_id != self.rule.payment_method_id
        self.state = attempts.assign_card(self.state, card.fingerprint, is_new=is_new)
        self.rule = replace(
            self.rule, payment_method_id=card.payment_method_id, fingerprint=card.fingerprint, last4=card.last4
        )

    def look(self) -> None:
        """Process the account once. Cancel a payment that waits for its customer before starting another."""
        decision = self.decision()
        if isinstance(decision, BuyCredit) and self.waiting is not None:
            self.end(
                attempts.record_cancellation(self.state, self.waiting), self.waiting, attempts.AttemptOutcome.CANCELED
            )
            decision = self.decision()
        if isinstance(decision, BuyCredit):
            self.claim(decision.amount_micros)
        elif isinstance(decision, Resume):
            assert self.state.in_flight is not None
            assert decision.topup_id == self.state.in_flight.topup_id
        elif decision.until is not None:
            assert decision.until > format_instant(self.now)
            self.state = attempts.record_stop(self.state, decision.code, decision.until)

    def decision(self) -> Stop | Resume | BuyCredit:
        """The decision for the current state."""
        return decide_recharge(
            situation(
                rule=self.rule,
                state=self.state,
                posted_micros=self.posted_micros,
                time_zone=self.zone,
                now=self.now,
                card=history_of(self.cards.get(self.rule.fingerprint, NEW_CARD), self.now),
            )
        )

    def claim(self, amount_micros: int) -> None:
        """Start a charge, and assert that no recorded reason forbids it."""
        assert self.posted_micros < self.rule.threshold_micros
        assert self.state.in_flight is None
        assert self.state.suspended_reason is None
        assert not self.state.is_backing_off(self.now)
        month_ago = format_instant(self.now - timedelta(days=30))
        refused = self.cards.get(self.rule.fingerprint, NEW_CARD)
        assert len([a for a in refused.tries if a.at > month_ago]) < 4
        assert refused.ended_by is None
        number = self.state.attempt + 1
        self.state = attempts.record_claim(self.state, f"tu_{number}", amount_micros, self.rule.fingerprint, self.now)
        self.card = next(card for card in CARDS if card.payment_method_id == self.rule.payment_method_id)
        assert number not in self.book
        self.book[number] = Attempt(number, format_instant(self.now), amount_micros, self.rule.fingerprint)

    def end(self, state: State, topup: TopUp, outcome: attempts.AttemptOutcome) -> None:
        """Record the outcome of an attempt."""
        self.state = state
        self.book[topup.attempt] = replace(self.book[topup.attempt], outcome=outcome)
        if self.waiting is not None and self.waiting.attempt == topup.attempt:
            self.waiting = None

    def check(self) -> None:
        """Check the laws against the own record."""
        assert self.state.attempt == len(self.book), "each attempt counts up by one, and nothing counts down"
        assert sum(attempt.outcome == "claimed" for attempt in self.book.values()) <= 1, "one at a time"
        assert (self.state.in_flight is not None) == any(a.outcome == "claimed" for a in self.book.values())
        last_month = format_instant(self.now - timedelta(days=31))
        assert {a for a in self.book.values() if a.at >= last_month} <= set(self.state.recent), "nothing is forgotten"
        self.check_caps([attempt for attempt in self.book.values() if attempt.outcome in SPENDING])

    def check_caps(self, spent: list[Attempt]) -> None:
        """Check that no hour, day, or month exceeds its cap."""
        by_date: Counter[str] = Counter()
        moments = [datetime.fromisoformat(attempt.at) for attempt in spent]
        for attempt, at in zip(spent, moments, strict=True):
            assert sum(at <= other < at + timedelta(hours=1) for other in moments) <= self.rule.hourly_count
            day = local_date(at, self.zone)
            by_date[day] += attempt.amount_micros
            by_date[day[:7]] += attempt.amount_micros
        for period, total in by_date.items():
            limit = self.rule.daily_limit_micros if len(period) == 10 else self.rule.monthly_limit_micros
            assert total <= limit, period


steps = st.tuples(
    st.sampled_from(HAPPENINGS),
    st.sampled_from(CARDS),
    st.sampled_from([timedelta(), timedelta(minutes=1), timedelta(minutes=59), timedelta(hours=5), timedelta(days=2)]),
    st.sampled_from(["9", "-20", "-140", "-900", "30"]),
    st.booleans(),
)
players = st.builds(
    Player,
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/Havana", "Pacific/Kiritimati"]),
    now=st.sampled_from([datetime(2026, 9, 30, 21, 30, tzinfo=UTC), datetime(2026, 11, 29, 12, tzinfo=UTC)]),
    rule=st.builds(
        replace,
        st.just(RULE),
        hourly_count=st.integers(1, 4),
        daily_limit_micros=st.sampled_from([usd("50"), usd("199.99"), usd("400")]),
        monthly_limit_micros=st.sampled_from([usd("50"), usd("300"), usd("1000")]),
    ),
)


@given(players, st.lists(steps, min_size=10, max_size=40))
def test_any_history_has_one_attempt_at_a_time_within_every_cap(
    player: Player, played: list[tuple[str, Card, timedelta, str, bool]]
) -> None:
    for happening, card, later, posted, gives_card in played:
        player.now += later
        player.posted_micros = usd(posted)
        if gives_card:
            player.give_card(card)
        player.look()
        player.check()
        player.play(happening, card)
        player.check()
