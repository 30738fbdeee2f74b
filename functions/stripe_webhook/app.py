"""Takes Stripe's callbacks. A callback only says where to look: what an object is now is asked of Stripe, so that order
and repetition do not matter.
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
from calling_credit.errors import BadRequest, PayloadTooLarge, ProblemCode
from calling_credit.metrics import emit
from calling_credit.payments.stripe_client import forget_settings, stripe_client, stripe_setting
from calling_credit.payments.webhook_events import NoticeTaker
from calling_credit.payments.webhook_signature import Notice, read_notice

SECONDS_TO_SPARE = 1.0
SECRET_LASTS = timedelta(minutes=1)


class SecretRead:
    """When the secret was last read again."""

    at = datetime(2020, 1, 1, tzinfo=UTC)


secret_read = SecretRead()

logger = Logger()
metrics = Metrics(service="payments")
app = http_resolver(logger)
dynamodb = dynamodb_client()


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one callback that API Gateway hands on (HTTP API, payload 2.0)."""
    return app.resolve(event, context)


@app.post("/stripe/webhook")
def take() -> Response[str]:
    """200 once it is taken; 400 where the signature does not hold; anything else asks Stripe to send it again."""
    notice = verified(raw_body(), signature())
    seconds_left = clock.seconds_left(app.lambda_context, SECONDS_TO_SPARE)
    taker = NoticeTaker(dynamodb, config().table_name, stripe_client(), clock.now(), seconds_left)
    try:
        outcome = taker.take(notice)
    finally:
        emit(metrics, +taker.tally)
    logger.info("taken", event_id=notice.event_id, kind=notice.kind, object_id=notice.object_id, outcome=outcome)
    return answer({"received": True, "outcome": outcome})


def verified(body: bytes, header: str | None) -> Notice:
    """The notice, if Stripe signed it. A secret that was changed is read again, at most once a minute: anybody can
    call.
    """
    now = clock.now()
    try:
        return read_notice(body, header, stripe_setting("webhook_secret"), now)
    except BadRequest as error:
        if error.code != ProblemCode.INVALID_SIGNATURE or now - secret_read.at < SECRET_LASTS:
            raise
    secret_read.at = now
    forget_settings()
    return read_notice(body, header, stripe_setting("webhook_secret"), now)


def raw_body() -> bytes:
    """The very bytes Stripe signed."""
    raw = app.current_event.raw_event
    body = raw.get("body") or ""
    data = base64.b64decode(body) if raw.get("isBase64Encoded") else body.encode()
    if len(data) > 4 * MAX_BODY_BYTES:
        raise PayloadTooLarge(ProblemCode.BODY_TOO_LARGE, f"An event has at most {4 * MAX_BODY_BYTES} bytes.")
    return data


def signature() -> str | None:
    """The Stripe-Signature header."""
    return app.current_event.headers.get("stripe-signature")
