"""Reversals reach the ledger in any order and number of callbacks, or through the sweeper."""

import random
from datetime import timedelta
from typing import Any

import pytest

from local.stripe_stand_in.controls import Controls
from tests.functions.reversals_bench import balance, dispute, paid, refund, reversals
from tests.harness.cards import VISA
from tests.harness.table import Context
from tests.harness.till import Till

pytestmark = pytest.mark.dynamodb


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
    """The second worker reads Stripe before the first has written: it reads again and changes nothing."""
    from calling_credit.payments import reversal  # noqa: PLC0415 - after moto

    charge = paid(till)
    refund(till, charge, 3_000)
    [event, *_] = [event for event in till.stand_in.take_events() if event["type"] == "charge.refunded"]
    inner: list[bool] = []
    unhurried = reversal.read_losses

    def hurried(client: Any, intent_id: str) -> Any:
        found = unhurried(client, intent_id)
        if not inner:
            inner.append(True)
            assert till.call_back(event).status == 200
        return found

    monkeypatch.setattr(reversal, "read_losses", hurried)
    assert till.call_back(event).body["outcome"] == "unchanged"
    assert (balance(till), reversals(till)) == (7_000, [-30_000_000])


def test_an_outdated_stripe_response_is_not_the_last_word(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    """One worker reads a refund and pauses before it writes. The refund fails, and a second worker finds the ledger
    equal to Stripe. Then the first one writes.
    """
    from calling_credit.payments import reversal  # noqa: PLC0415 - after moto

    charge = paid(till)
    failing = refund(till, charge, 4_000)
    [event, *_] = [event for event in till.stand_in.take_events() if event["type"] == "charge.refunded"]
    outcomes: list[str] = []
    unhurried: Any = vars(reversal)["write_reversal"]

    def held_up(*arguments: Any) -> Any:
        if not outcomes:
            Controls(till.stand_in).fail_refund(failing)
            later = [event for event in till.stand_in.take_events() if event["type"] == "refund.failed"]
            outcomes.extend(till.call_back(event).body["outcome"] for event in later)
        return unhurried(*arguments)

    monkeypatch.setattr(reversal, "write_reversal", held_up)
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
def test_the_sweeper_finds_a_lost_reversal_within_five_minutes(till: Till, happening: str) -> None:
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
    for _ in range(5):
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
    """The newest reversal was lost last, after the callbacks of many payments; then the time is up."""
    from calling_credit.payments.webhook_events import StripeEventHandler  # noqa: PLC0415 - after moto

    till.stand_in.faults.add("lost", "*", count=999)
    for number in range(6):
        till.paid("100.00", till.card(VISA), key=f"payment {number}")
    charges = [str(charge["id"]) for charge in till.objects("charge")]
    refund(till, charges[0], 1_000)
    refund(till, charges[0], 2_000)
    dispute(till, charges[1], 500)
    till.stand_in.take_events()
    context, kinds, unhurried = Context(), [], StripeEventHandler.handle

    def slow(taker: StripeEventHandler, notice: Any) -> str:
        kinds.append(notice.kind)
        context.seconds = 0.0 if len(kinds) == 2 else context.seconds
        return unhurried(taker, notice)

    monkeypatch.setattr(StripeEventHandler, "handle", slow)
    till.world.clock.now = till.world.clock.now.replace(minute=22, second=0) + timedelta(hours=1)
    done = till.world.stack.apps["reconcile_payments"].handler({}, context)
    assert (len(kinds), done["failed"]) == (2, 1)
    assert all(not kind.startswith("payment_intent.") for kind in kinds)
    assert sorted(reversals(till)) == [-30_000_000, -5_000_000]
    context.seconds = 60.0
    assert till.world.stack.apps["reconcile_payments"].handler({}, context)["failed"] == 0
    assert len(kinds) == 2, "the payments have ended, so Stripe is not asked about them"


def test_events_are_listed_every_five_minutes_also_after_an_outage(till: Till) -> None:
    paid(till)
    asked = [sent for sent in till.wire.sent if sent.path == "/v1/events"]
    till.fault("dropped", "GET /v1/events")
    till.world.clock.now = till.world.clock.now.replace(minute=21, second=0)
    assert till.sweep(minutes=1)["failed"] == 1
    for _ in range(14):
        till.sweep(minutes=1)
    assert len([sent for sent in till.wire.sent if sent.path == "/v1/events"]) == len(asked) + 3
