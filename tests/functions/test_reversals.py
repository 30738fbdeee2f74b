"""Refunds and disputes take credit back once, and give it back when they fail or are won, in any order and any number
of callbacks: what stands at Stripe decides, netted.
"""

import random
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest

from local.stripe_stand_in.controls import Controls
from tests.harness.cards import VISA
from tests.harness.table import Context
from tests.harness.till import Till

pytestmark = pytest.mark.dynamodb


def paid(till: Till, amount: str = "100.00") -> str:
    """A payment that is credited; the id of its charge."""
    till.paid(amount, till.card(VISA))
    till.stand_in.take_events()
    [charge] = [charge for charge in till.objects("charge") if charge["status"] == "succeeded"]
    return str(charge["id"])


def refund(till: Till, charge: str, cents: int) -> str:
    """The operator refunds so much in Stripe's dashboard."""
    return till.sdk.v1.refunds.create({"charge": charge, "amount": cents}).id


def refund_meanwhile(till: Till, charge: str, cents: int) -> str:
    """The same where the charge is, or was, disputed: both were begun at one moment, or Stripe's support refunds."""
    return str(Controls(till.stand_in).refund_disputed(charge, cents)["id"])


def dispute(till: Till, charge: str, cents: int) -> str:
    """The cardholder questions so much at their bank."""
    return str(Controls(till.stand_in).dispute(charge, amount=cents)["id"])


def reversals(till: Till) -> list[int]:
    """The amounts of the reversals in the book, in the order they were recorded."""
    found = [entry for entry in till.world.entries() if entry["category"] == "reversal"]
    return [entry["amount_micros"] for entry in sorted(found, key=lambda entry: int(entry["SK"].rsplit(".", 1)[1]))]


def balance(till: Till) -> int:
    """The balance in cents, after the book was checked."""
    return till.world.balance() // 10_000


def test_a_refund_takes_its_credit_back_once_however_often_it_is_told(till: Till) -> None:
    charge = paid(till)
    refund(till, charge, 3_000)
    events = till.stand_in.take_events()
    for event in events * 3:
        assert till.call_back(event).status == 200
    assert (balance(till), reversals(till)) == (7_000, [-30_000_000])
    [item] = till.top_ups()
    assert (item["reversed_micros"], item["reversals"]) == (30_000_000, 1)


def test_partial_refunds_add_up_to_the_whole_and_no_further(till: Till) -> None:
    charge = paid(till)
    for cents in (1_000, 2_500, 6_500):
        refund(till, charge, cents)
        till.call_all_back()
    assert (balance(till), reversals(till)) == (0, [-10_000_000, -25_000_000, -65_000_000])


def test_a_refund_that_fails_gives_the_credit_back(till: Till) -> None:
    charge = paid(till)
    failing = refund(till, charge, 4_000)
    till.call_all_back()
    Controls(till.stand_in).fail_refund(failing)
    till.call_all_back()
    assert (balance(till), reversals(till)) == (10_000, [-40_000_000, 40_000_000])


def test_a_dispute_takes_the_credit_without_fee_and_a_win_returns_it(till: Till) -> None:
    charge = paid(till)
    opened = dispute(till, charge, 10_000)
    till.call_all_back()
    assert balance(till) == 0
    Controls(till.stand_in).win_dispute(opened)
    till.call_all_back()
    assert (balance(till), reversals(till)) == (10_000, [-100_000_000, 100_000_000])


def test_a_lost_dispute_is_not_clawed_twice(till: Till) -> None:
    charge = paid(till)
    opened = dispute(till, charge, 10_000)
    till.call_all_back()
    Controls(till.stand_in).lose_dispute(opened)
    till.call_all_back()
    assert (balance(till), reversals(till)) == (0, [-100_000_000])


def test_a_dispute_after_a_partial_refund_takes_no_more_than_was_paid(till: Till) -> None:
    charge = paid(till)
    refund(till, charge, 3_000)
    till.call_all_back()
    dispute(till, charge, 10_000)
    till.call_all_back()
    assert (balance(till), reversals(till)) == (0, [-30_000_000, -70_000_000])


def test_a_dispute_won_in_part_gives_that_part_back(till: Till) -> None:
    charge = paid(till)
    opened = dispute(till, charge, 8_000)
    till.call_all_back()
    Controls(till.stand_in).win_dispute(opened, 5_000)
    till.call_all_back()
    assert (balance(till), reversals(till)) == (7_000, [-80_000_000, 50_000_000])


def test_an_inquiry_takes_nothing(till: Till) -> None:
    charge = paid(till)
    Controls(till.stand_in).dispute(charge, inquiry=True)
    till.call_all_back()
    assert (balance(till), reversals(till)) == (10_000, [])


def test_a_reversal_of_spent_credit_goes_below_zero_on_the_statement(till: Till) -> None:
    charge = paid(till, "25.00")
    till.world.adjust("-20.00", "spent")
    refund(till, charge, 2_500)
    till.call_all_back()
    assert balance(till) == -2_000
    rows = till.world.get("/statement").body["items"]
    [row] = [row for row in rows if row["kind"] == "credit_reversed"]
    assert (row["amount"], row["description"]) == ("-25.00", "Payment refunded or disputed, Visa ending 4242")


def test_an_early_refund_event_credits_the_payment_first(till: Till) -> None:
    card = till.card(VISA)
    till.fault("dropped", "GET /v1/payment_intents/*", count=9)
    till.fault("answer_lost", "POST */confirm", count=1)
    assert till.paid("100.00", card)["status"] == "processing"
    till.all_well()
    [charge] = till.objects("charge")
    till.stand_in.take_events()
    refund(till, charge["id"], 4_000)
    till.call_all_back()
    assert (balance(till), reversals(till)) == (6_000, [-40_000_000])
    till.check()


@pytest.mark.parametrize("seed", range(6))
def test_callbacks_in_any_order_end_in_the_same_balance(till: Till, seed: int) -> None:
    charge = paid(till)
    controls = Controls(till.stand_in)
    refund(till, charge, 1_000)
    failing = refund(till, charge, 2_000)
    opened = dispute(till, charge, 7_000)
    controls.fail_refund(failing)
    controls.win_dispute(opened, 3_000)
    events = till.stand_in.take_events()
    random.Random(seed).shuffle(events)
    for event in events:
        assert till.call_back(event).status == 200
    assert balance(till) == 10_000 - 1_000 - 4_000
    assert sum(reversals(till)) == -50_000_000


def test_two_callbacks_at_once_take_back_once(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one asks Stripe before the first has written, and writes after: it reads again and changes nothing."""
    from calling_credit.payments import reversal  # noqa: PLC0415 - after moto

    charge = paid(till)
    refund(till, charge, 3_000)
    [event, *_] = [event for event in till.stand_in.take_events() if event["type"] == "charge.refunded"]
    inner: list[bool] = []
    unhurried = reversal.losses_of

    def hurried(client: Any, intent_id: str) -> Any:
        found = unhurried(client, intent_id)
        if not inner:
            inner.append(True)
            assert till.call_back(event).status == 200
        return found

    monkeypatch.setattr(reversal, "losses_of", hurried)
    assert till.call_back(event).body["outcome"] == "unchanged"
    assert (balance(till), reversals(till)) == (7_000, [-30_000_000])


def test_an_outdated_stripe_response_is_not_the_last_word(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    """One worker hears of a refund and is held up before it writes; the refund fails, and who hears of that finds a
    book that agrees with Stripe. Then the first one writes.
    """
    from calling_credit.payments import reversal  # noqa: PLC0415 - after moto

    charge = paid(till)
    failing = refund(till, charge, 4_000)
    [event, *_] = [event for event in till.stand_in.take_events() if event["type"] == "charge.refunded"]
    outcomes: list[str] = []
    unhurried: Any = vars(reversal)["reverse"]

    def held_up(*arguments: Any) -> Any:
        if not outcomes:
            Controls(till.stand_in).fail_refund(failing)
            later = [event for event in till.stand_in.take_events() if event["type"] == "refund.failed"]
            outcomes.extend(till.call_back(event).body["outcome"] for event in later)
        return unhurried(*arguments)

    monkeypatch.setattr(reversal, "reverse", held_up)
    assert till.call_back(event).body["outcome"] == "returned"
    assert outcomes == ["unchanged"]
    assert (balance(till), reversals(till)) == (10_000, [-40_000_000, 40_000_000])


def test_a_stripe_outage_requests_the_event_again(till: Till) -> None:
    charge = paid(till)
    refund(till, charge, 3_000)
    events = till.stand_in.take_events()
    till.fault("dropped", "GET /v1/refunds")
    answers = [till.call_back(event) for event in events]
    assert 503 in [answer.status for answer in answers]
    for event in events:
        assert till.call_back(event).status == 200
    assert balance(till) == 7_000


def test_a_refund_of_a_foreign_payment_is_listed_and_takes_nothing(till: Till) -> None:
    customer = till.sdk.v1.customers.create({}).id
    card = till.sdk.v1.payment_methods.attach(VISA, {"customer": customer}).id
    made: Any = {"amount": 2_000, "currency": "usd", "customer": customer, "payment_method": card, "confirm": True}
    intent = till.sdk.v1.payment_intents.create(made | {"allowed_payment_method_types": ["card"]})
    till.stand_in.take_events()
    till.sdk.v1.refunds.create({"payment_intent": intent.id})
    till.call_all_back()
    assert till.world.entries() == []
    [issue] = [item for item in till.world.stack.items() if item["SK"] == "ISSUE"]
    assert issue["code"] == "foreign_payment"


@pytest.mark.parametrize("happening", ["refund", "dispute", "removed card"])
def test_the_sweeper_finds_a_lost_reversal_within_fifteen_minutes(till: Till, happening: str) -> None:
    charge = paid(till)
    card = till.card("pm_card_mastercard")
    till.set_rule(card)
    till.stand_in.take_events()
    till.stand_in.faults.add("lost", "*", count=99)
    if happening == "refund":
        refund(till, charge, 3_000)
    elif happening == "dispute":
        dispute(till, charge, 3_000)
    else:
        till.sdk.v1.payment_methods.detach(card)
    assert till.stand_in.take_events() == []
    for _ in range(15):
        till.sweep(minutes=1)
    if happening == "removed card":
        assert till.shown_rule()["reason"] == "card_removed"
    else:
        assert (balance(till), reversals(till)) == (7_000, [-30_000_000])
    before = till.world.stack.items("acct_1")
    for _ in range(15):
        till.sweep(minutes=1)
    assert [item for item in till.world.stack.items("acct_1") if item["SK"].startswith("ENTRY")] == [
        item for item in before if item["SK"].startswith("ENTRY")
    ]


def test_lost_reversals_are_processed_first_and_the_rest_is_counted(
    till: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest of it was lost last, after the callbacks of many payments; then there is no more time."""
    from calling_credit.payments.webhook_events import NoticeTaker  # noqa: PLC0415 - after moto

    till.stand_in.faults.add("lost", "*", count=999)
    for number in range(6):
        till.paid("100.00", till.card(VISA), key=f"payment {number}")
    charges = [str(charge["id"]) for charge in till.objects("charge")]
    refund(till, charges[0], 1_000)
    refund(till, charges[0], 2_000)
    dispute(till, charges[1], 500)
    till.stand_in.take_events()
    context, kinds, unhurried = Context(), [], NoticeTaker.take

    def slow(taker: NoticeTaker, notice: Any) -> str:
        kinds.append(notice.kind)
        context.seconds = 0.0 if len(kinds) == 2 else context.seconds
        return unhurried(taker, notice)

    monkeypatch.setattr(NoticeTaker, "take", slow)
    till.world.clock.now = till.world.clock.now.replace(minute=22, second=0) + timedelta(hours=1)
    done = till.world.stack.apps["reconcile_payments"].handler({}, context)
    assert (len(kinds), done["failed"]) == (2, 1)
    assert all(not kind.startswith("payment_intent.") for kind in kinds)
    assert sorted(reversals(till)) == [-30_000_000, -5_000_000]
    context.seconds = 60.0
    assert till.world.stack.apps["reconcile_payments"].handler({}, context)["failed"] == 0
    asked = [kind for kind in kinds[2:] if kind.startswith("payment_intent.")]
    assert (len(kinds) - 2 - len(asked), len(asked)) == (2, 6)


def test_lost_callbacks_are_sought_every_fifteen_minutes_when_stripe_is_up(till: Till) -> None:
    paid(till)
    asked = [sent for sent in till.wire.sent if sent.path == "/v1/events"]
    till.fault("dropped", "GET /v1/events")
    till.world.clock.now = till.world.clock.now.replace(minute=21, second=0)
    assert till.sweep(minutes=1)["failed"] == 1
    for _ in range(14):
        till.sweep(minutes=1)
    assert len([sent for sent in till.wire.sent if sent.path == "/v1/events"]) == len(asked) + 1


OUTCOMES = {"open": (0, 0), "lost": (0, 0), "won": (6_000, 6_000), "won in part": (2_500, 2_500)}
"""How a dispute of $60 goes on: the cents that winning gives back, at Stripe and in the book."""


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
    """What goes back of one payment of $100, step by step as a seed draws it, and what stands of it at Stripe."""

    till: Till
    charge: str
    draw: random.Random
    refunds: dict[str, int] = field(default_factory=dict)
    disputes: dict[str, int] = field(default_factory=dict)
    is_open: bool = False

    @property
    def controls(self) -> Controls:
        """The banks."""
        return Controls(self.till.stand_in)

    @property
    def lost(self) -> int:
        """The cents that are gone."""
        return min(10_000, sum(self.refunds.values()) + sum(self.disputes.values()))

    def step(self) -> None:
        """Something happens, if it can."""
        self.draw.choice((self.refund, self.refund, self.fail, self.dispute, self.win, self.lose))()

    def refund(self) -> None:
        """A part of what is left is refunded."""
        if left := 10_000 - sum(self.refunds.values()):
            cents = self.draw.randint(1, left)
            self.refunds[refund_meanwhile(self.till, self.charge, cents)] = cents

    def fail(self) -> None:
        """A refund comes back."""
        if standing := [key for key, cents in self.refunds.items() if cents]:
            failing = self.draw.choice(standing)
            self.controls.fail_refund(failing)
            self.refunds[failing] = 0

    def dispute(self) -> None:
        """The one dispute is opened."""
        if not self.disputes:
            cents = self.draw.randint(1, 10_000)
            self.disputes[dispute(self.till, self.charge, cents)] = cents
            self.is_open = True

    def win(self) -> None:
        """It is won, wholly or in part."""
        if self.is_open:
            [(ending, cents)] = self.disputes.items()
            given = self.draw.choice((cents, self.draw.randint(1, cents)))
            self.controls.win_dispute(ending, given)
            self.disputes[ending] -= given
            self.is_open = False

    def lose(self) -> None:
        """It is lost."""
        if self.is_open:
            self.controls.lose_dispute(*self.disputes)
            self.is_open = False


@pytest.mark.parametrize("seed", range(12))
def test_any_refunds_and_disputes_leave_the_book_equal_to_stripe(till: Till, seed: int) -> None:
    draw = random.Random(seed)
    back = Back(till, paid(till), draw)
    for _ in range(8):
        if draw.random() < 0.3:  # Some callbacks never come.
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
