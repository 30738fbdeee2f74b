"""Events: their content, signature, and delivery to the webhook, in order or with faults."""

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
import stripe
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from local.stripe_stand_in import sender as sending
from local.stripe_stand_in.account import wall_clock
from local.stripe_stand_in.sender import Sender, body_of, signature
from local.stripe_stand_in.stand_in import StandIn
from tests.stand_in.conftest import Till
from tests.stand_in.in_process import Clock, client_of

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

SECRET = "whsec_test"


def test_an_event_names_the_request_that_caused_it(till: Till) -> None:
    options: Any = {"idempotency_key": "k1"}
    till.client.v1.customers.update(till.customer.id, {"name": "Ana"}, options)
    (event,) = till.stand_in.take_events()
    assert (event["type"], event["api_version"]) == ("customer.updated", "2026-10-28.endive")
    assert event["request"] == {"id": till.stand_in.requests[-1].request_id, "idempotency_key": "k1"}
    assert event["data"]["object"]["name"] == "Ana"


def test_an_event_keeps_the_object_of_its_time(till: Till) -> None:
    intent = till.intent(None)
    till.client.v1.payment_intents.cancel(intent.id)
    created, canceled = till.stand_in.take_events()
    assert (created["data"]["object"]["status"], canceled["data"]["object"]["status"]) == (
        "requires_payment_method",
        "canceled",
    )
    found = till.client.v1.events.list({"type": "payment_intent.canceled"}).data
    assert [event.id for event in found] == [canceled["id"]]
    assert till.client.v1.events.retrieve(created["id"]).type == "payment_intent.created"


def test_the_sdk_verifies_a_signature(till: Till) -> None:
    till.intent(None)
    (event,) = till.stand_in.take_events()
    body = body_of(event)
    built = stripe.Webhook.construct_event(body, signature(body, SECRET, wall_clock()), SECRET)
    assert (built.type, built.data.object.amount) == ("payment_intent.created", 2500)
    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, signature(body, "whsec_other", wall_clock()), SECRET)


@pytest.mark.parametrize(
    ("fault", "taken"),
    [
        ("duplicated", ["created", "created", "canceled"]),
        ("lost", ["canceled"]),
        ("reordered", ["canceled", "created"]),
        ("delayed", ["canceled"]),
    ],
)
def test_events_taken_by_a_test_obey_their_faults(till: Till, clock: Clock, fault: str, taken: list[str]) -> None:
    card = till.save()
    till.stand_in.faults.add(fault, "payment_intent.created", seconds=60)
    params: Any = {"amount": 2500, "currency": "usd", "customer": till.customer.id, "payment_method": card}
    till.client.v1.payment_intents.cancel(till.client.v1.payment_intents.create(params).id)
    types = [kind.removeprefix("payment_intent.") for kind in till.event_types() if kind.startswith("payment_intent.")]
    assert types == taken
    clock.forward(seconds=60)
    assert till.event_types() == (["payment_intent.created"] if fault == "delayed" else [])


def test_a_reordered_event_without_a_successor_is_still_delivered(till: Till) -> None:
    till.stand_in.faults.add("reordered", "payment_intent.created")
    till.intent(None)
    assert till.event_types() == ["payment_intent.created"]


@dataclass
class Hook:
    """A webhook that answers with the given statuses, then with 200."""

    statuses: list[int] = field(default_factory=list)
    received: list[tuple[str, str, str]] = field(default_factory=list)
    url: str = ""
    lock: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Record host, signature, and body."""
        request = Request(environ)
        with self.lock:
            self.received.append((request.host, request.headers["Stripe-Signature"], request.get_data(as_text=True)))
            status = self.statuses.pop(0) if self.statuses else 200
        return Response(status=status)(environ, start_response)


@pytest.fixture
def hook() -> Iterator[Hook]:
    """A webhook on an unused port."""
    hook = Hook()
    server = make_server("127.0.0.1", 0, hook, threaded=True)
    hook.url = f"http://127.0.0.1:{server.port}/stripe/webhook"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield hook
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def started(hook: Hook, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], tuple[StandIn, Sender]]]:
    """Starts a stand-in that delivers to the webhook, with short waits between attempts."""
    monkeypatch.setattr(sending, "RETRY_SECONDS", (0.01, 0.02, 0.03))
    running: list[Sender] = []

    def start() -> tuple[StandIn, Sender]:
        stand_in = StandIn()
        sender = Sender(stand_in.outbox, hook.url, SECRET, host="api.execute-api.localhost:4566")
        sender.start()
        running.append(sender)
        return stand_in, sender

    yield start
    for sender in running:
        sender.stop()


def wait_until_delivered(stand_in: StandIn) -> None:
    """Return once nothing is queued."""
    deadline = time.monotonic() + 10
    while stand_in.outbox.pending():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_delivered_events_are_signed_and_have_the_right_host(
    hook: Hook, started: Callable[[], tuple[StandIn, Sender]]
) -> None:
    stand_in, sender = started()
    customer = client_of(stand_in).v1.customers.create({"email": "ana@example.com"})
    wait_until_delivered(stand_in)
    ((host, header, body),) = hook.received
    assert host == "api.execute-api.localhost:4566"
    event = stripe.Webhook.construct_event(body, header, SECRET)
    assert (event.type, event.data.object.id) == ("customer.created", customer.id)
    assert sender.results == {event.id: [200]}


def test_a_failed_delivery_is_repeated_until_it_succeeds(
    hook: Hook, started: Callable[[], tuple[StandIn, Sender]]
) -> None:
    hook.statuses = [500, 302]
    stand_in, sender = started()
    client_of(stand_in).v1.customers.create({})
    wait_until_delivered(stand_in)
    assert list(sender.results.values()) == [[500, 302, 200]]
    assert len({json.loads(body)["id"] for _, _, body in hook.received}) == 1


def test_a_delivery_that_keeps_failing_is_abandoned(hook: Hook, started: Callable[[], tuple[StandIn, Sender]]) -> None:
    hook.statuses = [500] * 10
    stand_in, sender = started()
    client_of(stand_in).v1.customers.create({})
    wait_until_delivered(stand_in)
    assert list(sender.results.values()) == [[500] * 4]


def test_a_delivery_without_an_answer_is_retried(hook: Hook, started: Callable[[], tuple[StandIn, Sender]]) -> None:
    hook.url = "http://127.0.0.1:9/nobody"
    stand_in, sender = started()
    client_of(stand_in).v1.customers.create({})
    wait_until_delivered(stand_in)
    assert list(sender.results.values()) == [[0, 0, 0, 0]]
