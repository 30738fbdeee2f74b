"""Crash points: every request of a scenario combined with every fault below the SDK.

Contains the ways in which requests fail and callers retry: SQS redelivers failed or unanswered messages, and a client
repeats unanswered requests. Does not depend on the writes of the handlers.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectTimeoutError, EndpointConnectionError, ReadTimeoutError

from tests.harness.table import Context, Stack
from tests.harness.wire import WRITES, Killed, Pass, Sent, Wire, cancelled, refusal

URL = "https://dynamodb.us-east-1.amazonaws.com/"
MOST_DELIVERIES = 6
"""One delivery and the redeliveries that a maxReceiveCount of 5 allows."""

Fault = Callable[["Point", Sent, Pass], AWSResponse]


@dataclass
class Point:
    """One fault at the `at`-th SDK call of a scenario. A `lasting` fault also hits the retries of the SDK."""

    at: int
    name: str
    fault: Fault
    lasting: bool = False
    context: Context = field(default_factory=Context)
    late: list[Pass] = field(default_factory=list)
    hits: int = 0
    orders: Any = None
    _calls: list[str] = field(default_factory=list)

    def __call__(self, sent: Sent, passed: Pass) -> AWSResponse:
        """Pass or fail one request."""
        if sent.call not in self._calls:
            self._calls.append(sent.call)
        if self._calls.index(sent.call) != self.at or (self.hits and not self.lasting):
            return passed()
        self.hits += 1
        return self.fault(self, sent, passed)


def crash_before(point: Point, sent: Sent, passed: Pass) -> AWSResponse:
    """The process dies before the request is sent."""
    raise Killed


def crash_after(point: Point, sent: Sent, passed: Pass) -> AWSResponse:
    """The request is executed, and the process dies before the response."""
    passed()
    raise Killed


def crash_with_the_request_under_way(point: Point, sent: Sent, passed: Pass) -> AWSResponse:
    """The process dies, and its request is executed only after another process has retried."""
    point.late.append(passed)
    raise Killed


def answer_lost(point: Point, sent: Sent, passed: Pass) -> AWSResponse:
    """The request is executed, but its response is lost."""
    passed()
    raise ReadTimeoutError(endpoint_url=URL)


def never_sent(point: Point, sent: Sent, passed: Pass) -> AWSResponse:
    """No connection is established."""
    raise EndpointConnectionError(endpoint_url=URL)


def connecting_too_long(point: Point, sent: Sent, passed: Pass) -> AWSResponse:
    """No connection is established before the timeout."""
    raise ConnectTimeoutError(endpoint_url=URL)


def slow_past_the_timeout(point: Point, sent: Sent, passed: Pass) -> AWSResponse:
    """No response arrives until the function has almost timed out; the request was not executed."""
    point.context.seconds = 5
    raise ReadTimeoutError(endpoint_url=URL)


def slow_past_the_timeout_but_done(point: Point, sent: Sent, passed: Pass) -> AWSResponse:
    """No response arrives until the function has almost timed out, but the request was executed."""
    passed()
    point.context.seconds = 5
    raise ReadTimeoutError(endpoint_url=URL)


def server_error(point: Point, sent: Sent, passed: Pass) -> AWSResponse:
    """HTTP 500 before execution."""
    return refusal(500, "InternalServerError")


def server_error_but_done(point: Point, sent: Sent, passed: Pass) -> AWSResponse:
    """HTTP 500 after execution."""
    passed()
    return refusal(500, "InternalServerError")


def throttled(point: Point, sent: Sent, passed: Pass) -> AWSResponse:
    """The table is throttled."""
    return refusal(400, "ThrottlingException")


def throughput_exceeded(point: Point, sent: Sent, passed: Pass) -> AWSResponse:
    """The partition is throttled."""
    return refusal(400, "ProvisionedThroughputExceededException")


def in_conflict(point: Point, sent: Sent, passed: Pass) -> AWSResponse:
    """Another transaction is writing the item."""
    return refusal(400, "TransactionConflictException")


CRASHES: tuple[Fault, ...] = (crash_before, crash_after, crash_with_the_request_under_way)
DONE_UNHEARD: tuple[Fault, ...] = (answer_lost, slow_past_the_timeout_but_done, server_error_but_done)
NOT_DONE: tuple[Fault, ...] = (never_sent, connecting_too_long, slow_past_the_timeout, server_error)
OF_DYNAMODB: tuple[Fault, ...] = (throttled, throughput_exceeded)


def cancelled_at(position: int, code: str, others: str) -> Fault:
    """A cancelled transaction with this reason at one position and another reason at all others."""

    def fault(point: Point, sent: Sent, passed: Pass) -> AWSResponse:
        return cancelled([code if at == position else others for at in range(len(sent.actions))])

    fault.__name__ = f"{code}_at_{position}_{others}_elsewhere"
    return fault


def points(scenario: list[Sent]) -> Iterator[Point]:
    """Every fault at every call of a scenario.

    A fault that the SDK retries lasts for all its retries. A fault after execution also occurs just once, so that the
    retry of the SDK meets the effect of the first request.
    """
    for at, sent in enumerate(scenario):
        transaction = sent.operation == "TransactWriteItems"
        once = [*CRASHES, *DONE_UNHEARD, *(cancellations(len(sent.actions)) if transaction else ())]
        lasting = [*DONE_UNHEARD, *NOT_DONE, *(OF_DYNAMODB if sent.service == "dynamodb" else ())]
        if sent.operation in WRITES and not transaction:
            once.append(in_conflict)
        for fault in once:
            yield Point(at, f"{sent.operation} {at}: {fault.__name__}", fault)
        for fault in lasting:
            yield Point(at, f"{sent.operation} {at}: {fault.__name__}, lasting", fault, lasting=True)


def cancellations(actions: int) -> list[Fault]:
    """A conflict at each single position, throttling at the first and last, and both at all positions."""
    faults = [cancelled_at(position, "TransactionConflict", "None") for position in range(actions)]
    faults += [cancelled_at(position, "ThrottlingError", "None") for position in (0, actions - 1)]
    return faults + [cancelled_at(-1, "", code) for code in ("TransactionConflict", "ProvisionedThroughputExceeded")]


def deliver_until_settled(
    stack: Stack, wire: Wire, records: list[dict[str, Any]], context: Context | None = None
) -> tuple[set[str], int]:
    """Deliver records like the queue: redeliver the failed ones, or all of them after a crash.

    Returns:
        The ids that never succeeded, and the number of deliveries until no delivery made progress.
    """
    waiting = {record["messageId"]: record for record in records}
    settled: set[str] | None = None
    for delivery in range(1, MOST_DELIVERIES + 1):
        wire.dead = False
        event = {"Records": list(waiting.values())}
        try:
            answer = stack.apps["rate_calls"].handler(event, context or Context())
        except (Killed, Exception):  # noqa: BLE001 - a failed invocation of any cause
            context = None
            stack.forget()
            continue
        context = None
        decks = stack.apps["rate_calls"].decks
        for one in (decks, *decks.lists._lists.values()):
            one._failed_at = None  # The queue delivers later, when the bucket is read again.
        back = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        if back == settled or not back:
            return back, delivery
        settled = back
        waiting = {name: record for name, record in waiting.items() if name in back}
    raise AssertionError(f"not settled after {MOST_DELIVERIES} deliveries: {sorted(waiting)}")


def ask_until_answered(stack: Stack, wire: Wire, function: str, event: dict[str, Any]) -> dict[str, Any]:
    """Repeat a request like a client until the answer is not a server error."""
    for _ in range(MOST_DELIVERIES):
        wire.dead = False
        try:
            answer = stack.invoke(function, event)
        except Killed:
            continue
        if answer["statusCode"] < 500:
            return answer
        assert answer["statusCode"] == 503, f"not a retriable answer: {answer['body']}"
        assert "Retry-After" in answer["headers"]
    raise AssertionError("never answered")


def ask_anew(
    stack: Stack,
    wire: Wire,
    function: str,
    event: dict[str, Any],
    seconds: float = 60.0,
    check: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Repeat an invocation after each failure in a fresh process, like Lambda an asynchronous event.

    `check` runs after each failure.
    """
    for _ in range(MOST_DELIVERIES):
        wire.dead = False
        try:
            return stack.invoke(function, event, seconds)
        except (Killed, Exception):  # noqa: BLE001 - a failed invocation of any cause
            wire.dead = False
            stack.forget()
            stack.let_leases_expire()
            check()
    raise AssertionError("never done")
