"""Crash points of payments: every request of a flow, to the table or to Stripe, crossed with every fault, and the
retries of client, stream, callbacks, and sweeper.

This module knows how requests fail and which component retries; it must not depend on the items that handlers write.
"""

import copy
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local.stripe_stand_in.sender import body_of
from tests.domain.examples import NOW
from tests.harness.bench import Bench
from tests.harness.faults import Point
from tests.harness.faults import points as points_of_aws
from tests.harness.http import Answer, change_claims, http_event
from tests.harness.stripe_faults import OF_STRIPE, Response
from tests.harness.table import Context
from tests.harness.till import Till
from tests.harness.wire import Killed, Pass, Sent

TRIES = 24
"""A crash leaves a lease of half a minute, so a pair of faults takes up to 15 tries, 5 s apart."""
ANSWERED = range(200, 500)


@dataclass
class Flow:
    """One payment flow: its preparation, its requests, and its expected end; `also` finds further differences. `then`
    is what follows a short flow, without faults.
    """

    name: str
    prepare: Callable[["PaymentBench"], None]
    begin: Callable[["PaymentBench"], None]
    statuses: list[str]
    intents: dict[str, int]
    posted_micros: int
    also: Callable[["PaymentBench"], Iterator[str]] = lambda _: iter(())
    then: Callable[["PaymentBench"], None] = lambda _: None


@dataclass
class PaymentBench(Bench):
    """A till on a wire, restored to the same start for each crash point.

    A flow is prepared once. Each further play begins from the state after the preparation: table, Stripe, and clock.
    """

    till: Till = field(kw_only=True)
    card: str = ""
    link: str = ""
    links: list[str] = field(default_factory=list)
    context: Context = field(default_factory=Context)
    tries: int = 0
    started: datetime = NOW
    stripe_before: dict[str, Any] = field(default_factory=dict)
    till_before: dict[str, Any] = field(default_factory=dict)
    prepared: str = ""
    """The name of the flow whose prepared state is remembered."""

    def keep(self) -> None:
        """Remember the table, the Stripe account, and the time."""
        super().keep()
        self.started = self.till.world.clock.now
        self.stripe_before = self.till.stripe_state()
        self.till_before = copy.deepcopy({"seen": self.till.seen, "keys": self.till.keys})

    def put_back(self) -> None:
        """Restore the remembered table, Stripe account, and time."""
        super().put_back()
        self.till.restore_stripe(self.stripe_before)
        self.till.seen = copy.deepcopy(self.till_before["seen"])
        self.till.keys = self.till_before["keys"]
        self.till.world.clock.now = self.started
        self.context = Context()

    def prepare(self, flow: Flow) -> None:
        """Restore the state in which the flow begins; prepare it the first time."""
        self.put_back()
        if self.prepared != flow.name:
            assert not self.prepared, "one bench plays one flow"
            flow.prepare(self)
            self.keep()
            self.put_back()
            self.prepared = flow.name

    # Retries

    def ask(self, function: str, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        """Retry as a client does: the same request until its final response."""
        return self._ask(function, self.request(function, method, path, body, **more))

    def request(self, function: str, method: str, path: str, body: Any = None, **more: Any) -> dict[str, Any]:
        """The event of a request by a client."""
        event = http_event(function, method, path, body=body, signed_in=more.get("signed_in", True))
        if more.get("signed_in", True):
            change_claims(event, {"custom:account_id": "acct_1"})
        event["headers"]["idempotency-key"] = more.get("key", "the same key")
        return event

    def operate(self, method: str, path: str, body: Any) -> Answer:
        """Retry as the operator's console does: the same request until its final response."""
        return self._ask("manage_accounts", http_event("manage_accounts", method, path, body=body))

    def send(self, function: str, event: dict[str, Any]) -> Answer:
        """Retry as the desk does: the same request until its final response."""
        return self._ask(function, event)

    def _ask(self, function: str, event: dict[str, Any]) -> Answer:
        for _ in range(TRIES):
            answer = self.invoke(function, event)
            if answer is not None and answer["statusCode"] < 500:
                headers = {name.lower(): value for name, value in answer["headers"].items()}
                shown = Answer(answer["statusCode"], headers, answer["body"])
                if shown.status != 409 or shown.code != "in_progress":
                    return shown
            self.till.later(seconds=5)
        raise AssertionError(f"{event['routeKey']} was never answered")

    def stream(self) -> None:
        """Retry as the stream's mapping does: a failed batch is redelivered five times and then dropped."""
        for _ in range(TRIES):
            records = self.till.take_records()
            if not records:
                return
            for _retry in range(6):
                answer = self.invoke("auto_recharge", {"Records": records})
                if answer is not None and not answer["batchItemFailures"]:
                    break
                self.till.later(seconds=1)

    def sweep(self, minutes: int = 1) -> None:
        """Run the sweeper as the schedule does; the next round follows a crashed one."""
        self.till.later(minutes=minutes)
        self.till.world.stack.let_leases_expire()
        self.invoke("reconcile_payments", {})

    def call_back(self) -> None:
        """Deliver as Stripe does: every event until it is accepted."""
        for event in self.till.stand_in.take_events():
            for _ in range(TRIES):
                answer = self.invoke("stripe_webhook", self.till.callback(body_of(event)))
                if answer is not None and answer["statusCode"] == 200:
                    break
                self.till.later(seconds=1)
            else:
                raise AssertionError(f"{event['type']} was never taken")

    def settle_down(self) -> None:
        """Run everything that happens automatically within minutes; leases end meanwhile."""
        for minutes in (1, 3, self.minutes_until_listening()):
            self.stream()
            self.call_back()
            self.sweep(minutes)
        self.stream()

    def minutes_until_listening(self) -> int:
        """Pass time until the sweeper lists events, after leases have ended."""
        later = self.till.world.clock.now.minute + 4
        return 3 + (2 - later - 3) % 5

    def invoke(self, function: str, event: dict[str, Any]) -> Any:
        """Invoke in a fresh process; None if it crashed or failed."""
        self.tries += 1
        self.wire.dead = False
        context, self.context = self.context, Context()
        try:
            return self.stack.apps[function].handler(event, context)
        except (Killed, Exception):  # noqa: BLE001 - a failed invocation of any cause
            return None


def points(scenario: list[Sent], bench: PaymentBench) -> Iterator[Point]:
    """Every fault of both kinds at every request of a flow; `at` counts the SDK calls of the whole flow."""
    calls = list(dict.fromkeys(sent.call for sent in scenario))
    swept = [sent.call for sent in scenario if sent.body.get("IndexName")]
    alike = set(swept[1:])  # The sweeper reads every partition of its index in the same way; one is enough.
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


def event_points(bench: PaymentBench) -> list[tuple[str, str]]:
    """Every way in which each kind of callback of the recorded flow may fail to arrive."""
    kinds = sorted({event["type"] for event in bench.till.objects("event")})
    return [(fault, kind) for kind in kinds for fault in EVENT_FAULTS]


@dataclass
class Both:
    """Two faults in one flow."""

    one: Point
    other: Point

    def __call__(self, sent: Sent, passed: Pass) -> Response:
        """Handle one request."""
        return self.one(sent, lambda: self.other(sent, passed))

    @property
    def late(self) -> list[Pass]:
        """Run the delayed requests."""
        return [*self.one.late, *self.other.late]
