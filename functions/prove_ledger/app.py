"""Proves the ledger against Stripe once a day: every payment of the last two days is in the ledger once, and the
books of the accounts that paid, and of a sample, add up. Lists differences, which raise an alarm. Corrects nothing.
"""

import zlib
from collections import defaultdict
from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.audit.proof import SETTLING_TIME, Difference, Payment
from calling_credit.audit.prove_account import prove_account
from calling_credit.audit.read_book import accounts_with_a_rule
from calling_credit.audit.stripe_payments import read_payments_between
from calling_credit.config import config
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.dynamodb.errors import AWS_ERRORS, code_of
from calling_credit.dynamodb.unreadable_report import UnreadableReport
from calling_credit.errors import CallingCreditError, ProblemCode, Unavailable
from calling_credit.metrics import emit
from calling_credit.payments.issues import Issue, report_issue
from calling_credit.payments.stripe_client import stripe_client
from calling_credit.topups.topup import CHALLENGE_LIFETIME

SECONDS_TO_SPARE = 60.0
"""Reserved for the account that is being proven."""
SAMPLED_EVERY_DAYS = 7
"""How often an account with a rule is proven if it did not pay."""

logger = Logger()
metrics = Metrics(service="payments")
dynamodb = dynamodb_client()
unreadable = UnreadableReport(dynamodb, config().table_name, logger, metrics, "prove_ledger")


def handler(_event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Run one proof; return the numbers of payments, accounts, differences, and unproven accounts.

    Raises:
        Unavailable: Stripe did not answer, or an account could not be proven. Differences found so far are listed.
    """
    now, seconds_left = clock.now(), clock.seconds_left(context, SECONDS_TO_SPARE)
    try:
        payments = read_payments_between(stripe_client(), first_moment(now), now - SETTLING_TIME)
    except Unavailable as error:
        if error.code != ProblemCode.STRIPE_NOT_CONFIGURED:
            raise
        logger.info("nobody_pays_here_yet", code=error.code)
        return {"payments": 0, "accounts": 0, "differences": 0, "unproven": 0}
    done = {"payments": len(payments), "accounts": 0, "differences": 0, "unproven": 0}
    for account_id, known_payments in [*group_by_account(payments).items(), *sample_accounts(now)]:
        if seconds_left() < 0:
            done["unproven"] += bool(known_payments)
            continue
        differences = prove(account_id, known_payments, now)
        listed = [report(difference, now) for difference in differences or []]
        done["differences"] += len(listed)
        done["accounts" if differences is not None and all(listed) else "unproven"] += 1
    unreadable.send(now)
    logger.info("proven", extra=done)
    emit(metrics, {"ledger_differences": done["differences"]} if done["differences"] else {})
    if done["unproven"]:
        raise Unavailable(
            ProblemCode.NOT_PROVEN, f"{done['unproven']} accounts could not be proven; the log names the reasons."
        )
    return done


def first_moment(now: datetime) -> datetime:
    """Return the beginning of the previous UTC day, less the time that a payment may wait for its bank."""
    return now.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1) - CHALLENGE_LIFETIME


def group_by_account(payments: list[Payment]) -> dict[str, list[Payment]]:
    """Return the payments of each account."""
    groups: dict[str, list[Payment]] = defaultdict(list)
    for payment in payments:
        groups[payment.account_id].append(payment)
    return groups


def sample_accounts(now: datetime) -> list[tuple[str, list[Payment]]]:
    """Return today's sample of the accounts with a recharge rule. They are proven in the remaining time."""
    accounts = accounts_with_a_rule(dynamodb, config().table_name)
    turn = now.toordinal() % SAMPLED_EVERY_DAYS
    return [(account_id, []) for account_id in accounts if zlib.crc32(account_id.encode()) % SAMPLED_EVERY_DAYS == turn]


def prove(account_id: str, known_payments: list[Payment], now: datetime) -> list[Difference] | None:
    """Return the differences of one account; None if it could not be proven."""
    try:
        proof = prove_account(dynamodb, config().table_name, stripe_client(), account_id, now, known_payments)
    except (CallingCreditError, *AWS_ERRORS) as error:
        unreadable.note(error)
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
