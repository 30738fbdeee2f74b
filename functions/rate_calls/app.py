"""Rates finished calls from the queue and charges each exactly once; what cannot be taken goes back with its reason
logged.
"""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.accounts.cache import AccountFacts
from calling_credit.charging.batch import Batch, rate_batch
from calling_credit.charging.intake import Message, take_in
from calling_credit.charging.kept_calls import keep_all_unrated, keep_strays
from calling_credit.config import config
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.instants import format_instant
from calling_credit.ledger.hold_store import read_holds
from calling_credit.ledger.posting import post_entries
from calling_credit.metrics import emit
from calling_credit.rates.deck_store import ActiveDeck, s3_client

SECONDS_TO_SPARE = 10.0
"""How long before its timeout an invocation stops writing and reports what is left, so that an answer always gets
out.
"""

logger = Logger()
metrics = Metrics()
dynamodb = dynamodb_client()
deck = ActiveDeck(s3_client(), config().deck_bucket)
facts = AccountFacts(dynamodb, config().table_name)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take one batch of SQS messages; the ids of those to be delivered again are `batchItemFailures`."""
    now = clock.now()
    table_name, threads = config().table_name, config().posting_threads
    intake = take_in(map(message, event["Records"]), now)
    with_holds = facts.with_holds({call.account_id for call in intake.calls}, now)
    held = [(call.account_id, call.call_id) for call in intake.calls if call.account_id in with_holds]
    batch = rate_batch(intake, deck.current(now), read_holds(dynamodb, table_name, held, threads))
    known = facts.load(batch.lines(), now)
    batch.enter(known.time_zones, now)

    left = clock.seconds_left(context, SECONDS_TO_SPARE)
    posting = post_entries(
        dynamodb,
        table_name,
        batch.entries,
        left,
        holds=batch.holds,
        released_at=format_instant(now),
        threads=threads,
    )
    batch.settle(posting.outcomes)
    batch.settle(keep_all_unrated(dynamodb, table_name, batch.unrated, now, left, threads))
    keep_strays(dynamodb, table_name, batch.strays(known.enabled_lines), now)
    return report(batch, posting.errors)


def message(record: dict[str, Any]) -> Message:
    """What a batch needs of an SQS record."""
    return Message(record["messageId"], int(record["attributes"]["SentTimestamp"]), record["body"])


def report(batch: Batch, errors: list[str]) -> dict[str, Any]:
    """Say what happened: one line for the batch, one for each refused message, the counts as metrics."""
    for message_id, refusal in batch.refused.items():
        logger.warning(refusal.code, message_id=message_id, detail=refusal.detail)
    for code in sorted(set(errors)):
        logger.error("posting_refused", code=code)
    counts = batch.counts()
    logger.info("batch", extra=counts)
    emit(metrics, counts)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in batch.refused]}
