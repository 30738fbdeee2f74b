"""Charge finished calls from the queue, each exactly once; return the messages that the queue must deliver again."""

from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.accounts.cache import AccountFacts
from calling_credit.accounts.caps import CapRules
from calling_credit.accounts.number_resolver import NumberResolver
from calling_credit.charging.archive_bucket import RawArchive, archive_client
from calling_credit.charging.charge_batch import BatchResult, charge_batch
from calling_credit.charging.intake import ARCHIVED, FIRST_SENT, Message, first_sent_ms
from calling_credit.charging.named_events import LineFinder
from calling_credit.charging.store import ChargingStore
from calling_credit.config import config
from calling_credit.correlation import CORRELATION_ID, valid_correlation
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.dynamodb.unreadable_report import UnreadableReport
from calling_credit.metrics import emit, sample
from calling_credit.rates.active_decks import ActiveDecks
from calling_credit.rates.deck_store import s3_client

SECONDS_TO_SPARE = 10.0
"""How long before its timeout an invocation stops writing, so that it can still report the remaining messages."""
POSTED_WITHIN_SECONDS = 60
"""The objective: 99.9 % of calls are posted this long after their end."""

logger = Logger()
metrics = Metrics()
dynamodb = dynamodb_client()
decks = ActiveDecks(s3_client(), config().deck_bucket)
unreadable = UnreadableReport(dynamodb, config().table_name, logger, metrics, "rate_calls")
lead = timedelta(seconds=config().lead_seconds)
facts = AccountFacts(dynamodb, config().table_name, lead=lead, on_unreadable=unreadable)
numbers = NumberResolver(dynamodb, config().table_name, lead, on_unreadable=unreadable)
finder = LineFinder(numbers, facts, config().home_country)
caps = CapRules(config().no_cap_countries, config().young_money_days)
archive = RawArchive(archive_client(), config().archive_bucket)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Archive and charge one batch of SQS messages; `batchItemFailures` names the messages to deliver again."""
    now = clock.now()
    seconds_left = clock.seconds_left(context, SECONDS_TO_SPARE)
    store = ChargingStore(dynamodb, config().table_name, seconds_left, config().posting_threads, unreadable, caps)
    messages = [to_message(record) for record in event["Records"]]
    new = [one for one, record in zip(messages, event["Records"], strict=True) if not is_archived(record)]
    archiving = archive.store(new, context.aws_request_id, now)
    tolerance = config().hang_up_tolerance_seconds
    result = charge_batch(messages, decks, finder, store, now, tolerance)
    unreadable.send(now)
    report_archive(archiving.failure(seconds_left()), new)
    return report(result)


def to_message(record: dict[str, Any]) -> Message:
    """Return the parts of an SQS record that charging needs. A redriven message says when it was first sent.
    A message may bring its correlation id.
    """
    attributes = record.get("messageAttributes", {})
    first = attributes.get(FIRST_SENT, {}).get("stringValue")
    sent_at = first_sent_ms(int(record["attributes"]["SentTimestamp"]), first)
    cause = valid_correlation(attributes.get(CORRELATION_ID, {}).get("stringValue")) or ""
    return Message(record["messageId"], sent_at, record["body"], cause)


def is_archived(record: dict[str, Any]) -> bool:
    """Whether an SQS record comes from the raw archive."""
    return ARCHIVED in record.get("messageAttributes", {})


def ages(ended: list[str], now: datetime) -> dict[str, int | list[int]]:
    """Return the seconds from the end of each posted call until now, a sample of them in large batches, and how many
    are over the objective.
    """
    seconds = [max(0, int((now - datetime.fromisoformat(at)).total_seconds())) for at in ended]
    late = sum(age > POSTED_WITHIN_SECONDS for age in seconds)
    return {"calls_posted_late": late, "call_age_seconds": sample(seconds)} if seconds else {}


def report_archive(failure: str | None, messages: list[Message]) -> None:
    """Log and count a batch that is not in the raw archive, although its calls are charged."""
    if failure is not None:
        logger.error("not_archived", code=failure, message_ids=[message.message_id for message in messages])
        emit(metrics, {"archive_failures": 1})


def report(result: BatchResult) -> dict[str, Any]:
    """Log the batch and each rejected message, emit the counts as metrics, and build the answer to SQS."""
    for message_id, rejection in result.rejections.items():
        logger.warning(rejection.code, message_id=message_id, detail=rejection.detail)
    for code in sorted(set(result.errors)):
        logger.error("posting_refused", code=code)
    logger.info("batch", extra=result.counts)
    emit(metrics, {**result.counts, **ages(result.ended, clock.now())})
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in result.rejections]}
