"""The faults of requests to Stripe, injected below its SDK."""

from typing import Any

import requests
from botocore.exceptions import ReadTimeoutError

from tests.harness.faults import CRASHES, Fault, Point
from tests.harness.stripe import response
from tests.harness.wire import Pass, Sent

Response = Any


def lost(sent: Sent) -> Exception:
    """The error of a client that gets no response."""
    if sent.service == "stripe":
        timeout: Exception = requests.ReadTimeout("injected")
        return timeout
    return ReadTimeoutError(endpoint_url="https://dynamodb.us-east-1.amazonaws.com/")


def stripe_answer_lost(point: Point, sent: Sent, passed: Pass) -> Response:
    """The request is executed, but its response is lost."""
    passed()
    raise lost(sent)


def stripe_never_reached(point: Point, sent: Sent, passed: Pass) -> Response:
    """No connection is established."""
    raise requests.ConnectionError("injected")


def stripe_slow_past_the_timeout(point: Point, sent: Sent, passed: Pass) -> Response:
    """No response arrives until the function has almost timed out, but the request was executed."""
    passed()
    point.context.seconds = 3
    raise lost(sent)


def stripe_server_error(point: Point, sent: Sent, passed: Pass) -> Response:
    """HTTP 500 before execution, saved under the key."""
    return _ordered(point, "error_500", passed)


def stripe_server_error_but_done(point: Point, sent: Sent, passed: Pass) -> Response:
    """HTTP 500 after execution, saved under the key."""
    return _ordered(point, "error_500_after", passed)


def stripe_too_many_requests(point: Point, sent: Sent, passed: Pass) -> Response:
    """HTTP 429, not saved under the key."""
    return _ordered(point, "rate_limited", passed)


def stripe_key_in_use(point: Point, sent: Sent, passed: Pass) -> Response:
    """HTTP 409: the first request under this key is still running."""
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
