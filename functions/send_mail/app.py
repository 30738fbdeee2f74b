"""Mails an account's billing addresses what happened to its credit, as the event bus says it. Deployed only where a
sender is configured; an event that comes again is not mailed again.
"""

from collections.abc import Callable
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.accounts.store import AccountKeeper
from calling_credit.aws import read_secret
from calling_credit.config import config
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.errors import NotFound, ProblemCode
from calling_credit.instants import format_instant
from calling_credit.links.link import confirmation_link, freeze_link
from calling_credit.links.store import Links
from calling_credit.links.tokens import hand_out
from calling_credit.notifications.mails import Confirmation, Mail, mail_about, may_freeze, waits_for_confirmation
from calling_credit.notifications.ses import NotTaken, mail_client, send
from calling_credit.topups.store import TopUpStore
from calling_credit.topups.topup import TopUpKind, TopUpStatus

REMEMBERED_SECONDS = 16 * 24 * 3600
"""Longer than the bus tries an event and the queue of failed ones keeps it for a person to hand it in again."""

logger = Logger()
dynamodb = dynamodb_client()
accounts = AccountKeeper(dynamodb, config().table_name)
topups = TopUpStore(dynamodb, config().table_name)
links = Links(dynamodb, config().table_name)
mailer = mail_client()
once = IdempotencyConfig(
    event_key_jmespath="[id, address]", expires_after_seconds=REMEMBERED_SECONDS, raise_on_no_idempotency_key=True
)
sent = DynamoDBPersistenceLayer(
    config().table_name,
    key_attr="PK",
    sort_key_attr="SK",
    static_pk_value=keys.mail_pk(),
    expiry_attr="expires_at",
    boto3_client=dynamodb,
)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, int]:
    """Mail one event of the bus to each billing address that was not mailed it yet; how many addresses there are. What
    fails is tried again by Lambda, and goes to the queue of failed events in the end.

    Raises:
        NotFound: `unknown_account`. Everything that SES or the table raise.
    """
    once.register_lambda_context(context)
    detail = event["detail"]
    account = accounts.account(detail["account_id"])
    if account is None:
        raise NotFound(ProblemCode.UNKNOWN_ACCOUNT, "The event names an account that does not exist.")
    mail = mail_about(detail, config().page_url, confirmation(detail))
    addresses = account.billing_emails if mail is not None else ()
    refused: list[NotTaken] = []
    for address in addresses:
        try:
            mail_once(said={"id": detail["id"], "address": address}, mail=mail)
        except NotTaken as error:  # An address that SES does not take keeps no mail from the others.
            refused.append(error)
    if refused:
        raise refused[0]
    logger.info("mailed", extra={"type": detail["type"], "event": detail["id"], "addresses": len(addresses)})
    return {"addresses": len(addresses)}


def mail_to(said: dict[str, str], mail: Mail) -> None:
    """Mail an event to an address."""
    send(mailer, config().mail_from, said["address"], mail)


mail_once: Callable[..., None] = idempotent_function(
    mail_to, data_keyword_argument="said", persistence_store=sent, config=once, key_prefix="send_mail"
)
"""The same, unless that was done."""


def confirmation(detail: dict[str, Any]) -> Confirmation | None:
    """The link to the recharge that waits for the bank's confirmation, if the event is about one that still waits; or
    the one that freezes the account.
    """
    now = clock.now()
    if may_freeze(detail):
        freezing = freeze_link(detail["account_id"], detail["id"], detail["occurred_at"])
        if freezing.expires_at <= format_instant(now):
            return None
        secret = read_secret(config().cursor_secret_arn)
        return Confirmation(hand_out(links, secret, config().link_url, freezing, now), freezing.expires_at)
    if not waits_for_confirmation(detail):
        return None
    for topup in topups.recent(detail["account_id"], now):
        if topup.kind == TopUpKind.AUTOMATIC and topup.status == TopUpStatus.REQUIRES_ACTION:
            link = confirmation_link(topup)
            secret = read_secret(config().cursor_secret_arn)
            return Confirmation(hand_out(links, secret, config().link_url, link, now), link.expires_at)
    return None
