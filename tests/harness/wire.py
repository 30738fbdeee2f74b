"""The wire between the handlers and AWS or Stripe: every request recorded, faults injected below the SDKs.

Nothing of the application is replaced: a handler of botocore's `before-send` event answers instead of the server or
passes the request on. Transactions of moto are not atomic under threads (a rollback restores the whole table), so the
fixture `aws` serializes requests to moto; between two requests anything may happen, as in DynamoDB. moto has no
conflicts, so this module injects them (`with_conflicts`).
"""

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from moto.core.models import botocore_stubber

from tests.harness.stripe import StripeRequest
from tests.harness.table import Stack

Key = tuple[str, str]
WRITES = ("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems")


class Killed(BaseException):
    """The process died. A BaseException, so that no handler catches it."""


@dataclass(frozen=True)
class Sent:
    """One request: the operation, its body, and the id shared by the SDK's retries of one call."""

    service: str
    operation: str
    body: dict[str, Any]
    call: str

    @property
    def actions(self) -> list[tuple[str, dict[str, Any]]]:
        """The actions of a transaction or the single request: `(Put | Update | … | GetItem | …, parameters)`."""
        if self.operation == "TransactWriteItems":
            return [(kind, action) for part in self.body["TransactItems"] for kind, action in part.items()]
        return [(self.operation, self.body)] if self.service == "dynamodb" else []

    def keys(self) -> set[Key]:
        """The keys of every written item."""
        written = {key_of(action.get("Key") or action["Item"]) for kind, action in self.actions if kind in KEYED}
        return written if self.operation in WRITES else set()

    def partitions(self) -> set[str]:
        """The partitions of the request; `*` for a request without a partition."""
        if self.service != "dynamodb":
            return set()
        if self.operation == "BatchGetItem":
            return {key["PK"]["S"] for part in self.body["RequestItems"].values() for key in part["Keys"]}
        if self.operation == "Query" and self.body["KeyConditionExpression"].startswith("PK = :pk"):
            return {self.body["ExpressionAttributeValues"][":pk"]["S"]}
        partitions = {
            (action.get("Key") or action.get("Item") or {}).get("PK", {}).get("S", "*") for _, action in self.actions
        }
        return partitions or {"*"}


KEYED = ("Put", "Update", "Delete", "PutItem", "UpdateItem", "DeleteItem")


def key_of(attributes: dict[str, Any]) -> Key:
    """The key in the attributes of an item or key of DynamoDB."""
    return attributes["PK"]["S"], attributes["SK"]["S"]


Pass = Callable[[], AWSResponse]
Interference = Callable[[Sent, Pass], AWSResponse]


@dataclass
class Wire:
    """The recorded requests, and the interference with the next ones."""

    sent: list[Sent] = field(default_factory=list)
    interfere: Interference | None = None
    with_conflicts: bool = False
    dead: bool = False
    conflicts: int = 0
    counting: Any = field(default_factory=threading.Lock)
    under_way: list[set[Key]] = field(default_factory=list)

    def send(self, client: Any, event_name: str, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        """Answer one request of a client."""
        sent = read_request(event_name, request)
        if self.dead:
            raise Killed
        self.sent.append(sent)
        passed = partial(self._pass, client, event_name, request)
        if self.with_conflicts and sent.keys():
            passed = partial(self._contend, sent, passed)
        try:
            return self.interfere(sent, passed) if self.interfere else passed()
        except Killed:
            self.dead = True
            raise

    def send_to_stripe(self, request: StripeRequest, passed: Any) -> Any:
        """Answer one request of Stripe's SDK."""
        sent = Sent("stripe", request.name, dict(request.form), f"stripe {len(self.sent)}")
        if self.dead:
            raise Killed
        self.sent.append(sent)
        try:
            return self.interfere(sent, passed) if self.interfere else passed()
        except Killed:
            self.dead = True
            raise

    def _pass(self, client: Any, event_name: str, request: AWSPreparedRequest) -> AWSResponse:
        if os.environ.get("AWS_ENDPOINT_URL_DYNAMODB") and "dynamodb" in event_name:
            return client._endpoint.http_session.send(request)  # type: ignore[no-any-return]
        response = botocore_stubber(event_name, request)
        assert response is not None
        return response

    def _contend(self, sent: Sent, passed: Pass) -> AWSResponse:
        """Refuse a write to an item that another request is writing, like DynamoDB."""
        keys = sent.keys()
        with self.counting:
            contended = keys & set().union(*self.under_way)
            if contended:
                self.conflicts += 1
            else:
                self.under_way.append(keys)
        if contended:
            return conflict(sent, contended)
        try:
            time.sleep(0.002)
            return passed()
        finally:
            with self.counting:
                self.under_way.remove(keys)

    @contextmanager
    def recording(self) -> Iterator[list[Sent]]:
        """The requests sent in this context."""
        before = len(self.sent)
        during: list[Sent] = []
        yield during
        during += self.sent[before:]

    @contextmanager
    def interfering(self, interference: Interference) -> Iterator[None]:
        """Interfere with every request in this context."""
        self.interfere = interference
        try:
            yield
        finally:
            self.interfere = None


@contextmanager
def wired(stack: Stack, *more: Any) -> Iterator[Wire]:
    """A wire under every client of a stack's handlers and of `more` modules in this context."""
    wire = Wire()
    clients = {id(client): client for app in (*stack.apps.values(), *more) for client in clients_of(app)}
    tapped = [(client, partial(wire.send, client)) for client in clients.values()]
    for client, tap in tapped:
        client.meta.events.unregister("before-send", botocore_stubber)
        client.meta.events.register("before-send", tap)
    stack.stripe.through = wire.send_to_stripe
    try:
        yield wire
    finally:
        stack.stripe.through = None
        for client, tap in tapped:
            client.meta.events.unregister("before-send", tap)
            client.meta.events.register("before-send", botocore_stubber)


def clients_of(app: Any) -> list[Any]:
    """Every AWS client of a handler module."""
    holders = [
        getattr(app, name, None)
        for name in ("dynamodb", "keeper", "deck", "facts", "recharges", "topups", "decks", "s3")
    ]
    return [getattr(holder, "_client", holder) for holder in holders if holder is not None]


def read_request(event_name: str, request: AWSPreparedRequest) -> Sent:
    """Parse a prepared request."""
    _, service, operation = event_name.split(".")
    sent: Any = request.body
    body = json.loads(sent) if service == "dynamodb" else {"url": request.url}
    invocation: Any = request.headers["amz-sdk-invocation-id"]
    return Sent(service, operation, body, invocation.decode() if isinstance(invocation, bytes) else invocation)


def refusal(status: int, code: str, **more: Any) -> AWSResponse:
    """An error response of DynamoDB."""
    body = {"__type": f"com.amazonaws.dynamodb.v20120810#{code}", "message": "injected", **more}
    return answer(status, body)


def cancelled(codes: list[str], items: dict[int, Any] | None = None) -> AWSResponse:
    """A cancelled transaction with these reasons."""
    reasons = [{"Code": code} | ({"Item": items[at]} if items and at in items else {}) for at, code in enumerate(codes)]
    return refusal(400, "TransactionCanceledException", CancellationReasons=reasons)


def conflict(sent: Sent, contended: set[Key]) -> AWSResponse:
    """The response to a write that conflicts on these items."""
    if sent.operation != "TransactWriteItems":
        return refusal(400, "TransactionConflictException")
    written = [key_of(action.get("Key") or action["Item"]) for _, action in sent.actions]
    return cancelled(["TransactionConflict" if key in contended else "None" for key in written])


def answer(status: int, body: dict[str, Any]) -> AWSResponse:
    """A response of DynamoDB with this JSON."""
    data = json.dumps(body).encode()
    headers = HTTPHeaders()
    headers["content-type"] = "application/x-amz-json-1.0"
    return AWSResponse("https://dynamodb.us-east-1.amazonaws.com/", status, headers, Raw(data))


class Raw:
    """The raw body of a response."""

    def __init__(self, data: bytes) -> None:
        self.data = data

    def stream(self, **_: Any) -> Iterator[bytes]:
        """The body in one piece."""
        yield self.data
