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
from calling_credit.api.counts import emit
from calling_credit.api.resolver import MAX_BODY_BYTES, answer, http_resolver
from calling_credit.config import config
from calling_credit.errors import BadRequest, PayloadTooLarge, Unavailable
from calling_credit.payments import cards, intents
from calling_credit.payments.cashier import Cashier
from calling_credit.payments.client import NoAnswer, forget_settings, stripe_client, stripe_setting
from calling_credit.payments.take_back import take_back
from calling_credit.payments.webhooks import Notice, read_notice
from calling_credit.store.client import dynamodb_client
from calling_credit.store.keep_accounts import AccountKeeper
from calling_credit.store.keep_issues import Issue, keep_issue
from calling_credit.store.keep_recharge import RechargeKeeper
from calling_credit.topups import Intent

SECONDS_TO_SPARE = 1.0
SECRET_LASTS = timedelta(minutes=1)


class SecretRead:
    """When the secret was last read again."""

    at = datetime(2020, 1, 1, tzinfo=UTC)


secret_read = SecretRead()
OF_MONEY_BACK = ("charge.refund", "charge.dispute.", "refund.")
OF_PAYMENTS = frozenset(
    f"payment_intent.{what}" for what in ("succeeded", "payment_failed", "processing", "requires_action", "canceled")
)

logger = Logger()
metrics = Metrics(service="payments")
app = http_resolver(logger)
dynamodb = dynamodb_client()
keeper = AccountKeeper(dynamodb, config().table_name)
recharges = RechargeKeeper(dynamodb, config().table_name)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one callback that API Gateway hands on (HTTP API, payload 2.0)."""
    return app.resolve(event, context)


@app.post("/stripe/webhook")
def take() -> Response[str]:
    """200 once it is taken; 400 where the signature does not hold; anything else asks Stripe to send it again."""
    notice = verified(raw_body(), signature())
    outcome = taken(notice) if notice.object_id else "ignored"
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
        if error.code != "invalid_signature" or now - secret_read.at < SECRET_LASTS:
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
        raise PayloadTooLarge("body_too_large", f"An event has at most {4 * MAX_BODY_BYTES} bytes.")
    return data


def signature() -> str | None:
    """The Stripe-Signature header."""
    return app.current_event.headers.get("stripe-signature")


def taken(notice: Notice) -> str:
    """What came of the object a callback speaks of; kinds nobody here waits for are ignored."""
    if notice.kind in OF_PAYMENTS:
        return take_intent(notice, notice.object_id)
    if notice.kind.startswith(OF_MONEY_BACK):
        return take_reversal(notice)
    if notice.kind == "checkout.session.completed":
        cards.keep_first_card_as_default(stripe_client(), notice.object_id)
        return "card_saved"
    return take_detached(notice) if notice.kind == "payment_method.detached" else "ignored"


def take_reversal(notice: Notice) -> str:
    """A refund or a dispute: settle the payment if that is not known yet, then take back what stands against it."""
    if not notice.intent_id:
        return "ignored"
    outcome = take_intent(notice, notice.intent_id)
    if outcome != "succeeded":
        return outcome
    said = intents.retrieve(stripe_client(), notice.intent_id)
    if not isinstance(said, Intent):
        raise Unavailable("payments_unavailable", "Stripe did not answer our question; it sends the event again.")
    done = take_back(dynamodb, config().table_name, stripe_client(), said.account_id, said.topup_id, clock.now())
    if done in ("reversed", "returned"):
        emit(metrics, {f"top_ups_{done}": 1})
    return done


def take_intent(notice: Notice, intent_id: str) -> str:
    """Bring a payment up to what its intent is now; an intent that is no payment of ours is listed for the operator."""
    said = intents.retrieve(stripe_client(), intent_id)
    if isinstance(said, NoAnswer):
        raise Unavailable("payments_unavailable", "Stripe did not answer our question; it sends the event again.")
    if not isinstance(said, Intent):
        return listed(Issue(intent_id, "unknown_object", "", f"{notice.kind}: Stripe does not show it to us"))
    context: LambdaContext = app.lambda_context

    def seconds_left() -> float:
        return context.get_remaining_time_in_millis() / 1000 - SECONDS_TO_SPARE

    cashier = Cashier(dynamodb, config().table_name, stripe_client(), clock.now(), seconds_left)
    topup = cashier.topups.read(said.account_id, said.topup_id) if said.account_id and said.topup_id else None
    if topup is None:
        return listed(Issue(said.intent_id, "foreign_payment", said.account_id, f"{notice.kind}: {said.status}"))
    if said.status == "requires_confirmation":
        return "not_confirmed"
    try:
        return cashier.act(topup, said).status
    finally:
        emit(metrics, +cashier.tally)


def take_detached(notice: Notice) -> str:
    """A card was removed, perhaps not through us: automatic recharge that used it is suspended."""
    if not notice.customer_id:
        return "ignored"
    account_id = cards.account_of_customer(stripe_client(), notice.customer_id)
    if not account_id or keeper.customer_of(account_id) != notice.customer_id:
        return listed(Issue(notice.object_id, "foreign_card", account_id, f"{notice.kind} of {notice.customer_id}"))
    return "suspended" if recharges.suspend_for_removed_card(account_id, notice.object_id, clock.now()) else "ignored"


def listed(issue: Issue) -> str:
    """Keep what nobody here can explain for the operator; Stripe is told that it is taken."""
    if keep_issue(dynamodb, config().table_name, issue, clock.now()):
        emit(metrics, {"payment_issues": 1})
    return issue.code
