"""What changes in the table is heard of on the bus: each thing once for whoever drops ids they have seen, in the
published form, and again only if the bus did not take it.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import jsonschema
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from local.stripe_stand_in.controls import Controls
from ops.event_schemas import FOLDER
from tests.harness.cards import CHALLENGED, DECLINED, VISA
from tests.harness.queue import failures
from tests.harness.table import sample_event
from tests.harness.till import Till
from tests.harness.world import UNCOVERED

pytestmark = pytest.mark.dynamodb
BUS = "calling-credit-test"
Images = dict[tuple[str, str], dict[str, Any]]


@dataclass
class Listener:
    """What is on the bus since the last time, and the images of the table as they were then."""

    till: Till
    sent: list[list[dict[str, Any]]] = field(default_factory=list)
    seen: Images = field(default_factory=dict)
    number: int = 0

    @property
    def bus(self) -> Any:
        """The publisher's client."""
        return self.till.world.stack.apps["publish_events"].bus

    def images(self) -> Images:
        """Every item of the table."""
        return {(item["PK"], item["SK"]): item for item in self.till.world.stack.items()}

    def records(self) -> list[dict[str, Any]]:
        """The stream's records of all that changed since the last time."""
        before, self.seen = self.seen, self.images()
        return [
            self.record(before.get(key), self.seen.get(key))
            for key in {**before, **self.seen}
            if before.get(key) != self.seen.get(key)
        ]

    def record(self, old: dict[str, Any] | None, new: dict[str, Any] | None) -> dict[str, Any]:
        """One record, as the stream would show this change."""
        from calling_credit.dynamodb.attributes import to_attributes  # noqa: PLC0415 - clients after moto

        self.number += 1
        shown = {name: to_attributes(image) for name, image in (("OldImage", old), ("NewImage", new)) if image}
        change = {
            "ApproximateCreationDateTime": self.till.world.clock.now.timestamp(),
            "SequenceNumber": f"{self.number:027d}",
            **shown,
        }
        return {"eventName": "MODIFY" if old and new else "INSERT" if new else "REMOVE", "dynamodb": change}

    def deliver(self, *records: dict[str, Any]) -> list[str]:
        """Hand records to the publisher; the sequence numbers that come again."""
        return failures(self.till.world.stack.invoke("publish_events", {"Records": list(records)}))

    def hear(self) -> list[dict[str, Any]]:
        """The events of all that changed since the last time, each held against its published form."""
        self.sent.clear()
        assert self.deliver(*self.records()) == []
        return [judged(entry) for entries in self.sent for entry in entries]

    def names(self) -> list[str]:
        """The types of these events, in alphabetical order."""
        return sorted(event["type"] for event in self.hear())


def judged(entry: dict[str, Any]) -> dict[str, Any]:
    """An entry's event, after looking at its envelope and its form."""
    event: dict[str, Any] = json.loads(entry["Detail"])
    assert (entry["EventBusName"], entry["Source"], entry["DetailType"]) == (BUS, "calling-credit", event["type"])
    published = json.loads((FOLDER / f"{event['type']}.schema.json").read_text(encoding="utf-8"))
    jsonschema.validate(event, published)
    return event


@pytest.fixture
def listener(till: Till) -> Iterator[Listener]:
    """Somebody who hears all that goes to the bus from now on."""
    listener = Listener(till)
    listener.seen = listener.images()

    def hear(params: dict[str, Any], **_: Any) -> None:
        listener.sent.append(params["Entries"])

    events = listener.bus.meta.events
    events.register("provide-client-params.events.PutEvents", hear)
    try:
        yield listener
    finally:
        events.unregister("provide-client-params.events.PutEvents", hear)


@contextmanager
def at_the_bus(listener: Listener, moment: str, handler: Any) -> Iterator[None]:
    """Something happens meanwhile whenever events are sent."""
    events, name = listener.bus.meta.events, f"{moment}.events.PutEvents"
    events.register_last(name, handler)
    try:
        yield
    finally:
        events.unregister(name, handler)


def refusing(*positions: int) -> Any:
    """The bus does not take these entries of a send."""

    def refuse(parsed: dict[str, Any], **_: Any) -> None:
        for position in positions:
            parsed["Entries"][position] = {"ErrorCode": "ThrottlingException", "ErrorMessage": "slow down"}
        parsed["FailedEntryCount"] = len(positions)

    return refuse


def low(listener: Listener, account_id: str) -> dict[str, Any]:
    """The record of an account whose balance fell below its level."""
    old = {"PK": f"ACCOUNT#{account_id}", "SK": "BALANCE", "posted_micros": 9, "low_micros": 5, "updated_at": AT}
    return listener.record(old, old | {"posted_micros": 1})


AT = "2026-11-23T12:00:00.000Z"


# --- What is heard ----------------------------------------------------------------------------------------------------


def test_the_sample_event_announces_a_low_balance_and_an_unrated_call(listener: Listener) -> None:
    assert listener.deliver(*sample_event("publish_events")["Records"]) == []
    [entries] = listener.sent
    assert [judged(entry)["type"] for entry in entries] == ["BalanceLow", "CallUnrated"]
    assert judged(entries[0])["data"] == {"balance": "8.50", "low_balance": "10.00"}
    assert judged(entries[1])["data"]["to"] == "GB…50"


def test_a_payment_is_announced_once_when_it_is_credited(till: Till, listener: Listener) -> None:
    paid = till.paid("25.00", till.card(VISA))
    [event] = listener.hear()
    assert (event["type"], event["account_id"], event["data"]["topup_id"]) == (
        "TopUpSucceeded",
        "acct_1",
        paid["id"],
    )
    assert event["data"]["payment_method"] == paid["payment_method"]
    till.call_all_back()
    till.sweep(minutes=10)
    assert listener.hear() == []


def test_a_decline_is_announced_with_the_message_of_the_response(till: Till, listener: Listener) -> None:
    declined = till.paid("25.00", till.card(DECLINED))
    [event] = listener.hear()
    assert (event["type"], event["data"]["failure"]) == ("TopUpFailed", declined["failure"])


def test_a_challenge_is_announced_when_it_ends(till: Till, listener: Listener) -> None:
    waiting = till.paid("25.00", till.card(CHALLENGED))
    assert listener.hear() == []
    till.challenge(waiting["id"])
    till.call_all_back()
    assert listener.names() == ["TopUpSucceeded"]


def test_recharges_are_announced_on_success_failure_and_suspension(till: Till, listener: Listener) -> None:
    till.set_rule(till.card(VISA))
    till.stream()
    assert listener.names() == ["AutoRechargeSucceeded"]
    till.world.adjust("-100.00", "k_1")
    till.set_rule(till.card(DECLINED))
    till.stream()
    assert listener.names() == ["AutoRechargeFailed"]
    heard = []
    for _ in range(2):
        till.sweep(hours=25)
        till.stream()
        heard.append(listener.names())
    assert heard == [["AutoRechargeFailed"], ["AutoRechargeFailed", "AutoRechargeSuspended"]]


def test_a_suspension_for_the_bank_is_announced_with_the_pages_words(till: Till, listener: Listener) -> None:
    till.set_rule(till.card(CHALLENGED))
    till.stream()
    [event] = listener.hear()
    shown = till.shown_rule()
    assert event["type"] == "AutoRechargeSuspended"
    assert (event["data"]["reason"], event["data"]["message"]) == (shown["reason"], shown["message"])


def test_a_low_balance_is_announced_once_for_each_crossing(till: Till, listener: Listener) -> None:
    world = till.world
    world.adjust("20.00", "k_0")
    world.operate("PUT", "/accounts/acct_1", {"low_balance": "5.00"})
    assert listener.hear() == []
    world.adjust("-15.00", "k_1")
    assert listener.hear() == []
    heard = []
    for number, amount in enumerate(["-0.01", "-1.00", "10.00", "-10.00"]):
        till.later(minutes=1)
        world.adjust(amount, f"m_{number}")
        heard.append([event["data"]["balance"] for event in listener.hear()])
    assert heard == [["4.99"], [], [], ["3.99"]]


def test_refunds_disputes_and_returned_credit_are_announced(till: Till, listener: Listener) -> None:
    till.paid("100.00", till.card(VISA))
    listener.hear()
    [charge] = [charge for charge in till.objects("charge") if charge["status"] == "succeeded"]
    dispute = Controls(till.stand_in).dispute(charge["id"], amount=3_000)
    till.call_all_back()
    [taken] = listener.hear()
    Controls(till.stand_in).win_dispute(dispute["id"])
    till.call_all_back()
    [given] = listener.hear()
    assert [(event["type"], event["data"]["amount"]) for event in (taken, given)] == [
        ("CreditReversed", "30.00"),
        ("CreditReturned", "30.00"),
    ]


def test_an_unrated_call_is_announced_and_a_charged_one_is_not(till: Till, listener: Listener) -> None:
    till.world.deliver({"call_id": "c_1"}, {"call_id": "c_2", "to": UNCOVERED})
    [event] = listener.hear()
    assert (event["type"], event["data"]["call_id"]) == ("CallUnrated", "c_2")
    assert UNCOVERED[1:] not in json.dumps(event)
    till.world.deliver({"call_id": "c_2", "to": UNCOVERED})
    assert listener.hear() == []


# --- At least once, and under the same id -----------------------------------------------------------------------------


def test_a_redelivered_batch_sends_the_same_events_in_any_order(till: Till, listener: Listener) -> None:
    till.paid("25.00", till.card(VISA))
    till.paid("25.00", till.card(DECLINED))
    records = listener.records()
    for batch in (records, records, records[::-1]):
        assert listener.deliver(*batch) == []
    first, second, backwards = [sorted(entry["Detail"] for entry in entries) for entries in listener.sent]
    assert first == second == backwards
    assert len(first) == 2


def test_a_batch_without_news_sends_nothing(listener: Listener) -> None:
    for record in ([], [listener.record(None, {"PK": "ACCOUNT#acct_1", "SK": "LINE#line_1"})]):
        assert listener.deliver(*record) == []
    assert listener.sent == []


def test_events_go_out_by_tens(listener: Listener) -> None:
    assert listener.deliver(*[low(listener, f"acct_{number}") for number in range(25)]) == []
    assert [len(entries) for entries in listener.sent] == [10, 10, 5]


def test_only_events_that_the_bus_rejects_are_sent_again(listener: Listener) -> None:
    records = [low(listener, f"acct_{number}") for number in range(12)]
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records]
    with at_the_bus(listener, "after-call", refusing(1)):
        assert listener.deliver(*records) == [numbers[1], numbers[11]]
    assert [len(entries) for entries in listener.sent] == [10, 2], "the rest is sent all the same"
    assert listener.deliver(records[1], records[11]) == []


@pytest.mark.parametrize(
    "error",
    [
        ConnectTimeoutError(endpoint_url="https://events.test"),
        ClientError({"Error": {"Code": "AccessDeniedException", "Message": "no"}}, "PutEvents"),
    ],
    ids=["no answer", "refused"],
)
def test_a_failed_send_stops_the_batch_and_redelivers_the_rest(listener: Listener, error: Exception) -> None:
    records = [low(listener, f"acct_{number}") for number in range(25)]
    numbers = [record["dynamodb"]["SequenceNumber"] for record in records]

    def lose(**_: Any) -> None:
        if len(listener.sent) == 2:
            raise error

    with at_the_bus(listener, "before-call", lose):
        assert listener.deliver(*records) == numbers[10:]
    assert len(listener.sent) == 2


def test_the_log_has_counts_and_reasons_and_no_personal_data(
    listener: Listener, caplog: pytest.LogCaptureFixture
) -> None:
    with at_the_bus(listener, "after-call", refusing(0)):
        listener.deliver(*[low(listener, f"acct_{number}") for number in range(3)])
    [line] = [vars(record) for record in caplog.records]
    assert (line["message"], line["announced"], line["refused"]) == ("published", 2, 1)
    assert line["codes"] == ["ThrottlingException"]
    assert "acct_" not in str(line)
