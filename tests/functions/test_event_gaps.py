"""After so long without a sweep that Stripe has deleted events, refunds, disputes, and warnings are compared."""

import pytest

from calling_credit.dynamodb.stripe_keys import stripe_account_key
from calling_credit.payments import sweep_state
from calling_credit.payments.webhook_events import StripeEventHandler
from local.stripe_stand_in.account_controls import AccountControls
from local.stripe_stand_in.controls import Controls
from tests.functions.event_sweep_bench import (
    asked,
    at_minute,
    deaf,
    payments_with_refunds,
    refused_for,
    stored,
    swept,
    watch,
)
from tests.functions.reversals_bench import balance, dispute, paid, refund, reversals
from tests.harness.cards import VISA
from tests.harness.table import Context
from tests.harness.till import NOTHING_DUE, Till

pytestmark = pytest.mark.dynamodb
__all__ = ["deaf"]


def away(till: Till, days: int) -> None:
    """Let days pass without a sweep; Stripe deletes events after 30 days."""
    till.later(days=days)
    events = till.stand_in.account.objects["event"]
    oldest = till.stand_in.account.timestamp() - 30 * 86_400
    for event_id in [event_id for event_id, event in events.items() if event["created"] < oldest]:
        del events[event_id]


def test_after_a_long_gap_reversals_without_events_are_taken_back(deaf: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    first = paid(deaf)
    refund(deaf, first, 3_000)
    dispute(deaf, first, 2_000)
    Controls(deaf.stand_in).warn(first)
    away(deaf, 31)
    assert deaf.objects("event") == []
    handled: list[str] = []
    watch(monkeypatch, handled)
    assert swept(deaf)["failed"] == 0
    assert (balance(deaf), stored(deaf).comparison) == (5_000, None)
    assert handled == ["charge.dispute.created", "radar.early_fraud_warning.created", "refund.updated"]
    asked(deaf)
    assert swept(deaf) == NOTHING_DUE
    assert asked(deaf) == ["GET /v1/events"], "once"
    deaf.check()


def test_a_shorter_gap_needs_no_comparison(deaf: Till) -> None:
    refund(deaf, paid(deaf), 3_000)
    away(deaf, 24)
    asked(deaf)
    swept(deaf)
    assert reversals(deaf) == [-30_000_000]
    assert [name for name in asked(deaf) if "early_fraud" in name] == []


def test_a_quiet_month_with_sweeps_is_no_gap(deaf: Till) -> None:
    swept(deaf)
    for _ in range(40):
        deaf.later(days=1)
        swept(deaf)
    asked(deaf)
    swept(deaf)
    assert asked(deaf) == ["GET /v1/events"]


def test_a_comparison_continues_where_time_ran_out(deaf: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    payments_with_refunds(deaf, 5)
    away(deaf, 40)
    context, handled = Context(), []
    unhurried = StripeEventHandler.handle

    def slow(handler: StripeEventHandler, event: object) -> str:
        handled.append(event)
        context.seconds = 0.0 if len(handled) % 2 == 0 else context.seconds
        return unhurried(handler, event)  # type: ignore[arg-type]

    monkeypatch.setattr(StripeEventHandler, "handle", slow)
    at_minute(deaf, 2)
    for done in (2, 4, 5):
        context.seconds = 60.0
        deaf.world.stack.apps["reconcile_payments"].handler({}, context)
        assert (len(handled), len(reversals(deaf))) == (done, done)
        deaf.later(minutes=1)
    assert stored(deaf).comparison is None


def test_a_failure_in_a_comparison_waits_and_delays_no_other(deaf: Till) -> None:
    intents = payments_with_refunds(deaf, 3)
    away(deaf, 40)
    refused_for(deaf, intents[1])
    assert swept(deaf)["failed"] == 1
    assert (len(reversals(deaf)), stored(deaf).comparison) == (2, None)
    deaf.wire.through = None
    deaf.later(minutes=6)
    swept(deaf)
    assert len(reversals(deaf)) == 3


def test_an_event_that_waits_outlives_its_deletion_at_stripe(deaf: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sweep_state, "FORGET_AFTER", 90 * 86_400)
    [intent] = payments_with_refunds(deaf, 1)
    refused_for(deaf, intent)
    swept(deaf)
    away(deaf, 20)
    swept(deaf)
    away(deaf, 20)
    assert deaf.objects("event") == []
    deaf.wire.through = None
    swept(deaf)
    assert len(reversals(deaf)) == 1


def test_events_of_another_stripe_account_do_not_move_the_position(deaf: Till) -> None:
    account = AccountControls(deaf.stand_in)
    refund(deaf, paid(deaf), 3_000)
    own, before = deaf.stand_in.account.own_id, stored(deaf).position
    account.move_to_account("acct_1Other")
    deaf.world.stack.dynamodb.update_item(
        TableName=deaf.world.stack.table_name,
        Key=stripe_account_key(),
        UpdateExpression="SET key_hash = :hash",
        ExpressionAttributeValues={":hash": {"S": "hash of another key"}},
    )
    deaf.later(hours=2)
    customer = deaf.sdk.v1.customers.create({}).id
    deaf.sdk.v1.payment_methods.detach(deaf.sdk.v1.payment_methods.attach(VISA, {"customer": customer}).id)
    assert swept(deaf)["failed"] == 1
    assert stored(deaf).position == before
    account.move_to_account(own)
    swept(deaf)
    assert reversals(deaf) == [-30_000_000]
