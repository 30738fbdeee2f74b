"""Any sequence of refunds and disputes leaves the ledger equal to Stripe."""

import random
from dataclasses import dataclass, field

import pytest

from local.stripe_stand_in.controls import Controls
from tests.functions.reversals_bench import balance, dispute, paid, reversals
from tests.harness.till import Till

pytestmark = pytest.mark.dynamodb


def refund_meanwhile(till: Till, charge: str, cents: int) -> str:
    """Refund a disputed charge, as Stripe's support can, or as both begin at one moment."""
    return str(Controls(till.stand_in).refund_disputed(charge, cents)["id"])


OUTCOMES = {"open": (0, 0), "lost": (0, 0), "won": (6_000, 6_000), "won in part": (2_500, 2_500)}
"""The outcomes of a $60 dispute: the cents that a win returns, at Stripe and in the ledger."""


@pytest.mark.parametrize("moment", ["before", "during", "after"])
@pytest.mark.parametrize("outcome", OUTCOMES)
def test_a_partial_refund_at_any_time_is_netted_with_a_dispute(till: Till, moment: str, outcome: str) -> None:
    charge, controls, (won, back) = paid(till), Controls(till.stand_in), OUTCOMES[outcome]

    def refund_at(now: str) -> None:
        if moment == now:
            refund_meanwhile(till, charge, 3_000)
            till.call_all_back()

    refund_at("before")
    opened = dispute(till, charge, 6_000)
    till.call_all_back()
    refund_at("during")
    if outcome == "lost":
        controls.lose_dispute(opened)
    elif won:
        controls.win_dispute(opened, won)
    till.call_all_back()
    refund_at("after")
    assert balance(till) == 10_000 - 3_000 - 6_000 + back
    till.check()


@dataclass
class Back:
    """Random refunds and disputes of one payment of $100, drawn by a seed, and their state at Stripe."""

    till: Till
    charge: str
    draw: random.Random
    refunds: dict[str, int] = field(default_factory=dict)
    disputes: dict[str, int] = field(default_factory=dict)
    is_open: bool = False

    @property
    def controls(self) -> Controls:
        """The simulated banks."""
        return Controls(self.till.stand_in)

    @property
    def lost(self) -> int:
        """The cents that were taken back."""
        return min(10_000, sum(self.refunds.values()) + sum(self.disputes.values()))

    def step(self) -> None:
        """Take one possible step."""
        self.draw.choice((self.refund, self.refund, self.fail, self.dispute, self.win, self.lose))()

    def refund(self) -> None:
        """Refund a part of the remaining amount."""
        if left := 10_000 - sum(self.refunds.values()):
            cents = self.draw.randint(1, left)
            self.refunds[refund_meanwhile(self.till, self.charge, cents)] = cents

    def fail(self) -> None:
        """Let a refund fail."""
        if standing := [key for key, cents in self.refunds.items() if cents]:
            failing = self.draw.choice(standing)
            self.controls.fail_refund(failing)
            self.refunds[failing] = 0

    def dispute(self) -> None:
        """Open the dispute."""
        if not self.disputes:
            cents = self.draw.randint(1, 10_000)
            self.disputes[dispute(self.till, self.charge, cents)] = cents
            self.is_open = True

    def win(self) -> None:
        """Win the dispute wholly or in part."""
        if self.is_open:
            [(ending, cents)] = self.disputes.items()
            given = self.draw.choice((cents, self.draw.randint(1, cents)))
            self.controls.win_dispute(ending, given)
            self.disputes[ending] -= given
            self.is_open = False

    def lose(self) -> None:
        """Lose the dispute."""
        if self.is_open:
            self.controls.lose_dispute(*self.disputes)
            self.is_open = False


@pytest.mark.parametrize("seed", range(12))
def test_any_refunds_and_disputes_leave_the_book_equal_to_stripe(till: Till, seed: int) -> None:
    draw = random.Random(seed)
    back = Back(till, paid(till), draw)
    for _ in range(8):
        if draw.random() < 0.3:  # Some callbacks never arrive.
            till.stand_in.faults.add("lost", "*", count=1)
        back.step()
        events = till.stand_in.take_events()
        draw.shuffle(events)
        for event in events:
            assert till.call_back(event).status == 200
        assert -100_000_000 <= sum(reversals(till)) <= 0
    for _ in range(15):
        till.sweep(minutes=1)
    assert (balance(till), sum(reversals(till))) == (10_000 - back.lost, -back.lost * 10_000), back
    till.check()
