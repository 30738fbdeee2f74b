"""Take finished calls from switches over HTTP, and put them into the call queue."""

from datetime import timedelta
from functools import partial
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.accounts.cache import AccountFacts
from calling_credit.accounts.number_resolver import NumberResolver
from calling_credit.api.request_limits import RequestLimit
from calling_credit.api.resolver import answer, body_text, http_resolver, query, report_unreadable
from calling_credit.api.switch import switch_caller
from calling_credit.charging import reporting
from calling_credit.charging.call_queue import CallQueue, sqs_client
from calling_credit.charging.event_bodies import MAX_BODY_BYTES, read_body
from calling_credit.charging.named_events import LineFinder
from calling_credit.config import config
from calling_credit.connectors.key import DEFAULT_PER_MINUTE
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.metrics import emit

SECONDS_TO_SPARE = 2.0
"""How long before its timeout the function stops sending again and answers `not_queued`."""

logger = Logger()
metrics = Metrics()
app = http_resolver(logger)
dynamodb = dynamodb_client()
numbers = NumberResolver(
    dynamodb,
    config().table_name,
    timedelta(seconds=config().lead_seconds),
    on_unreadable=partial(report_unreadable, app, logger),
)
facts = AccountFacts(dynamodb, config().table_name)
finder = LineFinder(numbers, facts, config().home_country)
queue = CallQueue(sqs_client(), config().call_queue_url)
by_connector = RequestLimit(DEFAULT_PER_MINUTE)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request of API Gateway (HTTP API, payload 2.0)."""
    return app.resolve(event, context)


@app.post("/connector/calls/events")
@app.post("/calls/events")
def report_calls() -> Response[str]:
    """Queue 1 to 100 events, and answer how many were accepted and why the others were not."""
    caller = switch_caller(app.current_event.raw_event, config().report_scope)
    caller.check_rate(by_connector, clock.now())
    content_type = app.current_event.headers.get("content-type", "")
    events = read_body(body_text(app, MAX_BODY_BYTES), content_type, query(app, "format"))
    seconds_left = clock.seconds_left(app.lambda_context, SECONDS_TO_SPARE)
    report = reporting.report_calls(events, caller.zone, finder, queue, clock.now(), seconds_left)
    counts = {"events_accepted": report.accepted, "events_rejected": len(report.rejected)}
    logger.info("reported", extra=counts | {"codes": sorted({one.rejection.code for one in report.rejected})})
    emit(metrics, counts)
    return answer(view(report))


def view(report: reporting.Report) -> dict[str, Any]:
    """Return `{accepted, rejected: [{index, call_id, code, detail}]}`."""
    rejected = [
        {"index": one.index, "call_id": one.call_id, "code": one.rejection.code, "detail": one.rejection.detail}
        for one in report.rejected
    ]
    return {"accepted": report.accepted, "rejected": rejected}
