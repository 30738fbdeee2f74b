"""Records which addresses mails came back from, as Amazon SES reports it on the default event bus. Such an address
receives no ordinary mails until someone enters it again.
"""

from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.accounts.bounce_store import BounceStore
from calling_credit.accounts.bounces import Bounce, Returned, address_hash
from calling_credit.accounts.store import AccountStore
from calling_credit.config import config
from calling_credit.correlation import correlated, current_correlation
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.dynamodb.unreadable_report import UnreadableReport
from calling_credit.metrics import emit
from calling_credit.notifications.ses_events import Report, read_report

logger = Logger()
metrics = Metrics()
dynamodb = dynamodb_client()
accounts = AccountStore(dynamodb, config().table_name)
unreadable = UnreadableReport(dynamodb, config().table_name, logger, metrics, "record_bounces")
bounces = BounceStore(dynamodb, config().table_name, unreadable)


def handler(event: dict[str, Any], _: LambdaContext) -> dict[str, int]:
    """Record one report, once for each account and address; return how many were recorded.

    Lambda retries a failure, and finally moves the event to the queue of failed events.

    Raises:
        BadRequest: `malformed_event`. Unavailable: the table did not answer in time.
    """
    try:
        with correlated(event.get("id")):
            return record(read_report(event, clock.now()))
    finally:
        unreadable.send(clock.now())


def record(report: Report) -> dict[str, int]:
    """Record one report."""
    counts = {"mails_bounced": 0, "mails_complained": 0}
    for bounce in report.bounces:
        name = "mails_complained" if bounce.kind is Returned.COMPLAINT else "mails_bounced"
        for account_id in accounts_of(report.account_id, bounce):
            is_new = bounces.record(account_id, bounce)
            counts[name] += is_new
            logger.info(
                "mail_returned",
                account_id=account_id,
                address_hash=address_hash(bounce.address),
                kind=bounce.kind,
                reason=bounce.reason,
                event_id=bounce.event_id,
                correlation_id=current_correlation(),
                is_new=is_new,
            )
    emit(metrics, {name: count for name, count in counts.items() if count})
    return {"recorded": sum(counts.values())}


def accounts_of(account_id: str | None, bounce: Bounce) -> list[str]:
    """Return the account that a mail names, else the accounts that have its address."""
    if account_id is not None and accounts.account(account_id) is not None:
        return [account_id]
    found = bounces.accounts_of(bounce.address)
    if not found:
        logger.warning("unknown_address", address_hash=address_hash(bounce.address), kind=bounce.kind)
    return found
