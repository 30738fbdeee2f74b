"""Sends the e-mail about an event to the account's billing addresses, once per address, and at most one of a limited
kind in an hour. Deployed only if a sender is configured.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.accounts.account import Account
from calling_credit.accounts.recipients import distinct_addresses, language_among, waiting_for
from calling_credit.accounts.store import AccountStore
from calling_credit.branding import configured_brand
from calling_credit.changes.reader import ChangeReader
from calling_credit.config import config
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.dynamodb.errors import AWS_ERRORS, code_of
from calling_credit.dynamodb.retries import backoff
from calling_credit.errors import NotFound, ProblemCode, Unavailable
from calling_credit.instants import format_instant
from calling_credit.languages import LANGUAGES
from calling_credit.links.freezing import read_freeze_link
from calling_credit.links.link import address_link, confirmation_link, freeze_link, hash_of
from calling_credit.links.store import LinkStore
from calling_credit.links.tokens import issue_link, token_of
from calling_credit.notifications.event_types import EventType
from calling_credit.notifications.mail_limit_store import LimitedMail, MailLimitStore, MailTurn
from calling_credit.notifications.mail_limits import limited_kind, silence_end
from calling_credit.notifications.mail_link import Confirmation
from calling_credit.notifications.mails import Mail, mail_about, needs_confirmation, offers_freeze
from calling_credit.notifications.sent_mails import SentMailStore, hash_of_address, sent_mail
from calling_credit.notifications.ses import MailRefused, mail_client, send
from calling_credit.stored_secrets import current_secret
from calling_credit.topups.store import TopUpStore
from calling_credit.topups.topup import TopUpKind, TopUpStatus

RECORD_SECONDS = 16 * 24 * 3600
"""How long a sent mail is recorded: longer than the bus retries an event and the queue of failed events keeps it."""
SECONDS_TO_SPARE = 12.0
"""Enough for a mail whose turn comes late: the slowest request to SES, and its record."""

logger = Logger()
dynamodb = dynamodb_client()
accounts = AccountStore(dynamodb, config().table_name)
topups = TopUpStore(dynamodb, config().table_name)
links = LinkStore(dynamodb, config().table_name)
limits = MailLimitStore(dynamodb, config().table_name)
sent_mails = SentMailStore(dynamodb, config().table_name)
mailer = mail_client()
once = IdempotencyConfig(
    event_key_jmespath="[id, address]", expires_after_seconds=RECORD_SECONDS, raise_on_no_idempotency_key=True
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
    """Send the mail about one event to each billing address that has not received it; return the number of addresses.
    With `resend`, which `keep_accounts` adds, send it to one address again.

    Lambda retries a failure, and finally moves the event to the queue of failed events.

    Raises:
        NotFound: `unknown_account`. Unavailable: another mail of its kind is being sent. Errors of SES and the table.
    """
    once.register_lambda_context(context)
    detail, resend = event["detail"], event.get("resend")
    account = accounts.account(detail["account_id"])
    if account is None:
        raise NotFound(ProblemCode.UNKNOWN_ACCOUNT, "The event names an account that does not exist.")
    link = confirmation(detail, account)
    mails = {} if was_shown(detail) else mails_about(detail, link)
    addresses = recipients(detail, account) if mails else {}
    if resend is not None:  # Someone asks for this mail, so nothing silences it.
        addresses = {to: own for to, own in addresses.items() if hash_of_address(to) == resend["address_hash"]}
    kind = limited_kind(detail, link, account.unfrozen_at) if addresses and resend is None else None
    silent_until = silence_end(detail, clock.now())
    seconds_left = clock.seconds_left(context, SECONDS_TO_SPARE)
    refused: list[Exception] = []
    for address, language in addresses.items():
        limited = kind and LimitedMail(kind, account.account_id, address, detail["id"], silent_until)
        try:
            recipient = {"id": detail["id"] if resend is None else resend["id"], "address": address}
            mail_once(
                recipient=recipient, mail=mails[language], limited=limited, seconds_left=seconds_left, detail=detail
            )
        except (MailRefused, Unavailable) as error:  # One refused address must not keep the mail from the others.
            refused.append(error)
    if refused:
        raise refused[0]
    logger.info("mailed", extra={"type": detail["type"], "event": detail["id"], "addresses": len(addresses)})
    return {"addresses": len(addresses)}


def mails_about(detail: dict[str, Any], link: Confirmation | None) -> dict[str, Mail]:
    """Return the mail about an event in each language; empty if the event needs none."""
    page_url, brand = config().page_url, configured_brand()
    mails = {own: mail_about(detail, page_url, link, language=own, brand=brand) for own in LANGUAGES}
    return {language: mail for language, mail in mails.items() if mail is not None}


def recipients(detail: dict[str, Any], account: Account) -> dict[str, str]:
    """Return the addresses that receive the mail about an event, with their languages: the billing addresses, or, when
    these were changed, those from before the change. The mail that asks for a confirmation goes to the waiting address.
    """
    addresses, languages = account.billing_emails, account.languages
    if detail["type"] == EventType.ADDRESS_CONFIRMATION_REQUESTED:
        waits = waiting_for(account, detail["data"]["request_id"], clock.now())
        return {} if waits is None else {waits.address: language_among({waits.address: waits.language}, waits.address)}
    if detail["type"] == EventType.ACCOUNT_CHANGED:
        changes = ChangeReader(dynamodb, config().table_name, account.account_id)
        old = (changes.change(detail["occurred_at"], detail["data"]["change_id"]) or {}).get("old", {})
        # Erasure masks an address.
        addresses = tuple(address for address in old.get("billing_emails", []) if address.isascii())
        languages = {**languages, **{one["address"]: one["language"] for one in old.get("languages", ())}}
    return {address: language_among(languages, address) for address in distinct_addresses(addresses)}


def mail_to(
    recipient: dict[str, str],
    mail: Mail,
    limited: LimitedMail | None,
    seconds_left: Callable[[], float],
    detail: dict[str, Any],
) -> None:
    """Send a mail to an address, unless one of its kind was sent within the hour, and record it. `recipient` is
    `{id, address}`: the event, or the request to send its mail again, and the address.

    Raises:
        Unavailable: another mail of its kind is still being sent; this one follows if that one fails.
    """
    if limited is None:
        send(mailer, config().mail_from, recipient["address"], mail)
        return record(recipient, mail, detail)
    if not take_turn(limited, seconds_left):
        logger.info("left_out", extra={"kind": limited.kind, "event": limited.event_id})
        return None
    try:
        send(mailer, config().mail_from, recipient["address"], mail)
    except Exception:
        change_turn(limits.give_back, limited)
        raise
    change_turn(limits.keep, limited)
    return record(recipient, mail, detail)


def record(recipient: dict[str, str], mail: Mail, detail: dict[str, Any]) -> None:
    """Record a sent mail for staff. Without the record, the mail is missing in their list."""
    try:
        sent_mails.record(sent_mail(recipient["id"], recipient["address"], mail.subject, detail, clock.now()))
    except AWS_ERRORS as error:
        logger.warning("not_listed", event_id=recipient["id"], code=code_of(error))


def take_turn(limited: LimitedMail, seconds_left: Callable[[], float]) -> bool:
    """Return whether a limited mail may be sent. Wait while another mail of its kind is being sent."""
    for _ in backoff(seconds_left=seconds_left):
        turn = limits.take(limited, clock.now())
        if turn is not MailTurn.WAIT:
            return turn is MailTurn.SEND
    raise Unavailable(ProblemCode.BUSY, "Another e-mail of this kind is being sent. Try again.")


def change_turn(change: Callable[[LimitedMail], None], limited: LimitedMail) -> None:
    """Record how a limited mail ended. Without the record, its turn ends after a minute."""
    try:
        change(limited)
    except AWS_ERRORS as error:
        logger.warning("not_recorded", event_id=limited.event_id, code=code_of(error))


mail_once: Callable[..., None] = idempotent_function(
    mail_to, data_keyword_argument="recipient", persistence_store=sent, config=once, key_prefix="send_mail"
)
"""The same, but at most once per event and address."""


def was_shown(detail: dict[str, Any]) -> bool:
    """Return whether the event is a manual payment's failure that its own request has already shown on screen."""
    if detail["type"] != EventType.TOP_UP_FAILED:
        return False
    topup = topups.read(detail["account_id"], detail["data"]["topup_id"])
    return topup is not None and topup.shown_at is not None


def confirmation(detail: dict[str, Any], account: Account) -> Confirmation | None:
    """Return the link in the mail, which confirms a waiting recharge or an address, or freezes the account. None if the
    mail has no link, or the link would not act.
    """
    now = clock.now()
    if detail["type"] == EventType.ADDRESS_CONFIRMATION_REQUESTED:
        return address_confirmation(account, detail["data"]["request_id"], now)
    if account.is_closed or account.is_frozen:
        return None
    if offers_freeze(detail):
        return freeze_confirmation(detail, now)
    if not needs_confirmation(detail):
        return None
    for topup in topups.recent(detail["account_id"], now):
        waits = topup.kind == TopUpKind.AUTOMATIC and topup.status == TopUpStatus.REQUIRES_ACTION
        if waits and not account.was_frozen_since(topup.created_at):
            link = confirmation_link(topup)
            secret = current_secret(config().cursor_secret_arn)
            return Confirmation(issue_link(links, secret, config().link_url, link, now), link.expires_at)
    return None


def address_confirmation(account: Account, request_id: str, now: datetime) -> Confirmation | None:
    """Return the link that confirms a waiting address; None if it waits no longer."""
    waits = waiting_for(account, request_id, now)
    if waits is None:
        return None
    link = address_link(account.account_id, waits)
    secret = current_secret(config().cursor_secret_arn)
    return Confirmation(issue_link(links, secret, config().link_url, link, now), link.expires_at)


def freeze_confirmation(detail: dict[str, Any], now: datetime) -> Confirmation | None:
    """Return the link that freezes the account. None if it has expired, or was handed out by an earlier attempt to send
    this mail and has acted or been withdrawn since.
    """
    link = freeze_link(detail["account_id"], detail["id"], detail["occurred_at"])
    if link.expires_at <= format_instant(now):
        return None
    secret = current_secret(config().cursor_secret_arn)
    address = issue_link(links, secret, config().link_url, link, now)
    found = read_freeze_link(dynamodb, config().table_name, link, hash_of(token_of(secret, link)))
    return Confirmation(address, link.expires_at) if found.can_act else None
