"""Crash points of payments: every request of a flow, to the table or to Stripe, crossed with everything that can go
wrong with it, and the world trying again as client, stream, Stripe's callbacks and the sweeper do.

Knows how requests fail and who tries again; it must not know what the handlers write.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local.stripe_stand_in.sender import body_of
from tests.domain.examples import NOW
from tests.harness.bench import Bench
from tests.harness.faults import Point
from tests.harness.faults import points as points_of_aws
from tests.harness.http import Answer, http_event
from tests.harness.stripe_faults import OF_STRIPE, Response
from tests.harness.table import Context
from tests.harness.till import Till
from tests.harness.wire import Killed, Pass, Sent

TRIES = 12
ANSWERED = range(200, 500)


@dataclass
class Flow:
    """One payment flow: what is set up before, what is asked for, and what must stand in the end."""

    name: str
    prepare: Callable[["PaymentBench"], None]
    begin: Callable[["PaymentBench"], None]
    statuses: list[str]
    intents: dict[str, int]
    posted_micros: int


@dataclass
class PaymentBench(Bench):
    """A till on a wire, put back to the same beginning for each point."""

    till: Till = field(kw_only=True)
    card: str = ""
    link: str = ""
    context: Context = field(default_factory=Context)
    tries: int = 0
    started: datetime = NOW

    def keep(self) -> None:
        """Remember the table and the time."""
        super().keep()
        self.started = self.till.world.clock.now

    def put_back(self) -> None:
        """Restore the remembered table and time, and empty the Stripe account."""
        super().put_back()
        self.till.stand_in.reset()
        self.till.seen.clear()
        self.till.world.clock.now = self.started
        self.context = Context()

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
            return self.stack.apps[function].handler(event, context)
        except (Killed, Exception):  # noqa: BLE001 - a failed invocation, whatever it failed of
            return None


def points(scenario: list[Sent], bench: PaymentBench) -> Iterator[Point]:
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


def event_points(bench: PaymentBench) -> list[tuple[str, str]]:
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


def differences(bench: PaymentBench, flow: Flow) -> Iterator[str]:
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
