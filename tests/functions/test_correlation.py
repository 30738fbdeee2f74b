"""One id joins a request or a reported call to what it caused: entry, top-up, change, event, and mail."""

import io
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from calling_credit.correlation import CORRELATION_ID, new_correlation_of, valid_correlation
from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.ledger.entries import Entry
from calling_credit.ledger.posting import entry_item
from tests.domain.examples import event_body
from tests.functions.events_bench import Listener, listener
from tests.functions.mail_bench import ADDRESSES, Postbox
from tests.functions.report_bench import Reporter
from tests.harness.http import http_event
from tests.harness.queue import delivery, failures
from tests.harness.recharging import a_call, leave
from tests.harness.till import Till
from tests.harness.world import UNCOVERED, World

__all__ = ["listener"]

pytestmark = pytest.mark.dynamodb

REQUEST = "JKJaXmPLvHcESHA="
CAUSE = "switch-7:0001"
INVALID: list[Any] = [7, ["x"], {"x": "y"}, "", "x" * 65, "two words", "line\nbreak", "é", None]


@pytest.fixture
def log(world: World) -> Iterator[io.StringIO]:
    """What every function logs."""
    stream = io.StringIO()
    handlers = {app.logger.registered_handler for app in world.stack.apps.values() if hasattr(app, "logger")}
    before = {handler: handler.setStream(stream) for handler in handlers}
    yield stream
    for handler, own in before.items():
        handler.setStream(own)


def logged(log: io.StringIO, message: str) -> dict[str, Any]:
    """The newest line of the log with this message."""
    lines = [json.loads(line) for line in log.getvalue().splitlines()]
    return dict(next(line for line in reversed(lines) if line.get("message") == message))


def pay(till: Till, card: str, key: str, request_id: str = REQUEST) -> dict[str, Any]:
    """The answer to a payment in a request with this id of API Gateway."""
    body = {"amount": "25.00", "payment_method_id": card}
    event = http_event("add_funds", "POST", "/top-ups", body=body, claims={"custom:account_id": "acct_1"})
    event["headers"]["idempotency-key"] = key
    event["requestContext"]["requestId"] = request_id
    answer = till.world.invoke("add_funds", event)
    assert answer.status in (200, 201), answer.text
    return dict(answer.body)


def deliver(world: World, body: dict[str, Any], cause: object = None) -> None:
    """Charge the call of a message, which brings a correlation id or none."""
    batch = delivery(body)
    if cause is not None:
        batch["Records"][0]["messageAttributes"] = {CORRELATION_ID: {"dataType": "String", "stringValue": cause}}
    assert failures(world.stack.invoke("rate_calls", batch)) == []


def damage(world: World, item: dict[str, Any], value: Any) -> None:
    """Store an item with this correlation id."""
    stored = to_attributes({**item, CORRELATION_ID: value})
    world.stack.dynamodb.put_item(TableName=world.stack.table_name, Item=stored)


def test_one_id_joins_a_payment_to_entry_event_and_mail(till: Till, listener: Listener, log: io.StringIO) -> None:
    till.world.operate("PUT", "/accounts/acct_1", {"billing_emails": ADDRESSES})
    card = till.card()
    listener.hear()
    pay(till, card, "own key")
    assert [one[CORRELATION_ID] for one in till.top_ups()] == [REQUEST]
    assert [one[CORRELATION_ID] for one in till.world.entries()] == [REQUEST]
    [event] = [one for one in listener.hear() if one["type"] == "TopUpSucceeded"]
    assert event[CORRELATION_ID] == REQUEST
    assert logged(log, "published")["correlation_ids"] == [REQUEST]
    Postbox(till).bring(event)
    assert logged(log, "mailed")[CORRELATION_ID] == REQUEST


def test_one_id_joins_a_reported_call_to_its_recharge_and_mail(
    till: Till, listener: Listener, log: io.StringIO
) -> None:
    till.world.operate("PUT", "/accounts/acct_1", {"billing_emails": ADDRESSES})
    till.set_rule(till.card())
    leave(till, "11.00")
    till.stream()
    listener.hear()
    till.later(minutes=1)
    reporter = Reporter(till.world)
    event = http_event("report_calls", "POST", "/calls/events", body=event_body(**a_call(till)))
    event["requestContext"]["requestId"] = REQUEST
    assert reporter.post(event).body == {"accepted": 1, "rejected": []}
    assert logged(log, "reported")["request_id"] == REQUEST
    assert reporter.drain() == []
    till.stream()
    [charge] = [one for one in till.world.entries() if one["kind"] == "call_charged" and one.get("line_id")][-1:]
    assert charge[CORRELATION_ID] == REQUEST
    assert [one[CORRELATION_ID] for one in till.top_ups()] == [REQUEST]
    [credit] = [one for one in till.world.entries() if one["kind"] == "top_up_paid"]
    assert credit[CORRELATION_ID] == REQUEST
    assert logged(log, "looked_at")[CORRELATION_ID] == REQUEST
    [recharged] = [one for one in listener.hear() if one["type"] == "AutoRechargeSucceeded"]
    assert recharged[CORRELATION_ID] == REQUEST
    Postbox(till).bring(recharged)
    assert logged(log, "mailed")[CORRELATION_ID] == REQUEST


def test_a_low_balance_names_the_call_that_lowered_it(till: Till, listener: Listener) -> None:
    till.world.operate("PUT", "/accounts/acct_1", {"billing_emails": ADDRESSES, "low_balance": "10.00"})
    leave(till, "11.00")
    listener.hear()
    deliver(till.world, a_call(till), CAUSE)
    [low] = [one for one in listener.hear() if one["type"] == "BalanceLow"]
    assert low[CORRELATION_ID] == CAUSE


def test_a_changed_setting_and_its_event_name_the_request(till: Till, listener: Listener) -> None:
    event = http_event("manage_accounts", "PUT", "/accounts/acct_1", body={"billing_emails": ADDRESSES})
    event["requestContext"]["requestId"] = REQUEST
    assert till.world.invoke("manage_accounts", event).status == 200
    [change] = till.world.changes("account_changed")[-1:]
    assert change[CORRELATION_ID] == REQUEST
    [changed] = [one for one in listener.hear() if one["type"] == "AccountChanged"]
    assert changed[CORRELATION_ID] == REQUEST


@pytest.mark.parametrize(
    ("brought", "stored"), [(CAUSE, CAUSE), (None, "m_0"), ("two words", "m_0"), ("x" * 65, "m_0")]
)
def test_a_message_brings_its_id_or_has_its_own(world: World, brought: Any, stored: str) -> None:
    deliver(world, {}, brought)
    assert [entry[CORRELATION_ID] for entry in world.entries()] == [stored]


def test_an_unrated_call_keeps_the_id_until_it_is_charged(world: World, listener: Listener) -> None:
    deliver(world, {"to": UNCOVERED}, CAUSE)
    [waiting] = world.of_kind("UNRATED")
    assert waiting[CORRELATION_ID] == CAUSE
    [event] = [one for one in listener.hear() if one["type"] == "CallUnrated"]
    assert event[CORRELATION_ID] == CAUSE
    from calling_credit.charging.unrated_prices import unrated_call_from_item  # noqa: PLC0415 - clients after moto

    assert unrated_call_from_item(waiting).correlation_id == CAUSE


def test_a_repeated_message_or_request_leaves_the_stored_id(till: Till) -> None:
    deliver(till.world, {}, CAUSE)
    card = till.card()
    first = pay(till, card, "own key")
    before = till.world.stack.items()
    deliver(till.world, {}, "another")
    assert pay(till, card, "own key", "another")["id"] == first["id"]
    assert till.world.stack.items() == before


@pytest.mark.parametrize("value", INVALID)
def test_a_damaged_id_stops_neither_money_nor_events(till: Till, listener: Listener, value: Any) -> None:
    card = till.card()
    open_one = till.left_open()
    for item in [*till.world.of_kind("BALANCE"), *till.top_ups()]:
        damage(till.world, item, value)
    deliver(till.world, {}, value if isinstance(value, str) else None)
    till.world.clock.now += timedelta(minutes=5)
    till.sweep()
    assert till.status_of(open_one) in ("succeeded", "canceled")
    pay(till, card, "own key")
    assert listener.names()
    till.check()


@pytest.mark.parametrize("value", INVALID)
def test_only_short_plain_text_is_an_id(value: Any) -> None:
    assert valid_correlation(value) is None
    assert valid_correlation(REQUEST) == REQUEST


def test_a_balance_names_only_what_changed_it_now() -> None:
    old, new = {CORRELATION_ID: "a"}, {CORRELATION_ID: "b"}
    assert (new_correlation_of(old, new), new_correlation_of(old, old), new_correlation_of({}, {})) == ("b", None, None)


def test_an_entry_gives_up_its_id_before_it_takes_a_second_unit() -> None:
    def item(size: int) -> dict[str, Any]:
        explanation = {"reason": "x" * size, "call_id": "c"}
        facts = ("acct_1", "2026-11-23T12:00:00.000Z", "c_1", "call_charged", "calls", -1, "2026-11-23", "now", "f")
        return entry_item(Entry(*facts, explanation=explanation, correlation_id=CAUSE))

    assert CORRELATION_ID in item(600)
    fits = next(size for size in range(600, 1100) if CORRELATION_ID not in item(size))
    assert item(fits)["call_id"] == {"S": "c"}
