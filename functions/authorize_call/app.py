"""Authorize calls for the phone switch, and hold the credit that pays for them."""

from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.accounts.cache import AccountFacts
from calling_credit.accounts.caps import CapRules
from calling_credit.accounts.number_resolver import NumberResolver
from calling_credit.admission.authorize import authorize
from calling_credit.admission.caller_line import caller_line, with_line
from calling_credit.admission.decision import AdmissionRequest, Decision, emergency
from calling_credit.admission.denials import announce_denial
from calling_credit.admission.reader import AdmissionReader
from calling_credit.admission.reasons import FRAUD_REASONS, LACK_OF_CREDIT, DenialReason
from calling_credit.admission.refused_calls import RefusedCallStore
from calling_credit.admission.request import decision_view, parse_request
from calling_credit.admission.snapshot import AdmissionSnapshot
from calling_credit.admission.store import AdmissionStore
from calling_credit.api.request_limits import RequestLimit
from calling_credit.api.resolver import answer, http_resolver, json_body
from calling_credit.api.switch import switch_caller
from calling_credit.charging.dialed_numbers import DialedNumbers
from calling_credit.config import config
from calling_credit.connectors.key import DEFAULT_PER_MINUTE
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.dynamodb.errors import AWS_ERRORS, code_of
from calling_credit.errors import CallingCreditError
from calling_credit.metrics import emit
from calling_credit.rates.active_decks import ActiveDecks
from calling_credit.rates.deck_store import s3_client
from calling_credit.rates.home_numbers import is_unknown_area_code
from calling_credit.snapshots import prepare_snapshot

SECONDS_TO_SPARE = 1.5
"""How long before the timeout the function stops retrying and answers `busy`."""

logger = Logger()
metrics = Metrics()
app = http_resolver(logger)
dynamodb = dynamodb_client()
store = AdmissionStore(dynamodb, config().table_name, timedelta(seconds=config().hold_grace_seconds))
refused_calls = RefusedCallStore(dynamodb, config().table_name)
numbers = NumberResolver(dynamodb, config().table_name, timedelta(seconds=config().lead_seconds))
facts = AccountFacts(dynamodb, config().table_name)
dialed = DialedNumbers(facts, config().home_country)
decks = ActiveDecks(s3_client(), config().deck_bucket)
caps = CapRules(config().no_cap_countries, config().young_money_days)
reader = AdmissionReader(dynamodb, config().table_name, decks.prices_of, caps)
by_connector = RequestLimit(DEFAULT_PER_MINUTE)
prepare_snapshot(lambda: decks.in_force(clock.now(), None))


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request of API Gateway (HTTP API, payload 2.0)."""
    return app.resolve(event, context)


@app.post("/connector/calls/authorize")
@app.post("/calls/authorize")
def authorize_call() -> Response[str]:
    """Authorize a call or its extension; a repeated request has no further effect."""
    now = clock.now()
    switch_caller(app.current_event.raw_event, config().authorize_scope).check_rate(by_connector, now)
    body = dialed.of_question(json_body(app), now)
    line = caller_line(body, numbers, now)
    request = parse_request(with_line(body, line))
    decision = Decision(line, 0) if isinstance(line, DenialReason) else emergency(request)
    has_minutes = False
    if decision is None:
        seconds_left = clock.seconds_left(app.lambda_context, SECONDS_TO_SPARE)
        decision, snapshot = authorize(request, decks.in_force(now), reader, store, now, seconds_left)
        has_minutes = snapshot.context.minutes is not None
        announce(request, decision, snapshot)
        list_refusal(request, decision, snapshot)
    outcome = "allowed" if decision.reason is None else "denied"
    fields = {"account_id": request.account_id, "line_id": request.line_id, "call_id": request.call_key}
    logger.info(outcome, extra=fields | {"reason": decision.reason, "max_seconds": decision.max_seconds})
    unknown = decision.reason == DenialReason.UNRATED and is_unknown_area_code(request.dialled_number)
    emit(metrics, {f"calls_{outcome}": 1} | ({"unknown_area_codes": 1} if unknown else {}))
    return answer(decision_view(decision, has_minutes=has_minutes))


def announce(request: AdmissionRequest, decision: Decision, snapshot: AdmissionSnapshot) -> None:
    """Tell automatic recharge or the fraud alert about a denial. A failure is logged and does not change the answer."""
    try:
        if decision.reason in LACK_OF_CREDIT and snapshot.counts_refusal:
            store.count_refusal(request.account_id)
        elif decision.reason == DenialReason.RECHARGING and snapshot.may_nudge:
            store.nudge(request.account_id)
        if decision.reason in FRAUD_REASONS:
            denials, now = snapshot.denials, snapshot.context.now
            announce_denial(dynamodb, config().table_name, request, decision.reason, denials, now)
    except (CallingCreditError, *AWS_ERRORS) as error:
        logger.warning("not_told", account_id=request.account_id, reason=decision.reason, code=code_of(error))


def list_refusal(request: AdmissionRequest, decision: Decision, snapshot: AdmissionSnapshot) -> None:
    """List a call that is not connected, for its account, and mark the budget that refuses it. An extension that is
    refused belongs to a connected call. A failure is logged and does not change the answer.
    """
    if decision.reason is None or snapshot.time_zone is None or snapshot.context.hold is not None:
        return
    try:
        refused_calls.record(request, decision, snapshot.user_id, snapshot.context.now)
        store.mark_refusal(snapshot.context, decision.reason)
    except (CallingCreditError, *AWS_ERRORS) as error:
        logger.warning("not_listed", account_id=request.account_id, reason=decision.reason, code=code_of(error))
