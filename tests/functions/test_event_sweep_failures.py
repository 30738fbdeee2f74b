"""Events that fail, and more events than one sweep handles, block no other and are not lost."""

from typing import Any

import pytest

from calling_credit.payments import event_sweep, sweep_state
from calling_credit.payments.webhook_events import StripeEventHandler
from tests.functions.event_sweep_bench import (
    asked,
    at_minute,
    crowd,
    deaf,
    payments_with_refunds,
    refused_for,
    stored,
    swept,
)
from tests.functions.reversals_bench import paid, refund, reversals
from tests.harness.callbacks import counted, issues
from tests.harness.table import Context
from tests.harness.till import ALWAYS, Till

pytestmark = pytest.mark.dynamodb
__all__ = ["deaf"]


# --- Many events, little time -----------------------------------------------------------------------------------------


def test_thousands_of_events_are_handled_oldest_first_with_little_time(
    deaf: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    refund(deaf, paid(deaf), 3_000)
    deaf.later(days=2)
    crowd(deaf, 3_000, 40 * 3600)
    handled: list[str] = []
    context = Context()

    def handle(_handler: StripeEventHandler, event: Any) -> str:
        handled.append(event.object_id)
        if len(handled) % 700 == 0:
            context.seconds = 0.0
        return "ignored"

    monkeypatch.setattr(StripeEventHandler, "handle", handle)
    at_minute(deaf, 2)
    rounds = 0
    for _ in range(8):
        rounds += 1
        context.seconds = 60.0
        done = deaf.world.stack.apps["reconcile_payments"].handler({}, context)
        if not done["failed"]:
            break
        assert stored(deaf).is_behind
        deaf.later(minutes=1)
    cards = [name for name in handled if name.startswith("pm_")]
    assert (sorted(cards), rounds) == ([f"pm_{number:06d}" for number in range(3_000)], 5)
    assert handled[:1] != cards[:1], "the refund of two days ago comes first"
    asked(deaf)
    assert swept(deaf)["failed"] == 0
    assert len(handled) == len(set(handled)), "nothing was handled twice"


def test_more_events_in_one_second_than_a_page_holds_are_all_handled(
    deaf: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    deaf.later(hours=1)
    crowd(deaf, 250, 0)
    handled: list[str] = []

    def handle(_handler: StripeEventHandler, event: Any) -> str:
        handled.append(event.object_id)
        return "ignored"

    monkeypatch.setattr(StripeEventHandler, "handle", handle)
    assert swept(deaf)["failed"] == 0
    assert len(handled) == len(set(handled)) == 250


def test_paid_top_ups_are_not_asked_about_again(deaf: Till) -> None:
    for _ in range(5):
        deaf.paid("25.00", deaf.card())
    swept(deaf)
    asked(deaf)
    deaf.paid("25.00", deaf.card())
    deaf.paid("25.00", deaf.card())
    asked(deaf)
    swept(deaf)
    assert [name for name in asked(deaf) if "payment_intents" in name] == []


# --- Events that fail -------------------------------------------------------------------------------------------------


def test_a_failing_event_delays_no_other_and_is_tried_until_it_succeeds(deaf: Till) -> None:
    intents = payments_with_refunds(deaf, 3)
    refused_for(deaf, intents[0])
    assert swept(deaf)["failed"] == 1
    assert len(reversals(deaf)) == 2
    assert [waiting.event.intent_id for waiting in stored(deaf).waiting.values()] == [intents[0]]
    assert swept(deaf)["failed"] == 1, "it is counted while it waits"
    deaf.wire.through = None
    deaf.later(minutes=20)
    assert swept(deaf)["failed"] == 0
    assert len(reversals(deaf)) == 3
    assert stored(deaf).waiting == {}
    deaf.check()


def test_many_failing_events_do_not_block_the_others(deaf: Till) -> None:
    intents = payments_with_refunds(deaf, 6)
    refused_for(deaf, *intents[:4])
    swept(deaf)
    deaf.sweep(minutes=1)
    assert len(reversals(deaf)) == 2
    assert len(stored(deaf).waiting) == 4


def test_an_event_that_fails_for_a_day_is_listed_once_and_still_tried(
    deaf: Till, capsys: pytest.CaptureFixture[str]
) -> None:
    [intent] = payments_with_refunds(deaf, 1)
    refused_for(deaf, intent)
    for _ in range(6):
        deaf.later(hours=7)
        swept(deaf)
    [(_, code, _)] = issues(deaf)
    assert code == "event_not_handled"
    assert counted(capsys.readouterr().out)["PaymentIssues"] == 1
    deaf.wire.through = None
    deaf.later(hours=7)
    swept(deaf)
    assert (len(reversals(deaf)), stored(deaf).waiting) == (1, {})


def test_a_full_list_of_failures_stops_the_position_but_loses_nothing(
    deaf: Till, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep_state, "MAX_WAITING", 2)
    monkeypatch.setattr(event_sweep, "MAX_FAILURES_IN_A_ROW", 99)
    intents = payments_with_refunds(deaf, 4)
    refused_for(deaf, *intents)
    swept(deaf)
    assert len(stored(deaf).waiting) == 2
    deaf.wire.through = None
    deaf.later(minutes=20)
    swept(deaf)
    assert len(reversals(deaf)) == 4
    assert stored(deaf).waiting == {}


def test_after_a_day_known_failures_make_room_for_new_ones(deaf: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep_state, "MAX_WAITING", 2)
    monkeypatch.setattr(event_sweep, "MAX_FAILURES_IN_A_ROW", 99)
    intents = payments_with_refunds(deaf, 4)
    refused_for(deaf, *intents[:3])
    for _ in range(10):
        deaf.later(hours=7)
        swept(deaf)
    assert len(reversals(deaf)) == 1, "the fourth is not blocked"
    assert len(issues(deaf)) == 3, "every other one is listed"


@pytest.mark.parametrize("kind", ["dropped", "rate_limited", "error_500"])
def test_an_outage_of_stripe_leaves_the_position_and_loses_nothing(deaf: Till, kind: str) -> None:
    refund(deaf, paid(deaf), 3_000)
    before = stored(deaf)
    deaf.fault(kind, "GET /v1/events", count=ALWAYS)
    assert swept(deaf)["failed"] == 1
    assert stored(deaf) == before
    deaf.all_well()
    deaf.fault(kind, "GET /v1/refunds", count=ALWAYS)
    assert swept(deaf)["failed"] == 1
    deaf.all_well()
    deaf.later(minutes=6)
    assert swept(deaf)["failed"] == 0
    assert reversals(deaf) == [-30_000_000]


def test_in_an_outage_a_sweep_stops_after_three_failures(deaf: Till) -> None:
    payments_with_refunds(deaf, 8)
    deaf.fault("dropped", "GET /v1/payment_intents/*", count=ALWAYS)
    asked(deaf)
    swept(deaf)
    assert asked(deaf).count("GET /v1/payment_intents/*") == 3
    deaf.all_well()
    for _ in range(8):
        deaf.sweep(minutes=1)
    assert len(reversals(deaf)) == 8
