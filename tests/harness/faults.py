"""Crash points: every request of a scenario crossed with everything that can go wrong with it, below the SDK.

Knows how requests fail and how the world tries again (SQS delivers what went back or was never answered, a client
repeats what it got no answer to); it must not know what the handlers write.
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
"""Once, and as often again as the queue's maxReceiveCount of 5 allows."""

Fault = Callable[["Point", Sent, Pass], AWSResponse]


@dataclass
class Point:
    """One fault at one call of the SDK: the `at`-th of a scenario. `lasting` hits the SDK's own retries of it too."""

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
        """Meet one request."""
        if sent.call not in self._calls:
            self._calls.append(sent.call)
        if self._calls.index(sent.call) != self.at or (self.hits and not self.lasting):
            return passed()
        self.hits += 1
        return self.fault(self, sent, passed)


def crash_before(point: Point, sent: Sent, passed: Pass) -> AWSResponse:
    """The process dies before the request leaves."""
    raise Killed


def crash_after(point: Point, sent: Sent, passed: Pass) -> AWSResponse:
    """The request is carried out, and the process dies before the answer comes."""
    passed()
    raise Killed


def crash_with_the_request_under_way(point: Point, sent: Sent, passed: Pass) -> AWSResponse:
    """The process dies, and its request is carried out only after another has tried again."""
    point.late.append(passed)
    raise Killed


def answer_lost(point: Point, sent: Sent, passed: Pass) -> AWSResponse:
    """The request is carried out, and nobody hears of it."""
    passed()
    raise ReadTimeoutError(endpoint_url=URL)


def never_sent(point: Point, sent: Sent, passed: Pass) -> AWSResponse:
    """No connection comes about."""
    raise EndpointConnectionError(endpoint_url=URL)


def connecting_too_long(point: Point, sent: Sent, passed: Pass) -> AWSResponse:
    """No connection comes about within the time allowed."""
    raise ConnectTimeoutError(endpoint_url=URL)


def slow_past_the_timeout(point: Point, sent: Sent, passed: Pass) -> AWSResponse:
    """Nobody answers until the function's time is nearly up; nothing was carried out."""
    point.context.seconds = 5
    raise ReadTimeoutError(endpoint_url=URL)


def slow_past_the_timeout_but_done(point: Point, sent: Sent, passed: Pass) -> AWSResponse:
    """The same, but it was carried out."""
    passed()
    point.context.seconds = 5
    raise ReadTimeoutError(endpoint_url=URL)


def server_error(point: Point, sent: Sent, passed: Pass) -> AWSResponse:
    """HTTP 500 before anything was done."""
    return refusal(500, "InternalServerError")


def server_error_but_done(point: Point, sent: Sent, passed: Pass) -> AWSResponse:
    """HTTP 500 after it was carried out."""
    passed()
    return refusal(500, "InternalServerError")


def throttled(point: Point, sent: Sent, passed: Pass) -> AWSResponse:
    """The table has had too many requests."""
    return refusal(400, "ThrottlingException")


def throughput_exceeded(point: Point, sent: Sent, passed: Pass) -> AWSResponse:
    """The partition has."""
    return refusal(400, "ProvisionedThroughputExceededException")


def in_conflict(point: Point, sent: Sent, passed: Pass) -> AWSResponse:
    """Another transaction is writing the item."""
    return refusal(400, "TransactionConflictException")


CRASHES: tuple[Fault, ...] = (crash_before, crash_after, crash_with_the_request_under_way)
DONE_UNHEARD: tuple[Fault, ...] = (answer_lost, slow_past_the_timeout_but_done, server_error_but_done)
NOT_DONE: tuple[Fault, ...] = (never_sent, connecting_too_long, slow_past_the_timeout, server_error)
OF_DYNAMODB: tuple[Fault, ...] = (throttled, throughput_exceeded)


def cancelled_at(position: int, code: str, others: str) -> Fault:
    """A cancelled transaction: this reason at one position, another everywhere else."""

    def fault(point: Point, sent: Sent, passed: Pass) -> AWSResponse:
        return cancelled([code if at == position else others for at in range(len(sent.actions))])

    fault.__name__ = f"{code}_at_{position}_{others}_elsewhere"
    return fault


def points(scenario: list[Sent]) -> Iterator[Point]:
    """Every fault at every call of a scenario. What the SDK tries again fails as long as it tries; what was carried
    out also just once, so that the SDK's own second try meets what the first one did.
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
    """A conflict at each position alone, throttling at the ends, both everywhere."""
    found = [cancelled_at(position, "TransactionConflict", "None") for position in range(actions)]
    found += [cancelled_at(position, "ThrottlingError", "None") for position in (0, actions - 1)]
    return found + [cancelled_at(-1, "", code) for code in ("TransactionConflict", "ProvisionedThroughputExceeded")]


def deliver_until_settled(
    stack: Stack, wire: Wire, records: list[dict[str, Any]], context: Context | None = None
) -> tuple[set[str], int]:
    """As the queue does: what went back, and all of it if the function died, comes again; which never went through,
    and how many deliveries it took until no delivery brought anything new.
    """
    waiting = {record["messageId"]: record for record in records}
    settled: set[str] | None = None
    for delivery in range(1, MOST_DELIVERIES + 1):
        wire.dead = False
        event = {"Records": list(waiting.values())}
        try:
            answer = stack.apps["rate_calls"].handler(event, context or Context())
        except (Killed, Exception):  # noqa: BLE001 - a failed invocation, whatever it failed of
            context = None
            stack.forget()
            continue
        context = None
        back = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
        if back == settled or not back:
            return back, delivery
        settled = back
        waiting = {name: record for name, record in waiting.items() if name in back}
    raise AssertionError(f"not settled after {MOST_DELIVERIES} deliveries: {sorted(waiting)}")


def ask_until_answered(stack: Stack, wire: Wire, function: str, event: dict[str, Any]) -> dict[str, Any]:
    """As a client does: the same request again until it is answered by something else than a server error."""
    for _ in range(MOST_DELIVERIES):
        wire.dead = False
        try:
            answer = stack.invoke(function, event)
        except Killed:
            continue
        if answer["statusCode"] < 500:
            return answer
        assert answer["statusCode"] == 503, f"not told to come again: {answer['body']}"
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
    """As Lambda does with an event nobody waits for, and an operator with a command: the same again after a failure,
    by a fresh process. `check` looks at the world after each failure.
    """
    for _ in range(MOST_DELIVERIES):
        wire.dead = False
        try:
            return stack.invoke(function, event, seconds)
        except (Killed, Exception):  # noqa: BLE001 - a failed invocation, whatever it failed of
            wire.dead = False
            stack.forget()
            check()
    raise AssertionError("never done")
