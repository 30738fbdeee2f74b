"""Events that wait in the mail queues are mailed once, and a failing one never stops its neighbors."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError

from calling_credit.config import config
from calling_credit.notifications.mail_queue import DELAYS, MAX_RECEIVES, URGENT_DELAYS
from calling_credit.notifications.ses import MAX_ATTEMPTS
from tests.functions.mail_bench import ADDRESSES, Postbox, at_ses, batch, postbox
from tests.harness.table import sample_event

__all__ = ["postbox"]

pytestmark = pytest.mark.dynamodb
QUEUES = {
    "MAIL_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/stack-mails",
    "URGENT_MAIL_QUEUE_URL": "https://sqs.us-east-1.amazonaws.com/123456789012/stack-mails-urgent",
}


@dataclass
class Delays:
    """The delays that the function asks SQS for."""

    asked: list[dict[str, Any]] = field(default_factory=list)
    failing: bool = False

    def change_message_visibility(self, **request: Any) -> None:
        """Record a request, and refuse it if SQS fails."""
        self.asked.append(request)
        if self.failing:
            raise ClientError({"Error": {"Code": "InvalidParameterValue", "Message": "injected"}}, "Change")


Log = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def log(postbox: Postbox) -> Iterator[Log]:
    """The lines that the function has logged since the last call."""
    handler = postbox.till.world.stack.apps["send_mail"].logger.registered_handler
    stream = io.StringIO()
    before = handler.setStream(stream)

    def lines() -> list[dict[str, Any]]:
        found = [json.loads(line) for line in stream.getvalue().splitlines()]
        stream.truncate(0)
        stream.seek(0)
        return found

    yield lines
    handler.setStream(before)


@pytest.fixture
def delays(postbox: Postbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[Delays]:
    """SQS, and the queues of the function. No time passes while it waits."""
    recorder = Delays()
    monkeypatch.setattr(postbox.till.world.stack.apps["send_mail"], "queue", recorder)
    monkeypatch.setattr("calling_credit.dynamodb.retries.time.sleep", lambda _: None)
    for name, url in QUEUES.items():
        monkeypatch.setenv(name, url)
    config.cache_clear()
    yield recorder
    monkeypatch.undo()
    config.cache_clear()


def refusing(code: str, times: int = 1_000_000, address: str | None = None) -> Any:
    """SES refuses mails (to one address), so many times."""
    left = [times]

    def refuse(params: dict[str, Any], **_: Any) -> None:
        if left[0] and address in (None, *params["Destination"]["ToAddresses"]):
            left[0] -= 1
            raise ClientError({"Error": {"Code": code, "Message": "injected"}}, "SendEmail")

    return refuse


def frozen(postbox: Postbox, state: str, second: int) -> dict[str, Any]:
    """An event that the account was frozen or unfrozen."""
    own = postbox.event(f"Account{state}", by="staff:staff-1")
    return own | {"occurred_at": f"2026-11-23T12:00:{second:02d}.000Z"}


def test_each_event_of_a_batch_is_mailed_to_each_address(postbox: Postbox, delays: Delays) -> None:
    assert postbox.deliver(postbox.paid(), postbox.paid()) == []
    assert [address for address, _ in postbox.sent()] == ADDRESSES * 2
    assert delays.asked == []


def test_a_repeated_message_is_mailed_once_by_any_way(postbox: Postbox, delays: Delays) -> None:
    event = postbox.paid()
    assert postbox.deliver(event, event) == []
    assert postbox.deliver(event, lane="mails-urgent") == []
    assert postbox.bring(event) == {"addresses": 2}, "the rule of an earlier release delivered it, too"
    assert len(postbox.sent()) == 2


def test_an_event_that_the_earlier_rule_delivered_is_not_mailed_again(postbox: Postbox, delays: Delays) -> None:
    event = postbox.paid()
    postbox.bring(event)
    assert postbox.deliver(event) == []
    assert len(postbox.sent()) == 2


@pytest.mark.parametrize("reverse", [False, True])
def test_events_are_mailed_in_any_order(postbox: Postbox, delays: Delays, reverse: bool) -> None:
    events = [frozen(postbox, "Frozen", 1), frozen(postbox, "Unfrozen", 2), postbox.paid()]
    events = events[::-1] if reverse else events
    assert [postbox.deliver(event) for event in events] == [[]] * 3
    assert len({subject for _, subject in postbox.sent()}) == 3
    assert len(postbox.sent()) == 6


POISON = (
    "",
    "no json",
    "[" * 100_000,
    "[]",
    "null",
    '{"detail": 1}',
    json.dumps({"detail": {"id": "evt_1", "type": "BalanceLow", "account_id": "acct_1"}}),
    json.dumps({"detail": {"id": 7, "type": "BalanceLow", "account_id": "acct_1", "data": {}}}),
    json.dumps({"detail": {"id": "evt_1", "type": "BalanceLow", "account_id": "", "data": {}}}),
    json.dumps({"detail": {"id": "evt_1", "type": "BalanceLow", "account_id": "acct_1", "data": {}}}),
    json.dumps({"detail": {"id": "evt_1", "type": "CreditReversed", "account_id": "acct_1", "data": {"amount": []}}}),
)


def test_a_poison_message_fails_alone_and_says_why(postbox: Postbox, delays: Delays, log: Log) -> None:
    for number, body in enumerate(POISON, 1):
        assert postbox.deliver(postbox.paid(), body, postbox.paid()) == ["m_1"], body[:100]
        assert len(postbox.sent()) == 4 * number
        [line] = [line for line in log() if line.get("message_id") == "m_1"]
        assert line["level"] in ("WARNING", "ERROR")
        assert line["message"] == "malformed_event" or line["code"], line
    assert delays.asked == [], "its queue delivers it again, and then removes it"


def test_a_message_of_an_unknown_account_fails_with_a_log_line(postbox: Postbox, delays: Delays, log: Log) -> None:
    lost = postbox.paid() | {"account_id": "acct_none"}
    for receives in range(1, MAX_RECEIVES + 1):  # Then SQS moves it to the dead-letter queue.
        assert postbox.deliver(lost, postbox.paid(), receives=receives) == ["m_0"]
    assert len(postbox.sent()) == 2 * MAX_RECEIVES
    lines = [line for line in log() if line["message"] == "unknown_account"]
    assert [line["receives"] for line in lines] == list(range(1, MAX_RECEIVES + 1))
    assert {(line["account_id"], line["event_id"], line["message_id"]) for line in lines} == {
        ("acct_none", lost["id"], "m_0")
    }
    assert all("does not exist" in line["detail"] for line in lines)


def test_a_refused_address_stops_neither_its_neighbor_nor_the_next_message(postbox: Postbox, delays: Delays) -> None:
    first, second = postbox.paid(), frozen(postbox, "Frozen", 1)
    stop = at_ses(postbox, "provide-client-params", refusing("MessageRejected", address=ADDRESSES[0]))
    assert postbox.deliver(first, second) == ["m_0", "m_1"]
    stop()
    postbox.asked.clear()
    assert postbox.deliver(first, second) == []
    assert [address for address, _ in postbox.sent()] == [ADDRESSES[0]] * 2, "its neighbor has both mails"


def test_a_throttled_mail_is_sent_as_soon_as_ses_accepts_it(postbox: Postbox, delays: Delays) -> None:
    stop = at_ses(postbox, "provide-client-params", refusing("TooManyRequestsException", times=MAX_ATTEMPTS - 1))
    assert postbox.deliver(postbox.paid(), postbox.paid()) == []
    stop()
    assert len(postbox.sent()) == 4 + MAX_ATTEMPTS - 1
    assert delays.asked == []


@pytest.mark.parametrize(
    ("lane", "code"), [("mails", "TooManyRequestsException"), ("mails-urgent", "SendingPausedException")]
)
def test_while_ses_accepts_nothing_the_batch_waits_longer_each_time(
    postbox: Postbox, delays: Delays, lane: str, code: str
) -> None:
    events = [postbox.paid() for _ in range(3)]
    stop = at_ses(postbox, "provide-client-params", refusing(code))
    for receives in range(1, MAX_RECEIVES):
        assert postbox.deliver(*events, receives=receives, lane=lane) == ["m_0", "m_1", "m_2"]
    stop()
    tried = {subject for _, subject in postbox.sent()}
    assert len(tried) == 1, "the rest of a batch is not tried"
    wanted = [[seconds] * 3 for seconds in (DELAYS if lane == "mails" else URGENT_DELAYS)]
    asked = [request["VisibilityTimeout"] for request in delays.asked]
    assert [asked[at : at + 3] for at in range(0, len(asked), 3)] == wanted
    assert all(request["QueueUrl"].endswith(f"/stack-{lane}") for request in delays.asked)
    assert max(DELAYS) < 12 * 3600, "SQS's limit"
    postbox.asked.clear()
    assert postbox.deliver(*events) == []
    assert len(postbox.sent()) == 6


def test_a_delay_that_sqs_refuses_fails_no_more_than_its_message(postbox: Postbox, delays: Delays) -> None:
    delays.failing = True
    stop = at_ses(postbox, "provide-client-params", refusing("SendingPausedException"))
    assert postbox.deliver(postbox.paid()) == ["m_0"]
    stop()
    assert len(delays.asked) == 1


def test_mails_that_have_no_time_left_are_delivered_again(postbox: Postbox, delays: Delays) -> None:
    event = postbox.paid()
    stack = postbox.till.world.stack
    assert stack.invoke("send_mail", batch(event), seconds=5.0) == {"batchItemFailures": [{"itemIdentifier": "m_0"}]}
    assert postbox.sent() == []
    assert postbox.deliver(event) == []
    assert len(postbox.sent()) == 2


def test_the_sample_event_is_what_a_rule_puts_into_a_queue(postbox: Postbox, delays: Delays) -> None:
    assert postbox.deliver(json.dumps(sample_event("send_mail"))) == []
    assert len(postbox.sent()) == 2
