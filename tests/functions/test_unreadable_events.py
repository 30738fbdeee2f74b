"""An unreadable event, payment, or state of the sweep stops nothing but itself, and a wrong time hides nothing."""

from typing import Any

import pytest

from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.stripe_keys import CALLBACKS_SK, EVENTS_PK, SWEEP_SK
from local.stripe_stand_in.controls import Controls
from tests.functions.event_sweep_bench import asked, deaf, payments_with_refunds, stored, swept
from tests.functions.reversals_bench import paid, refund, reversals
from tests.harness.callbacks import counted, issues
from tests.harness.till import ALWAYS, NOTHING_DUE, Till

pytestmark = pytest.mark.dynamodb
__all__ = ["deaf"]


def listed(till: Till, kind: str, subject: Any, **data: Any) -> None:
    """Let Stripe list an event about this object."""
    event = {
        "api_version": "2019-03-14",
        "data": {"object": subject, **data},
        "livemode": False,
        "pending_webhooks": 0,
        "request": None,
        "type": kind,
    }
    till.stand_in.account.add("event", event)


def overwrite(till: Till, sk: str, **values: Any) -> None:
    """Store other values in one of the items about events; None removes a value."""
    stack, key = till.world.stack, to_attributes({"PK": EVENTS_PK, "SK": sk})
    item = stack.dynamodb.get_item(TableName=stack.table_name, Key=key).get("Item", key)
    kept = {name: value for name, value in item.items() if name not in values}
    stack.dynamodb.put_item(TableName=stack.table_name, Item=kept | to_attributes(values))


@pytest.mark.parametrize("kind", ["refund.updated", "payment_intent.succeeded"])
@pytest.mark.parametrize(
    "subject", [{}, None, [], "re_1", {"id": None}, {"id": "re_1", "metadata": "none"}, {"id": "\ud800"}]
)
def test_an_unreadable_event_waits_and_stops_no_other(deaf: Till, kind: str, subject: Any) -> None:
    listed(deaf, kind, subject)
    refund(deaf, paid(deaf), 3_000)
    assert swept(deaf)["failed"] == 1
    assert reversals(deaf) == [-30_000_000]
    [waiting] = stored(deaf).waiting.values()
    assert (waiting.code, waiting.event.kind) == ("malformed_event", kind)
    for _ in range(5):
        deaf.later(hours=7)
        swept(deaf)
    assert [code for _, code, _ in issues(deaf)] == ["event_not_handled"]


def test_many_unreadable_events_do_not_look_like_an_outage(deaf: Till) -> None:
    for _ in range(5):
        listed(deaf, "refund.updated", None)
    refund(deaf, paid(deaf), 3_000)
    swept(deaf)
    assert (reversals(deaf), len(stored(deaf).waiting)) == ([-30_000_000], 5)


def test_an_unreadable_payment_waits_and_stops_no_other(deaf: Till) -> None:
    refund(deaf, paid(deaf), 3_000)
    broken = deaf.paid("10.00", deaf.card())["id"]
    [item] = [item for item in deaf.top_ups() if item["topup_id"] == broken]
    deaf.world.stack.dynamodb.update_item(
        TableName=deaf.world.stack.table_name,
        Key=to_attributes({"PK": item["PK"], "SK": item["SK"]}),
        UpdateExpression="REMOVE amount_micros",
    )
    swept(deaf)
    assert reversals(deaf) == [-30_000_000]
    assert [waiting.code for waiting in stored(deaf).waiting.values()] == ["unreadable_item"]


FAR: int = 99_999_999_999


@pytest.mark.parametrize(
    "values",
    [
        {"position": FAR},
        {"complete_at": FAR},
        {"started_at": FAR},
        {"position": 0},
        {"position": "soon"},
        {"position": None},
        {"version": None},
        {"version": "first"},
        {"waiting": {"refund#pi_1": {"tries": 1}}},
        {"handled": []},
        {"comparison": {}},
    ],
)
def test_a_wrong_state_is_replaced_and_loses_and_repeats_nothing(deaf: Till, values: dict[str, Any]) -> None:
    charge = paid(deaf)
    refund(deaf, charge, 3_000)
    swept(deaf)
    overwrite(deaf, SWEEP_SK, **values)
    refund(deaf, charge, 1_000)
    swept(deaf)
    assert sum(reversals(deaf)) == -40_000_000
    asked(deaf)
    assert swept(deaf) == NOTHING_DUE
    assert asked(deaf) == ["GET /v1/events"]
    deaf.check()


def test_a_comparison_begins_again_if_stripe_lost_its_place(deaf: Till) -> None:
    refund(deaf, paid(deaf), 3_000)
    deaf.stand_in.account.objects["event"].clear()
    overwrite(deaf, SWEEP_SK, comparison={"since": 0, "list_number": 2, "after": "re_gone"})
    assert swept(deaf)["failed"] == 0
    assert (reversals(deaf), stored(deaf).comparison) == ([-30_000_000], None)


def test_after_an_outage_all_waiting_events_are_handled_in_one_sweep(deaf: Till) -> None:
    payments_with_refunds(deaf, 12)
    deaf.fault("dropped", "GET /v1/payment_intents/*", count=ALWAYS)
    for _ in range(12):
        deaf.sweep(minutes=1)
    assert len(stored(deaf).waiting) > 6
    deaf.all_well()
    deaf.later(hours=1)
    assert swept(deaf)["failed"] == 0
    assert len(reversals(deaf)) == 12


def test_a_card_renewed_and_then_changed_again_keeps_its_declines(deaf: Till) -> None:
    card = deaf.card()
    Controls(deaf.stand_in).decline_card(card, "stolen_card")
    assert deaf.paid("10.00", card)["status"] == "failed"
    Controls(deaf.stand_in).renew_card(card)
    renewed = [one for one in deaf.objects("event") if one["type"] == "payment_method.automatically_updated"][-1]
    listed(deaf, renewed["type"], renewed["data"]["object"], previous_attributes={"billing_details": {}})
    swept(deaf)
    assert deaf.pay("10.00", card).code == "card_declined_too_often"


def test_a_time_of_the_last_callback_that_is_no_time_stops_no_sweep(deaf: Till) -> None:
    overwrite(deaf, CALLBACKS_SK, heard_at="yesterday")
    refund(deaf, paid(deaf), 3_000)
    swept(deaf)
    assert reversals(deaf) == [-30_000_000]


def test_a_callback_in_the_future_does_not_hide_silence(deaf: Till, capsys: pytest.CaptureFixture[str]) -> None:
    deaf.later(minutes=1)
    overwrite(deaf, CALLBACKS_SK, heard_at=FAR)
    deaf.paid("10.00", deaf.card())
    swept(deaf)
    deaf.later(hours=2)
    swept(deaf)
    assert counted(capsys.readouterr().out)["CallbacksSilent"] == 1
    assert deaf.call_back(deaf.objects("event")[-1]).status == 200
    swept(deaf)
    assert "CallbacksSilent" not in counted(capsys.readouterr().out)
