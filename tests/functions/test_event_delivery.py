"""Events reach the bus at least once and under the same id."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from tests.functions.events_bench import Listener, listener
from tests.harness.cards import DECLINED, VISA
from tests.harness.till import Till

__all__ = ["listener"]

pytestmark = pytest.mark.dynamodb


@contextmanager
def at_the_bus(listener: Listener, moment: str, handler: Any) -> Iterator[None]:
    """Run a handler at each send of events."""
    events, name = listener.bus.meta.events, f"{moment}.events.PutEvents"
    events.register_last(name, handler)
    try:
        yield
    finally:
        events.unregister(name, handler)


def refusing(*positions: int) -> Any:
    """Reject these entries of a send."""

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


def test_a_redelivered_batch_sends_the_same_events_in_any_order(till: Till, listener: Listener) -> None:
    till.paid("25.00", till.card(VISA))
    till.paid("25.00", till.card(DECLINED))
    records = listener.records()
    for batch in (records, records, records[::-1]):
        assert listener.deliver(*batch) == []
    first, second, backwards = [sorted(entry["Detail"] for entry in entries) for entries in listener.sent]
    assert first == second == backwards
    assert len(first) == 3


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
    assert [len(entries) for entries in listener.sent] == [10, 2], "the rest is sent anyway"
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
