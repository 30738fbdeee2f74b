"""Receives Stripe's callbacks. A callback only names an object; its current state is read from Stripe, so order and
repetition do not matter.
"""

import base64
from datetime import UTC, datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.api.resolver import MAX_BODY_BYTES, answer, http_resolver
from calling_credit.config import config
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.dynamodb.errors import AWS_ERRORS, code_of
from calling_credit.errors import BadRequest, PayloadTooLarge, ProblemCode
from calling_credit.metrics import emit
from calling_credit.payments.stripe_client import stripe_client, webhook_secrets
from calling_credit.payments.sweep_store import HEARD_EVERY, SweepStore
from calling_credit.payments.webhook_events import StripeEventHandler
from calling_credit.payments.webhook_signature import StripeEvent, verify_event_with_any

SECONDS_TO_SPARE = 1.0
LONG_AGO = datetime(2020, 1, 1, tzinfo=UTC)


class Last:
    """When this process last recorded a callback."""

    def __init__(self) -> None:
        self.callback_recorded_at = LONG_AGO

    def forget(self) -> None:
        """Forget it, as a new process."""
        self.callback_recorded_at = LONG_AGO


last = Last()

logger = Logger()
metrics = Metrics(service="payments")
app = http_resolver(logger)
dynamodb = dynamodb_client()


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one callback from API Gateway (HTTP API, payload 2.0)."""
    return app.resolve(event, context)


@app.post("/stripe/webhook")
def post_event() -> Response[str]:
    """Return 200 once the event is handled, 400 for a bad signature. Stripe retries after any other status."""
    event = verify(raw_body(), signature())
    record_callback(clock.now())
    seconds_left = clock.seconds_left(app.lambda_context, SECONDS_TO_SPARE)
    events = StripeEventHandler(dynamodb, config().table_name, stripe_client(), clock.now(), seconds_left)
    try:
        outcome = events.handle(event)
    finally:
        emit(metrics, +events.tally)
    logger.info("taken", event_id=event.event_id, kind=event.kind, object_id=event.object_id, outcome=outcome)
    return answer({"received": True, "outcome": outcome})


def verify(body: bytes, header: str | None) -> StripeEvent:
    """Verify the event with every version of the secret, and count it if its signature is wrong."""
    try:
        return verify_event_with_any(body, header, webhook_secrets(), clock.now())
    except BadRequest as error:
        count_refused(error)
        raise


def count_refused(error: BadRequest) -> None:
    """Count a wrong signature for the alarm. A request without any signature does not come from Stripe."""
    if error.code in (ProblemCode.INVALID_SIGNATURE, ProblemCode.STALE_SIGNATURE, ProblemCode.FUTURE_SIGNATURE):
        emit(metrics, {"signatures_invalid": 1})


def record_callback(now: datetime) -> None:
    """Record that callbacks arrive, at most every few minutes. The callback is handled even if that fails."""
    if timedelta(0) <= now - last.callback_recorded_at < HEARD_EVERY:
        return
    try:
        heard_at = SweepStore(dynamodb, config().table_name).record_callback(now)
        last.callback_recorded_at = datetime.fromtimestamp(heard_at, UTC)
    except AWS_ERRORS as error:
        logger.warning("callback_not_recorded", code=code_of(error))


def raw_body() -> bytes:
    """The bytes that Stripe signed."""
    raw = app.current_event.raw_event
    body = raw.get("body") or ""
    try:
        data = base64.b64decode(body) if raw.get("isBase64Encoded") else body.encode(errors="replace")
    except ValueError as error:
        raise BadRequest(ProblemCode.MALFORMED_EVENT, "The body is not valid Base64.") from error
    if len(data) > 4 * MAX_BODY_BYTES:
        raise PayloadTooLarge(ProblemCode.BODY_TOO_LARGE, f"An event has at most {4 * MAX_BODY_BYTES} bytes.")
    return data


def signature() -> str | None:
    """The Stripe-Signature header."""
    return app.current_event.headers.get("stripe-signature")
