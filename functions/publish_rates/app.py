"""Publishes a rate deck that was dropped into the bucket: judges it whole, tells beside it what is wrong or what it
changes, and makes it the one that prices calls. A refused deck changes nothing.
"""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.config import config
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.dynamodb.errors import AWS_ERRORS, code_of
from calling_credit.errors import InvalidValue, NotFound
from calling_credit.instants import format_instant
from calling_credit.ledger.charge_reader import weigh
from calling_credit.metrics import emit
from calling_credit.rates.deck_impact import Impact
from calling_credit.rates.deck_report import report
from calling_credit.rates.deck_store import deck_version, s3_client
from calling_credit.rates.publishing import OUTCOME_MESSAGES, S3_ROUNDS_TO, Publisher, PublishOutcome

SECONDS_TO_SPARE = 120.0
"""When looking at past calls ends, so that the deck itself is published in any case."""

logger = Logger()
metrics = Metrics()
dynamodb = dynamodb_client()
publisher = Publisher(s3_client(), config().deck_bucket)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take one event of S3 (Object Created, as EventBridge brings it); what became of the deck."""
    key, now = str(event["detail"]["object"]["key"]), clock.now()
    if key.endswith("/"):
        return {"outcome": "ignored"}  # What a console makes for a folder.
    try:
        data, put_at = publisher.dropped(key)
    except NotFound as error:
        logger.warning(error.code, file=key)
        return {"outcome": "ignored"}
    except InvalidValue as error:
        return tell(
            key,
            PublishOutcome.REFUSED,
            {"outcome": PublishOutcome.REFUSED, "error_count": 1, "detail": error.detail, "code": error.code},
        )
    told = publisher.report_of(key)
    if told is not None and told.get("version") == deck_version(data, put_at):
        return {"outcome": told["outcome"], "version": told["version"], "again": True}
    judged = publisher.judge(data, put_at, now)
    if judged.deck is not None:
        judged.impact = Impact(judged.deck)
        try:
            weigh(dynamodb, config().table_name, judged.impact, now, clock.seconds_left(context, SECONDS_TO_SPARE))
        except AWS_ERRORS as error:  # What it would have changed is worth knowing, and no reason to keep old prices.
            logger.warning("not_all_weighed", code=code_of(error))
    outcome = publisher.publish(data, judged, put_at + S3_ROUNDS_TO, now)
    return tell(key, outcome, report(judged, outcome, format_instant(now), OUTCOME_MESSAGES[outcome]))


def tell(key: str, outcome: PublishOutcome, told: dict[str, Any]) -> dict[str, Any]:
    """Put the report, log one line with a stable code, count."""
    publisher.tell(key, told)
    said = {name: told.get(name) for name in ("version", "rows", "error_count", "warning_count", "changes")}
    level = logger.error if outcome is PublishOutcome.REFUSED else logger.info
    level(f"deck_{outcome}", file=key, **{name: value for name, value in said.items() if value is not None})
    emit(metrics, {f"decks_{outcome}": 1})
    return {"outcome": outcome, "version": told.get("version"), "error_count": told["error_count"]}
