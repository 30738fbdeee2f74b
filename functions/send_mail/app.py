"""Sends the e-mail about an event to the account's billing addresses, once per address, and at most one of a limited
kind in an hour. Deployed only if a sender is configured.

Events arrive through the mail queues, and one at a time from `keep_accounts` and from the rule of an earlier release.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from aws_lambda_powertools import Logger, Metrics
from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.accounts.bounce_store import BounceStore
from calling_credit.accounts.name_index import normalized_address
from calling_credit.accounts.store import AccountStore
from calling_credit.config import config
from calling_credit.correlation import CORRELATION_ID, correlation_of
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.dynamodb.errors import AWS_ERRORS, code_of
from calling_credit.dynamodb.retries import backoff
from calling_credit.dynamodb.unreadable_report import UnreadableReport
from calling_credit.errors import CallingCreditError, NotFound, ProblemCode, Unavailable
from calling_credit.notifications.mail_delays import delay, queue_client
from calling_credit.notifications.mail_drafts import MailDrafts, mails_about
from calling_credit.notifications.mail_limit_store import LimitedMail, MailLimitStore, MailTurn
from calling_credit.notifications.mail_limits import limited_kind, silence_end
from calling_credit.notifications.mail_queue import QueuedMail, delay_after, queued_mail
from calling_credit.notifications.mails import Mail
from calling_credit.notifications.returned_mails import is_mailed
from calling_credit.notifications.sent_mails import SentMailStore, hash_of_address, sent_mail
from calling_credit.notifications.ses import Sender, accepts_nothing, mail_client, send
from calling_credit.notifications.ses_tags import mail_tags

RECORD_SECONDS = 32 * 24 * 3600
"""How long a sent mail is recorded: longer than the mail queue and then its dead-letter queue keep an event."""
SECONDS_TO_SPARE = 12.0
"""Enough for a mail whose turn comes late: the slowest request to SES, and its record."""
SECONDS_FOR_A_MAIL = 7.0
"""Without so much time, no further mail is begun."""

logger = Logger()
metrics = Metrics()
dynamodb = dynamodb_client()
accounts = AccountStore(dynamodb, config().table_name)
unreadable = UnreadableReport(dynamodb, config().table_name, logger, metrics, "send_mail")
bounces = BounceStore(dynamodb, config().table_name, unreadable)
drafts = MailDrafts(dynamodb, config().table_name)
limits = MailLimitStore(dynamodb, config().table_name)
sent_mails = SentMailStore(dynamodb, config().table_name)
mailer = mail_client()
queue = queue_client()
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


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Mail a batch of the mail queues, and name the messages to deliver again. Without a queue, mail one event, and
    return the number of addresses.

    Raises:
        Of one event without a queue, as `mail_event`. Lambda then retries it, or `keep_accounts` reports it.
    """
    once.register_lambda_context(context)
    try:
        if "Records" in event:
            failed = failed_messages(event["Records"], context)
            return {"batchItemFailures": [{"itemIdentifier": name} for name in failed]}
        return {"addresses": mail_event(event["detail"], event.get("resend"), context)}
    finally:
        unreadable.send(clock.now())


def failed_messages(records: Iterable[Mapping[str, Any]], context: LambdaContext) -> list[str]:
    """Mail the events of messages, each alone, and return the ids of those that failed. If SES accepts nothing at the
    moment, the rest is not tried, and waits.
    """
    failed, accepted = list[str](), True
    for queued in map(queued_mail, records):
        error = mail_queued(queued, context) if accepted else None
        if accepted and error is None:
            continue
        failed.append(queued.message_id)
        accepted = accepted and not accepts_nothing(error)
        if not accepted:
            seconds = delay_after(queued.receives, is_urgent=queued.queue == name_of(config().urgent_mail_queue_url))
            urls = (config().mail_queue_url, config().urgent_mail_queue_url)
            is_delayed = delay(queue, urls, queued, seconds)
            logger.warning("mail_waits", message_id=queued.message_id, seconds=seconds, is_delayed=is_delayed)
    return failed


def name_of(queue_url: str) -> str:
    """The name of a queue."""
    return queue_url.rpartition("/")[2]


def mail_queued(queued: QueuedMail, context: LambdaContext) -> Exception | None:
    """Mail the event of a message. Log and return why it failed; None if it did not."""
    names: dict[str, Any] = {"message_id": queued.message_id, "receives": queued.receives}
    try:
        detail = queued.event()
        names |= {"event_id": detail["id"], "account_id": detail["account_id"], "type": detail["type"]}
        names[CORRELATION_ID] = correlation_of(detail)
        mail_event(detail, None, context)
    except CallingCreditError as error:
        logger.warning(error.code, detail=error.detail, **names)
        return error
    except Exception as error:  # noqa: BLE001 - a message that no code foresees must not stop its neighbors
        logger.error("not_mailed", code=code_of(error), **names)
        return error
    return None


def mail_event(detail: dict[str, Any], resend: dict[str, str] | None, context: LambdaContext) -> int:
    """Send the mail about one event to each billing address that has not received it; return the number of addresses.
    With `resend`, which `keep_accounts` adds, send it to one address again.

    Raises:
        NotFound: `unknown_account`. Unavailable: another mail of its kind is being sent, or the time is up. Errors of
        SES and the table.
    """
    account = accounts.account(detail["account_id"])
    if account is None:
        raise NotFound(ProblemCode.UNKNOWN_ACCOUNT, "The event names an account that does not exist.")
    link = drafts.confirmation(detail, account, clock.now())
    mails = {} if drafts.was_shown(detail) else mails_about(drafts.named(detail), link)
    addresses = drafts.recipients(detail, account, clock.now()) if mails else {}
    if resend is not None:  # Someone asks for this mail, so nothing silences it.
        addresses = {to: own for to, own in addresses.items() if hash_of_address(to) == resend["address_hash"]}
    elif addresses:
        addresses = without_returned(detail, addresses)
    kind = limited_kind(detail, link, account.unfrozen_at) if addresses and resend is None else None
    silent_until = silence_end(detail, clock.now())
    seconds_left = clock.seconds_left(context, SECONDS_TO_SPARE)
    failures: list[Exception] = []
    for address, language in addresses.items():
        limited = kind and LimitedMail(kind, account.account_id, address, detail["id"], silent_until)
        recipient = {"id": detail["id"] if resend is None else resend["id"], "address": address}
        try:
            if clock.seconds_left(context, SECONDS_FOR_A_MAIL)() <= 0:
                raise Unavailable(ProblemCode.BUSY, "There was no time left for this e-mail. Try again.")
            mail_once(
                recipient=recipient, mail=mails[language], limited=limited, seconds_left=seconds_left, detail=detail
            )
        except Exception as error:  # noqa: BLE001 - one address must not keep the mail from the others
            failures.append(error)
    if failures:
        raise next(filter(accepts_nothing, failures), failures[0])
    names = {"type": detail["type"], "event": detail["id"], CORRELATION_ID: correlation_of(detail)}
    logger.info("mailed", extra=names | {"addresses": len(addresses)})
    return len(addresses)


def without_returned(detail: dict[str, Any], addresses: dict[str, str]) -> dict[str, str]:
    """Return the addresses without those that mails came back from. Staff and the customer see which these are."""
    returned = bounces.returned(detail["account_id"], clock.now())
    kept = {
        address: language
        for address, language in addresses.items()
        if is_mailed(detail["type"], returned.get(normalized_address(address)))
    }
    if len(kept) < len(addresses):
        logger.info("not_mailed_to_returned", event_id=detail["id"], addresses=len(addresses) - len(kept))
    return kept


def sender_of(detail: dict[str, Any]) -> Sender:
    """Return the sender of the mail about an event, with the tags by which a bounce names the event."""
    settings, tags = config(), mail_tags(detail["account_id"], detail["id"])
    return Sender(settings.mail_from, settings.mail_configuration_set, tags)


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
        send(mailer, sender_of(detail), recipient["address"], mail, seconds_left)
        return record(recipient, mail, detail)
    if not take_turn(limited, seconds_left):
        logger.info("left_out", extra={"kind": limited.kind, "event": limited.event_id})
        return None
    try:
        send(mailer, sender_of(detail), recipient["address"], mail, seconds_left)
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
