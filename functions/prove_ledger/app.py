"""Proves the ledger once a day against Stripe: every payment of the last two days is in the book once, and the books of
the accounts that paid, and of some that may, add up. A difference is listed and alarms; nothing is ever mended here.
"""

import zlib
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.audit.proof import LEFT_ALONE, Difference, Payment
from calling_credit.audit.prove_account import prove_account
from calling_credit.audit.read_book import accounts_with_a_rule
from calling_credit.audit.stripe_payments import taken_between
from calling_credit.config import config
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.dynamodb.errors import AWS_ERRORS, code_of
from calling_credit.errors import CallingCreditError, ProblemCode, Unavailable
from calling_credit.metrics import emit
from calling_credit.payments.issues import Issue, report_issue
from calling_credit.payments.stripe_client import stripe_client
from calling_credit.topups.topup import CHALLENGE_LIFETIME

SECONDS_TO_SPARE = 60.0
"""Enough for the account in hand."""
SAMPLED_EVERY_DAYS = 7
"""How often an account with a rule is proven although it did not pay."""

logger = Logger()
metrics = Metrics(service="payments")
dynamodb = dynamodb_client()


def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """One proof; how many payments and accounts were looked at, and what differs.

    Raises:
        Unavailable: Stripe did not say what it took, or an account could not be looked at; what was found is listed.
    """
    now, seconds_left = clock.now(), clock.seconds_left(context, SECONDS_TO_SPARE)
    try:
        payments = taken_between(stripe_client(), first_moment(now), now - LEFT_ALONE)
    except Unavailable as error:
        if error.code != ProblemCode.STRIPE_NOT_CONFIGURED:
            raise
        logger.info("nobody_pays_here_yet", code=error.code)
        return {"payments": 0, "accounts": 0, "differences": 0, "unproven": 0}
    done = {"payments": len(payments), "accounts": 0, "differences": 0, "unproven": 0}
    for account_id, seen in [*by_account(payments).items(), *sample(now)]:
        if seconds_left() < 0:
            done["unproven"] += bool(seen)
            continue
        differences = look_at(account_id, seen, now)
        listed = [report(difference, now) for difference in differences or []]
        done["differences"] += len(listed)
        done["accounts" if differences is not None and all(listed) else "unproven"] += 1
    logger.info("proven", extra=done)
    emit(metrics, {"ledger_differences": done["differences"]} if done["differences"] else {})
    if done["unproven"]:
        raise Unavailable(
            ProblemCode.NOT_PROVEN, f"{done['unproven']} accounts could not be looked at; the log says why."
        )
    return done


def first_moment(now: datetime) -> datetime:
    """The beginning of the previous UTC day, and of the time a payment begun before may have waited for its bank."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1) - CHALLENGE_LIFETIME


def by_account(payments: list[Payment]) -> dict[str, list[Payment]]:
    """The payments of each account."""
    found: dict[str, list[Payment]] = defaultdict(list)
    for payment in payments:
        found[payment.account_id].append(payment)
    return found


def sample(now: datetime) -> list[tuple[str, list[Payment]]]:
    """Of the accounts that have a rule of automatic recharge, those whose turn it is today; they come after those that
    paid, in the time that is left.
    """
    found = accounts_with_a_rule(dynamodb, config().table_name)
    turn = now.toordinal() % SAMPLED_EVERY_DAYS
    return [(account_id, []) for account_id in found if zlib.crc32(account_id.encode()) % SAMPLED_EVERY_DAYS == turn]


def look_at(account_id: str, seen: list[Payment], now: datetime) -> list[Difference] | None:
    """The differences of one account; None if it could not be proven."""
    try:
        proof = prove_account(dynamodb, config().table_name, stripe_client(), account_id, now, seen)
    except (CallingCreditError, *AWS_ERRORS) as error:
        logger.warning("not_proven", account_id=account_id, code=code_of(error))
        return None
    except Exception as error:
        logger.error("unforeseen_error", account_id=account_id, exc_info=error)
        return None
    if proof is None:
        logger.warning("not_proven", account_id=account_id, code="never_stood_still")
        return None
    return proof.differences


def report(difference: Difference, now: datetime) -> bool:
    """List a difference for a person to look at, once, however many days it stands; whether it is listed."""
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
