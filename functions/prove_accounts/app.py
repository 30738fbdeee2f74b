"""Proves the accounts of a night: the days that changed since the last proof, or the whole account in its turn. Lists
differences, which raise an alarm. Corrects nothing.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.audit.changed_days import Held, live_holds
from calling_credit.audit.nightly_proof import Task, prove_tonight
from calling_credit.audit.proof import Difference
from calling_credit.audit.proof_messages import parse_tasks
from calling_credit.config import config
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.dynamodb.errors import AWS_ERRORS, code_of, is_transient
from calling_credit.dynamodb.unreadable import UnreadableItem
from calling_credit.dynamodb.unreadable_report import UnreadableReport
from calling_credit.errors import CallingCreditError, ProblemCode, Unavailable
from calling_credit.metrics import emit
from calling_credit.payments.issues import Issue, report_issue
from calling_credit.payments.stripe_client import stripe_client

SECONDS_TO_SPARE = 60.0
"""Reserved for the account that is being proven."""

logger = Logger()
metrics = Metrics(service="payments")
dynamodb = dynamodb_client()
unreadable = UnreadableReport(dynamodb, config().table_name, logger, metrics, "prove_accounts")


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Prove the accounts of each message; `batchItemFailures` names the messages to deliver again, because an account
    could not be proven or was not reached.
    """
    now, seconds_left = clock.now(), clock.seconds_left(context, SECONDS_TO_SPARE)
    counts: Counter[str] = Counter()
    failed = [
        record["messageId"] for record in event["Records"] if not prove_message(record, now, seconds_left, counts)
    ]
    unreadable.send(now)
    logger.info("proven", extra=counts)
    emit(metrics, counts)
    return {"batchItemFailures": [{"itemIdentifier": message_id} for message_id in failed]}


def prove_message(
    record: dict[str, Any], now: datetime, seconds_left: Callable[[], float], counts: Counter[str]
) -> bool:
    """Prove the accounts of a message and count the results; return whether all of them are proven."""
    try:
        tasks = parse_tasks(record["body"])
    except (KeyError, TypeError, ValueError) as error:
        logger.error("malformed_message", message_id=record["messageId"], reason=type(error).__name__)
        return False
    try:
        listed = live_holds(dynamodb, config().table_name, (task.account_id for task in tasks))
    except AWS_ERRORS as error:
        if not is_transient(error):
            raise
        logger.warning("holds_not_listed", code=code_of(error))
        listed = {}  # Each account's own holds are read instead.
    unproven = 0
    for position, task in enumerate(tasks):
        if seconds_left() < 0:
            logger.info("not_reached", extra={"accounts": len(tasks) - position})
            return False
        differences = prove(task, listed, now)
        are_listed = [report(difference, now) for difference in differences or []]
        is_proven = differences is not None and all(are_listed)
        unproven += not is_proven
        counts["accounts_proven" if is_proven else "accounts_unproven"] += 1
        if are_listed:
            counts["ledger_differences"] += len(are_listed)
    return not unproven


def prove(task: Task, listed: dict[str, Held], now: datetime) -> list[Difference] | None:
    """Return the differences of one account; None if it could not be proven."""
    try:
        differences = prove_tonight(dynamodb, config().table_name, stripe_if_set_up(), task, listed, now)
    except UnreadableItem as error:
        unreadable(error)
        logger.warning("not_proven", account_id=task.account_id, code=error.code)
        return None
    except (CallingCreditError, *AWS_ERRORS) as error:
        logger.warning("not_proven", account_id=task.account_id, code=code_of(error))
        return None
    except Exception as error:
        logger.error("unforeseen_error", account_id=task.account_id, exc_info=error)
        return None
    if differences is None:
        logger.warning("not_proven", account_id=task.account_id, code="never_stood_still")
    return differences


def stripe_if_set_up() -> Any:
    """Return Stripe's client; None before the operator has stored a key."""
    try:
        return stripe_client()
    except Unavailable as error:
        if error.code != ProblemCode.STRIPE_NOT_CONFIGURED:
            raise
        return None


def report(difference: Difference, now: datetime) -> bool:
    """List a difference for operators, once for as long as it exists; return whether it is listed."""
    issue = Issue(difference.object_id, difference.code, difference.account_id, str(difference), difference.key)
    logger.error(
        "difference",
        code=difference.code,
        account_id=difference.account_id,
        object_id=difference.object_id,
        expected=difference.expected,
        found=difference.found,
    )
    try:
        report_issue(dynamodb, config().table_name, issue, now)
    except AWS_ERRORS as error:
        logger.warning("not_listed", account_id=difference.account_id, code=code_of(error))
        return False
    return True
