"""Payments without any callback, and callbacks with a wrong signature, are counted for the operators."""

from datetime import datetime
from typing import Any

import pytest

from calling_credit.payments.sweep_store import SweepStore
from tests.functions.event_sweep_bench import at_minute, swept, without_endpoint
from tests.harness.callbacks import counted
from tests.harness.cards import DECLINED, VISA
from tests.harness.http import Answer
from tests.harness.till import Till
from tests.harness.wire import Pass, Sent, Wire, refusal

pytestmark = pytest.mark.dynamodb
SILENT = "CallbacksSilent"


@pytest.fixture
def heard(till: Till) -> Till:
    """A till that received callbacks until now."""
    at_minute(till, 1)
    swept(till)
    till.paid("10.00", till.card())
    till.call_all_back()
    till.later(minutes=6)
    return till


def sweeps_for(till: Till, capsys: pytest.CaptureFixture[str], **span: float) -> set[datetime]:
    """Run every round for this long; return the times at which silence was counted."""
    until = till.world.clock.now
    till.later(**span)
    until, till.world.clock.now = till.world.clock.now, until
    capsys.readouterr()
    silent = set()
    while till.world.clock.now < until:
        till.sweep(minutes=1)
        if counted(capsys.readouterr().out).get(SILENT):
            silent.add(till.world.clock.now)
    return silent


@pytest.mark.parametrize("card", [VISA, DECLINED])
def test_two_hours_after_a_payment_without_a_callback_silence_is_counted(
    heard: Till, capsys: pytest.CaptureFixture[str], card: str
) -> None:
    without_endpoint(heard)
    paid_at = heard.world.clock.now
    heard.paid("25.00", heard.card(card))
    silent = sweeps_for(heard, capsys, hours=2, minutes=20)
    assert 7_200 <= (min(silent) - paid_at).total_seconds() <= 7_260
    assert len(silent) >= 20, "in every round, so that the alarm lasts"


def test_silence_ends_with_the_next_callback(heard: Till, capsys: pytest.CaptureFixture[str]) -> None:
    events = till_events(heard)
    without_endpoint(heard)
    heard.paid("25.00", heard.card())
    assert sweeps_for(heard, capsys, hours=2, minutes=10)
    assert heard.call_back(events[0]).status == 200
    assert sweeps_for(heard, capsys, hours=4) == set()


def till_events(till: Till) -> list[dict[str, Any]]:
    """All events of the till so far."""
    return list(till.stand_in.account.objects["event"].values())


def test_without_payments_no_silence_is_counted(heard: Till, capsys: pytest.CaptureFixture[str]) -> None:
    without_endpoint(heard)
    heard.card()
    assert sweeps_for(heard, capsys, hours=5) == set()


def test_payments_with_callbacks_count_no_silence(heard: Till, capsys: pytest.CaptureFixture[str]) -> None:
    silent: set[datetime] = set()
    for minutes in (1, 4, 3, 50, 130, 2, 1):
        heard.paid("10.00", heard.card())
        heard.call_all_back()
        silent |= sweeps_for(heard, capsys, minutes=minutes)
    assert silent | sweeps_for(heard, capsys, hours=3) == set()


def test_payments_of_other_systems_count_no_silence(heard: Till, capsys: pytest.CaptureFixture[str]) -> None:
    without_endpoint(heard)
    customer = heard.sdk.v1.customers.create({}).id
    card = heard.sdk.v1.payment_methods.attach(VISA, {"customer": customer}).id
    made: Any = {"amount": 2_000, "currency": "usd", "customer": customer, "payment_method": card, "confirm": True}
    heard.sdk.v1.payment_intents.create(made | {"allowed_payment_method_types": ["card"]})
    assert sweeps_for(heard, capsys, hours=3) == set()


def test_the_time_of_callbacks_is_written_every_few_minutes_at_most(heard: Till, wire: Wire) -> None:
    written: list[str] = []

    def watch(sent: Sent, passed: Pass) -> Any:
        if sent.operation == "UpdateItem" and "CALLBACKS" in str(sent.body):
            written.append(str(heard.world.clock.now))
        return passed()

    [event, *_] = till_events(heard)
    with wire.interfering(watch):
        for _ in range(20):
            assert heard.call_back(event).status == 200
            heard.later(seconds=30)
    assert len(written) == 2


def test_two_processes_record_callbacks_often_enough_for_no_silence(
    heard: Till, capsys: pytest.CaptureFixture[str]
) -> None:
    [event, *_] = till_events(heard)
    assert heard.call_back(event).status == 200
    heard.later(minutes=4, seconds=50)
    heard.world.stack.apps["stripe_webhook"].last.forget()
    assert heard.call_back(event).status == 200, "in another process, which finds that time stored"
    heard.later(minutes=4, seconds=40)
    heard.paid("10.00", heard.card())
    heard.call_all_back()
    assert sweeps_for(heard, capsys, hours=2, minutes=10) == set()


def test_a_callback_is_handled_even_if_its_time_is_not_written(heard: Till, wire: Wire) -> None:
    [event, *_] = till_events(heard)

    def refuse(sent: Sent, passed: Pass) -> Any:
        is_time = sent.operation == "UpdateItem" and "CALLBACKS" in str(sent.body)
        return refusal(400, "ProvisionedThroughputExceededException") if is_time else passed()

    with wire.interfering(refuse):
        assert heard.call_back(event).status == 200


# --- Signatures -------------------------------------------------------------------------------------------------------


def with_signature(till: Till, header: str | None) -> Answer:
    """Send an event with this Stripe-Signature."""
    event = till.callback('{"id": "evt_1"}')
    if header is None:
        del event["headers"]["stripe-signature"]
    else:
        event["headers"]["stripe-signature"] = header
    return till.world.invoke("stripe_webhook", event)


def test_each_wrong_signature_is_counted(till: Till, capsys: pytest.CaptureFixture[str]) -> None:
    now = int(till.world.clock.now.timestamp())
    right = till.callback('{"id": "evt_1"}')["headers"]["stripe-signature"]
    till.later(minutes=10)
    headers = (f"t={now},v1={'0' * 64}", "nonsense", right)
    codes = [with_signature(till, header).code for header in headers]
    assert codes == ["invalid_signature", "invalid_signature", "stale_signature"]
    assert counted(capsys.readouterr().out)["SignaturesInvalid"] == 3
    _, heard_at = SweepStore(till.world.stack.dynamodb, till.world.stack.table_name).read()
    assert heard_at == 0, "it is no sign that callbacks arrive"


def test_a_request_without_a_signature_is_a_scanner_and_is_not_counted(
    till: Till, capsys: pytest.CaptureFixture[str]
) -> None:
    assert with_signature(till, None).code == "missing_signature"
    assert counted(capsys.readouterr().out) == {}


def test_a_refused_signature_leaves_no_secret_in_the_log(till: Till, caplog: pytest.LogCaptureFixture) -> None:
    from local.stripe_stand_in.stand_in import DEFAULT_WEBHOOK_SECRET  # noqa: PLC0415 - only here

    header = f"t=1,v1={'a' * 64}"
    assert with_signature(till, header).status == 400
    logged = str([vars(record) for record in caplog.records])
    assert "refused" in logged
    assert DEFAULT_WEBHOOK_SECRET not in logged
    assert "a" * 64 not in logged
