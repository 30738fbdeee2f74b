"""Shorten phone numbers and addresses that are older than they may be kept. Runs every night and moves no money."""

from collections import Counter
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.accounts.retention import Shortener
from calling_credit.config import config
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.dynamodb.unreadable import UnreadableItem
from calling_credit.dynamodb.unreadable_report import log_unreadable
from calling_credit.metrics import emit

SECONDS_TO_SPARE = 60.0
"""Seconds reserved for the current group of accounts. The next run continues after it."""

logger = Logger()
metrics = Metrics()
dynamodb = dynamodb_client()
found: dict[tuple[str, str], UnreadableItem] = {}
shortener = Shortener(dynamodb, config().table_name, lambda item: found.update({item.key: item}))


def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Run one part of a round. Return the numbers of accounts, shortened numbers, and shortened addresses.

    An entry or a change that cannot be read is passed, logged, and counted; this function may not write the list.
    """
    found.clear()
    seconds_left = clock.seconds_left(context, SECONDS_TO_SPARE)
    counts = shortener.run(clock.now(), config().number_retention_months, seconds_left)
    logger.info("round", extra=dict(counts))
    for item in found.values():
        log_unreadable(logger, item)
    emit(metrics, +Counter(numbers_shortened=counts["numbers"], unreadable_items=len(found)))
    return {name: counts[name] for name in ("accounts", "numbers", "addresses", "unfinished")}
