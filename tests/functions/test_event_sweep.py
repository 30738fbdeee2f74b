"""Events that Stripe never tried to deliver are handled within a sweep, once, in any order of their visibility."""

import random
from typing import Any

import pytest

from calling_credit.payments.sweep_store import SweepStore
from calling_credit.payments.webhook_events import ENDPOINT_EVENTS, SWEPT_EVENTS
from local.stripe_stand_in.controls import Controls
from tests.functions.event_sweep_bench import (
    asked,
    at_minute,
    deaf,
    listed_later,
    stored,
    swept,
    watch,
    without_endpoint,
)
from tests.functions.reversals_bench import balance, dispute, paid, refund, reversals
from tests.harness.callbacks import counted
from tests.harness.cards import VISA
from tests.harness.threads import at_once
from tests.harness.till import NOTHING_DUE, Till

pytestmark = pytest.mark.dynamodb
__all__ = ["deaf"]


@pytest.fixture(params=["deleted", "disabled", "too few events"])
def unheard(till: Till, request: pytest.FixtureRequest) -> Till:
    """A till to which Stripe sends nothing, for each cause."""
    at_minute(till, 1)
    swept(till)
    without_endpoint(till, request.param)
    return till


# --- What arrives -----------------------------------------------------------------------------------------------------


def test_a_refund_that_was_never_sent_is_taken_back_within_a_sweep(unheard: Till) -> None:
    charge = paid(unheard)
    refund(unheard, charge, 3_000)
    swept(unheard)
    assert (balance(unheard), reversals(unheard)) == (7_000, [-30_000_000])


def test_a_dispute_that_was_never_sent_is_taken_back_within_a_sweep(unheard: Till) -> None:
    dispute(unheard, paid(unheard), 3_000)
    swept(unheard)
    assert reversals(unheard) == [-30_000_000]


def test_a_removed_card_that_was_never_sent_suspends_within_a_sweep(unheard: Till) -> None:
    card = unheard.card()
    unheard.set_rule(card)
    unheard.sdk.v1.payment_methods.detach(card)
    swept(unheard)
    assert unheard.shown_rule()["reason"] == "card_removed"


def test_the_first_card_saved_without_a_callback_becomes_the_default(unheard: Till) -> None:
    address = unheard.world.ask("add_funds", "POST", "/payment-methods").body["url"]
    session = Controls(unheard.stand_in).complete_checkout(address.rpartition("/")[2], VISA)
    swept(unheard)
    [customer] = unheard.objects("customer")
    card = unheard.stand_in.account.objects["setup_intent"][session["setup_intent"]]["payment_method"]
    assert customer["invoice_settings"]["default_payment_method"] == card


@pytest.mark.parametrize("happening", ["warning", "deleted customer", "renewed card"])
def test_the_sweep_handles_warnings_and_changes_that_were_never_sent(
    unheard: Till, happening: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    controls, charge = Controls(unheard.stand_in), paid(unheard)
    card, customer = unheard.card(), unheard.customer()
    swept(unheard)
    handled: list[str] = []
    watch(monkeypatch, handled)
    if happening == "warning":
        controls.warn(charge)
    elif happening == "deleted customer":
        unheard.sdk.v1.customers.delete(customer)
    else:
        controls.renew_card(card)
    swept(unheard)
    expected = {
        "warning": "radar.early_fraud_warning.created",
        "deleted customer": "customer.deleted",
        "renewed card": "payment_method.automatically_updated",
    }
    assert expected[happening] in handled


def test_the_sweep_lists_every_event_of_the_endpoint_or_its_equal(till: Till) -> None:
    assert len(SWEPT_EVENTS) <= 20, "Stripe's maximum for one request"
    repeated = {"charge.refunded", "charge.refund.updated"}
    about_open_payments = {"payment_intent.processing", "payment_intent.requires_action"}
    told_by_the_intent = {f"checkout.session.async_payment_{how}" for how in ("succeeded", "failed")}
    assert ENDPOINT_EVENTS - repeated - about_open_payments - told_by_the_intent == SWEPT_EVENTS


# --- The position -----------------------------------------------------------------------------------------------------


def test_a_sweep_with_nothing_new_sends_one_request_and_does_no_work(deaf: Till) -> None:
    refund(deaf, paid(deaf), 1_000)
    swept(deaf)
    before = deaf.world.stack.items()
    asked(deaf)
    for _ in range(6):
        assert swept(deaf) == NOTHING_DUE
        assert asked(deaf) == ["GET /v1/events"]
    assert deaf.world.stack.items() == before


def test_between_sweeps_stripe_receives_no_request(deaf: Till) -> None:
    asked(deaf)
    for _ in range(4):
        assert deaf.sweep(minutes=1) == NOTHING_DUE
    assert asked(deaf) == []


def test_an_event_that_becomes_visible_late_is_handled(deaf: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    charge = paid(deaf)
    refund(deaf, charge, 1_000)
    late = listed_later(deaf, "refund.created")
    deaf.later(minutes=9)
    dispute(deaf, charge, 500)
    swept(deaf)
    assert stored(deaf).position > late[0]["created"]
    handled: list[str] = []
    watch(monkeypatch, handled)
    deaf.stand_in.account.objects["event"] |= {event["id"]: event for event in late}
    swept(deaf)
    assert handled == ["refund.created"], "and nothing that was handled before"


@pytest.mark.parametrize("seed", range(5))
def test_events_in_any_order_of_visibility_end_in_the_same_ledger(deaf: Till, seed: int) -> None:
    rng = random.Random(seed)
    charge = paid(deaf)
    for cents in (1_000, 500, 700, 300):
        refund(deaf, charge, cents)
        deaf.later(seconds=rng.randrange(60, 170))
    events = deaf.stand_in.account.objects["event"]
    hidden = dict(events)
    events.clear()
    waiting = list(hidden)
    rng.shuffle(waiting)
    while waiting:
        for name in [waiting.pop() for _ in range(min(len(waiting), rng.randrange(1, 9)))]:
            events[name] = hidden[name]
        deaf.stand_in.account.objects["event"] = dict(sorted(events.items(), key=lambda one: one[1]["created"]))
        events = deaf.stand_in.account.objects["event"]
        deaf.sweep()
        if deaf.world.clock.now.minute % 5 != 2:
            at_minute(deaf, 2)
            deaf.sweep()
        deaf.later(seconds=10)
        at_minute(deaf, 2) if not waiting else None
    assert balance(deaf) == 10_000 - 2_500


def test_a_crash_before_the_position_moves_repeats_the_work_harmlessly(
    deaf: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    refund(deaf, paid(deaf), 3_000)
    before = stored(deaf).position

    def crash(*_: Any) -> bool:
        raise RuntimeError("killed")

    with monkeypatch.context() as patch:
        patch.setattr(SweepStore, "save", crash)
        assert swept(deaf)["failed"] == 1
    assert (reversals(deaf), stored(deaf).position) == ([-30_000_000], before)
    assert swept(deaf)["failed"] == 0
    assert (reversals(deaf), stored(deaf).position > before) == ([-30_000_000], True)
    deaf.check()


def test_two_sweeps_at_once_take_back_once_and_lose_no_event(deaf: Till) -> None:
    charge = paid(deaf)
    refund(deaf, charge, 3_000)
    dispute(deaf, charge, 500)
    at_minute(deaf, 2)
    at_once(deaf.sweep, deaf.sweep, deaf.sweep)
    assert sum(reversals(deaf)) == -35_000_000
    assert swept(deaf) == NOTHING_DUE
    deaf.check()


def test_the_slower_of_two_sweeps_does_not_move_the_position_back(deaf: Till) -> None:
    store = SweepStore(deaf.world.stack.dynamodb, deaf.world.stack.table_name)
    slow, fast = stored(deaf), stored(deaf)
    fast.move_past([fast.position + 60])
    assert store.save(fast)
    assert not store.save(slow)
    assert stored(deaf).position == fast.position


def test_the_first_sweep_reads_three_days_and_announces_no_silence(
    till: Till, capsys: pytest.CaptureFixture[str]
) -> None:
    without_endpoint(till)
    charge = paid(till)
    refund(till, charge, 3_000)
    till.later(days=2)
    capsys.readouterr()
    swept(till)
    assert reversals(till) == [-30_000_000]
    assert "CallbacksSilent" not in counted(capsys.readouterr().out)
