"""Answers the phone switch before it connects a call: may it, for how long; and holds the credit that pays for it."""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.admission.authorize import HoldKeeper, Look
from calling_credit.admission.decision import AGAINST_FRAUD, Ask, Decision, short_code
from calling_credit.admission.denials import announce_denial
from calling_credit.admission.reasons import DenialReason
from calling_credit.admission.request import decision_view, read_ask
from calling_credit.api.caller import switch
from calling_credit.api.resolver import answer, claims, http_resolver, json_body
from calling_credit.config import config
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.dynamodb.errors import AWS_ERRORS, code_of
from calling_credit.errors import CallingCreditError
from calling_credit.metrics import emit
from calling_credit.rates.deck_store import ActiveDeck, s3_client

SECONDS_TO_SPARE = 1.5
"""How long before its timeout a request is told that too many ask at once, so that an answer always gets out."""

logger = Logger()
metrics = Metrics()
app = http_resolver(logger)
dynamodb = dynamodb_client()
holds = HoldKeeper(dynamodb, config().table_name)
deck = ActiveDeck(s3_client(), config().deck_bucket)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request of API Gateway (HTTP API, payload 2.0)."""
    return app.resolve(event, context)


@app.post("/calls/authorize")
def authorize() -> Response[str]:
    """Whether a call may be connected, or go on; sent again, it is done once."""
    switch(claims(app), config())
    ask = read_ask(json_body(app))
    decision = short_code(ask)
    if decision is None:
        now = clock.now()
        seconds_left = clock.seconds_left(app.lambda_context, SECONDS_TO_SPARE)
        decision, look = holds.authorize(ask, deck.current(now), now, seconds_left)
        tell_others(ask, decision, look)
    outcome = "allowed" if decision.reason is None else "denied"
    named = {"account_id": ask.account_id, "line_id": ask.line_id, "call_id": ask.call_id}
    logger.info(outcome, extra=named | {"reason": decision.reason, "max_seconds": decision.max_seconds})
    emit(metrics, {f"calls_{outcome}": 1})
    return answer(decision_view(decision))


def tell_others(ask: Ask, decision: Decision, look: Look) -> None:
    """Let a refusal be heard of where somebody can do something. The answer does not wait for it to succeed."""
    now = look.situation.now
    try:
        if decision.reason == DenialReason.RECHARGING and look.may_nudge:
            holds.nudge(ask.account_id)
        if decision.reason in AGAINST_FRAUD:
            announce_denial(dynamodb, config().table_name, ask, decision.reason, look.denials, now)
    except (CallingCreditError, *AWS_ERRORS) as error:
        logger.warning("not_told", account_id=ask.account_id, reason=decision.reason, code=code_of(error))
