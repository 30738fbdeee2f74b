"""Publishes a rate deck that was uploaded into the bucket: checks it, writes a report, and activates it.

A refused deck changes nothing, and neither does one whose findings need an operator's approval.
"""

from datetime import datetime
from pathlib import PurePosixPath
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.accounts.rate_changes import RateChangeStore
from calling_credit.config import config
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.dynamodb.errors import AWS_ERRORS, code_of
from calling_credit.dynamodb.unreadable import UnreadableItem
from calling_credit.dynamodb.unreadable_report import log_unreadable
from calling_credit.errors import InvalidValue, NotFound, ProblemCode, Unavailable
from calling_credit.instants import format_instant
from calling_credit.ledger.charge_reader import measure_impact
from calling_credit.metrics import emit
from calling_credit.rates.allowance import publish_command
from calling_credit.rates.announced_rises import AnnouncedRises
from calling_credit.rates.deck_impact import Impact
from calling_credit.rates.deck_report import DeckCheck, report
from calling_credit.rates.deck_store import deck_version, s3_client
from calling_credit.rates.list_names import list_names
from calling_credit.rates.list_publishing import PriceListBucket
from calling_credit.rates.publish_outcomes import OUTCOME_MESSAGES, PublishOutcome
from calling_credit.rates.publishing import MAX_ATTEMPTS, S3_TIME_STEP, DeckBucket
from calling_credit.rates.uploads import UploadedDeck

NOT_PUBLISHED = (PublishOutcome.REFUSED, PublishOutcome.NEEDS_APPROVAL, PublishOutcome.STALE_BASE)
"""The outcomes that need a person."""
SECONDS_TO_SPARE = 120.0
"""Reserved for publishing the deck: pricing of past calls stops this long before the timeout."""
SECONDS_FOR_PAST_CALLS = 60.0
"""How long new prices wait for the pricing of past calls, which is only information."""

logger = Logger()
metrics = Metrics()
dynamodb = dynamodb_client()
decks = DeckBucket(
    s3_client(),
    config().deck_bucket,
    config().deck_lead_seconds,
    lambda: clock.now(),  # noqa: PLW0108 - tests replace the clock after the import
    home_countries=config().home_countries,
)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Take one S3 event (Object Created, from EventBridge) and return the outcome for the deck; or, on schedule,
    compile the active deck if its compiled form is missing.
    """
    if "detail" not in event:
        compile_lists()
        return compile_active_deck() | announce_rises(context)
    key, now = str(event["detail"]["object"]["key"]), clock.now()
    if key.endswith("/"):
        return {"outcome": "ignored"}  # The S3 console creates such an object for a folder.
    try:
        upload = decks.read_upload(key)
    except NotFound as error:
        logger.warning(error.code, file=key)
        return {"outcome": "ignored"}
    except InvalidValue as error:
        refusal = {
            "outcome": PublishOutcome.REFUSED,
            "error_count": 1,
            "detail": error.detail,
            "code": error.code,
        }
        return write_report(key, PublishOutcome.REFUSED, refusal)
    existing = decks.read_report(key)
    if existing is not None and existing.get("version") == deck_version(upload.data, upload.uploaded_at):
        return {"outcome": existing["outcome"], "version": existing["version"], "again": True}
    check = decks.check(upload.data, upload.uploaded_at, now)
    if check.deck is not None:
        check.impact = Impact(check.deck)
        try:
            left = clock.seconds_left(context, max(SECONDS_TO_SPARE, left_of(context) - SECONDS_FOR_PAST_CALLS))
            measure_impact(dynamodb, config().table_name, check.impact, now, left)
        except AWS_ERRORS as error:  # The impact is only information. The new prices must not wait for it.
            logger.warning("not_all_weighed", code=code_of(error))
    outcome, check = publish(upload, check, now)
    needs_approval = outcome is PublishOutcome.NEEDS_APPROVAL
    detail = (needs_approval and check.obstacle) or OUTCOME_MESSAGES[outcome]
    content = report(check, outcome, format_instant(now), detail)
    if needs_approval and not check.obstacle:
        decks.record_check(upload.data, check.base, check.judgement.digest)
        content["command"] = publish_command(PurePosixPath(key).name, check.counts, config().stack_name)
    return write_report(key, outcome, content)


def left_of(context: LambdaContext) -> float:
    """Return the seconds that are left of this invocation."""
    return clock.seconds_left(context, 0)()


def publish(upload: UploadedDeck, check: DeckCheck, now: datetime) -> tuple[PublishOutcome, DeckCheck]:
    """Publish a deck; if another one was activated since its check, check it again against that one."""
    for _ in range(MAX_ATTEMPTS):
        outcome = decks.publish(upload.data, check, upload.uploaded_at + S3_TIME_STEP, now)
        if outcome is not PublishOutcome.STALE_BASE or check.named_base:
            return outcome, check
        impact, check = check.impact, decks.check(upload.data, upload.uploaded_at, now)
        check.impact = impact
    raise Unavailable(ProblemCode.BUSY, "Other decks are being activated; upload this deck again.")


def compile_active_deck() -> dict[str, Any]:
    """Compile the active deck again if its compiled form is missing, damaged, or of another format."""
    version = decks.compile_active()
    if version is None:
        return {"outcome": "compiled_already"}
    logger.warning("deck_compiled", version=version)
    return {"outcome": "compiled", "version": version}


def compile_lists() -> None:
    """Do the same for every price list. One that cannot be read is logged, and the others are compiled."""
    for name in list_names(s3_client(), config().deck_bucket):
        try:
            versions = PriceListBucket(s3_client(), config().deck_bucket, name, config().deck_lead_seconds)
            version = versions.compile_active()
        except (InvalidValue, NotFound, Unavailable) as error:
            logger.error("list_not_compiled", list=name, code=error.code, detail=error.detail)
            continue
        if version is not None:
            logger.warning("list_compiled", list=name, version=version)


def announce_rises(context: LambdaContext) -> dict[str, Any]:
    """Announce later rises of prices to the accounts that they concern, as long as there is time. A price list that
    cannot be read is reported, and the accounts of the others are told.
    """
    found: list[UnreadableItem] = []
    bucket = config().deck_bucket
    try:
        announced = AnnouncedRises(s3_client(), bucket, config().home_countries)
        store = RateChangeStore(dynamodb, config().table_name, announced, found.append)
        counts = store.run(clock.now(), clock.seconds_left(context, SECONDS_TO_SPARE))
    except Unavailable as error:
        logger.error("rises_not_announced", code=error.code, detail=error.detail)
        return {}
    for item in found:
        log_unreadable(logger, item)
    for name, reason in announced.unusable.items():
        logger.error("rises_of_list_not_announced", list=name, code=reason.code, detail=reason.detail)
    untold = max(counts["skipped"], len(announced.unusable))
    if untold:
        emit(metrics, {"rises_skipped": untold})  # The alarm counts these.
    if counts:
        logger.info("rises_announced", extra=dict(counts))
    return dict(counts)


def write_report(key: str, outcome: PublishOutcome, content: dict[str, Any]) -> dict[str, Any]:
    """Write the report, log one line with a stable code, and count the outcome."""
    decks.write_report(key, content)
    fields = {name: content.get(name) for name in ("version", "rows", "error_count", "warning_count", "changes")}
    if content.get("findings"):
        fields["findings"] = {finding["code"]: finding["count"] for finding in content["findings"]}
    level = logger.error if outcome in NOT_PUBLISHED else logger.info
    level(f"deck_{outcome}", file=key, **{name: value for name, value in fields.items() if value is not None})
    counts = {f"decks_{outcome}": 1}
    if outcome in NOT_PUBLISHED:
        counts["decks_refused"] = 1  # The alarm counts these.
    emit(metrics, counts)
    return {"outcome": outcome, "version": content.get("version"), "error_count": content["error_count"]}
