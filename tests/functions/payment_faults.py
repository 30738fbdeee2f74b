"""Crash points of payments: every request of a flow, to the table or to Stripe, crossed with everything that can go
wrong with it, and the world trying again as client, stream, Stripe's callbacks and the sweeper do.

Knows how requests fail and who tries again; it must not know what the handlers write.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import requests
from botocore.exceptions import ReadTimeoutError

from local.stripe_stand_in.sender import body_of
from tests.domain.examples import NOW
from tests.functions.conftest import Context
from tests.functions.laws_faults import CRASHES, Fault, Point
from tests.functions.laws_faults import points as points_of_aws
from tests.functions.laws_wire import Killed, Pass, Sent, Wire
from tests.functions.stripe_wire import response
from tests.functions.template import table_properties
from tests.functions.till import Till
from tests.functions.world import Answer, http_event

Response = Any
TRIES = 12
ANSWERED = range(200, 500)


@dataclass
class Flow:
    """One payment flow: what is set up before, what is asked for, and what must stand in the end."""

    name: str
    prepare: Callable[["Bench"], None]
    begin: Callable[["Bench"], None]
    statuses: list[str]
    intents: dict[str, int]
    posted_micros: int


@dataclass
class Bench:
    """A till on a wire, put back to the same beginning for each point."""

    till: Till
    wire: Wire
    images: list[dict[str, Any]] = field(default_factory=list)
    card: str = ""
    link: str = ""
    context: Context = field(default_factory=Context)
    tries: int = 0
    properties: dict[str, Any] = field(default_factory=table_properties)
    started: datetime = NOW

    def keep(self) -> None:
        """Remember the table as it is now."""
        pages = self._client.get_paginator("scan").paginate(TableName=self.till.world.stack.table_name)
        self.images = [item for page in pages for item in page["Items"]]
        self.started = self.till.world.clock.now

    def put_back(self) -> None:
        """The table as remembered, an empty Stripe account, and every function as if just started."""
        client, name = self._client, self.till.world.stack.table_name
        client.delete_table(TableName=name)
        client.create_table(TableName=name, **self.properties)
        client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
        for start in range(0, len(self.images), 25):
            puts: Any = [{"PutRequest": {"Item": item}} for item in self.images[start : start + 25]]
            client.batch_write_item(RequestItems={name: puts})
        self.till.world.stack.forget()
        self.till.stand_in.reset()
        self.till.seen.clear()
        self.till.world.clock.now = self.started
        self.wire.dead = False
        self.wire.sent.clear()
        self.context = Context()

    @property
    def _client(self) -> Any:
        return self.till.world.stack.dynamodb

    # The world trying again

    def ask(self, function: str, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        """As a client does: the same request again until it is answered for good."""
        event = http_event(function, method, path, body=body, signed_in=more.get("signed_in", True))
        if more.get("signed_in", True):
            event["requestContext"]["authorizer"]["jwt"]["claims"]["custom:account_id"] = "acct_1"
        event["headers"]["idempotency-key"] = more.get("key", "the same key")
        for _ in range(TRIES):
            answer = self._invoke(function, event)
            if answer is not None and answer["statusCode"] < 500 and answer["statusCode"] != 409:
                return Answer(answer["statusCode"], dict(answer["headers"]), answer["body"])
            self.till.later(seconds=5)
        raise AssertionError(f"{method} {path} was never answered")

    def stream(self) -> None:
        """As the stream's mapping does: a batch that failed or died comes again, five times; then it is given up."""
        for _ in range(TRIES):
            records = self.till.take_records()
            if not records:
                return
            for _retry in range(6):
                answer = self._invoke("auto_recharge", {"Records": records})
                if answer is not None and not answer["batchItemFailures"]:
                    break
                self.till.later(seconds=1)

    def sweep(self, minutes: int = 1) -> None:
        """As the schedule does; a round that died is followed by the next."""
        self.till.later(minutes=minutes)
        self._invoke("reconcile_payments", {})

    def call_back(self) -> None:
        """As Stripe does: every event until it is taken."""
        for event in self.till.stand_in.take_events():
            for _ in range(TRIES):
                answer = self._invoke("stripe_webhook", self.till.callback(body_of(event)))
                if answer is not None and answer["statusCode"] == 200:
                    break
                self.till.later(seconds=1)
            else:
                raise AssertionError(f"{event['type']} was never taken")

    def settle_down(self) -> None:
        """Everything that happens by itself within some minutes: leases end meanwhile."""
        for minutes in (1, 3, self.minutes_until_listening()):
            self.stream()
            self.call_back()
            self.sweep(minutes)
        self.stream()

    def minutes_until_listening(self) -> int:
        """Until the sweeper next asks for events that no callback delivered, after leases have ended."""
        later = self.till.world.clock.now.minute + 4
        return 3 + (7 - later - 3) % 15

    def _invoke(self, function: str, event: dict[str, Any]) -> Any:
        """One invocation by a fresh process; None if it died or failed."""
        self.tries += 1
        self.wire.dead = False
        context, self.context = self.context, Context()
        try:
            return self.till.world.stack.apps[function].handler(event, context)
        except (Killed, Exception):  # noqa: BLE001 - a failed invocation, whatever it failed of
            return None


# ----------------------------------------------------------------------------------------------------------------------
# What can go wrong with a request to Stripe
# ----------------------------------------------------------------------------------------------------------------------


def lost(sent: Sent) -> Exception:
    """What a client meets when nobody answers it."""
    if sent.service == "stripe":
        timeout: Exception = requests.ReadTimeout("injected")
        return timeout
    return ReadTimeoutError(endpoint_url="https://dynamodb.us-east-1.amazonaws.com/")


def stripe_answer_lost(point: Point, sent: Sent, passed: Pass) -> Response:
    """The request is carried out, and nobody hears of it."""
    passed()
    raise lost(sent)


def stripe_never_reached(point: Point, sent: Sent, passed: Pass) -> Response:
    """No connection comes about."""
    raise requests.ConnectionError("injected")


def stripe_slow_past_the_timeout(point: Point, sent: Sent, passed: Pass) -> Response:
    """Nobody answers until the function's time is nearly up; it was carried out all the same."""
    passed()
    point.context.seconds = 3
    raise lost(sent)


def stripe_server_error(point: Point, sent: Sent, passed: Pass) -> Response:
    """HTTP 500 before anything was done, kept under the key."""
    return _ordered(point, "error_500", passed)


def stripe_server_error_but_done(point: Point, sent: Sent, passed: Pass) -> Response:
    """HTTP 500 after it was carried out, kept under the key."""
    return _ordered(point, "error_500_after", passed)


def stripe_too_many_requests(point: Point, sent: Sent, passed: Pass) -> Response:
    """HTTP 429, kept nowhere."""
    return _ordered(point, "rate_limited", passed)


def stripe_key_in_use(point: Point, sent: Sent, passed: Pass) -> Response:
    """HTTP 409: the first request under this key is still being carried out."""
    body = b'{"error": {"type": "idempotency_error", "code": "idempotency_key_in_use", "message": "injected"}}'
    return response(409, body, {"Content-Type": "application/json"})


def _ordered(point: Point, kind: str, passed: Pass) -> Response:
    assert point.orders is not None
    point.orders.add(kind, "*")
    return passed()


OF_STRIPE: tuple[Fault, ...] = (
    *CRASHES,
    stripe_answer_lost,
    stripe_never_reached,
    stripe_slow_past_the_timeout,
    stripe_server_error,
    stripe_server_error_but_done,
    stripe_too_many_requests,
    stripe_key_in_use,
)


def points(scenario: list[Sent], bench: Bench) -> Iterator[Point]:
    """Every fault at every request of a flow, of both kinds; `at` counts the SDKs' calls of the whole flow."""
    calls = list(dict.fromkeys(sent.call for sent in scenario))
    swept = [sent.call for sent in scenario if sent.body.get("IndexName")]
    alike = set(swept[1:])  # The sweeper asks every partition of its index alike; one is enough.
    of_aws: dict[int, list[Point]] = {}
    for point in points_of_aws([sent for sent in scenario if sent.service != "stripe"]):
        of_aws.setdefault(point.at, []).append(point)
    aws = 0
    for at, call in enumerate(calls):
        sent = next(one for one in scenario if one.call == call)
        if sent.service == "stripe":
            for fault in OF_STRIPE:
                name = f"{sent.operation} {at}: {fault.__name__}"
                yield Point(at, name, fault, orders=bench.till.stand_in.faults)
        else:
            for point in of_aws.get(aws, []) if call not in alike else ():
                point.at = at
                yield point
            aws += 1


EVENT_FAULTS = ("lost", "duplicated", "reordered")


def event_points(bench: Bench) -> list[tuple[str, str]]:
    """Every way in which each kind of callback of the flow just recorded may fail to arrive as it should."""
    kinds = sorted({event["type"] for event in bench.till.objects("event")})
    return [(fault, kind) for kind in kinds for fault in EVENT_FAULTS]


@dataclass
class Both:
    """Two faults in one flow."""

    one: Point
    other: Point

    def __call__(self, sent: Sent, passed: Pass) -> Response:
        """Meet one request."""
        return self.one(sent, lambda: self.other(sent, passed))

    @property
    def late(self) -> list[Pass]:
        """Requests that are carried out only after all."""
        return [*self.one.late, *self.other.late]


def differences(bench: Bench, flow: Flow) -> Iterator[str]:
    """What stands otherwise than it must; nothing if all is well."""
    till = bench.till
    bench.wire.dead = False
    statuses = [str(item["status"]) for item in till.top_ups() if item["status"] != "canceled"]
    if statuses != flow.statuses:
        yield f"top-ups are {statuses}, not {flow.statuses}"
    found: dict[str, int] = {}
    for intent in till.sdk.v1.payment_intents.list({"limit": 100}).auto_paging_iter():
        found[str(intent.status)] = found.get(str(intent.status), 0) + 1
    kept = {status: count for status, count in found.items() if status != "canceled" or status in flow.intents}
    if kept != flow.intents:
        yield f"intents are {found}, not {flow.intents}"
    posted = till.world.balance()
    if posted != flow.posted_micros:
        yield f"posted is {posted}, not {flow.posted_micros}"
    till.check()
    rules = till.world.of_kind("AUTO_RECHARGE")
    if rules and "in_flight" in rules[0]:
        yield f"a recharge is still in flight: {rules[0]['in_flight']}"
    left = [item["SK"] for item in till.top_ups() if item["status"] != "requires_action" and "sweep_pk" in item]
    if left:
        yield f"still to be looked at: {left}"
