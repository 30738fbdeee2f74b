"""The acts of staff that move no money: close an account, export it, withdraw its links, send a mail again, erase a
number, and confirm a suspicious call or a country.
"""

from functools import partial
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit import clock
from calling_credit.accounts.account import Account
from calling_credit.accounts.country_store import CountryStore
from calling_credit.accounts.erasure import erase_number, lines_with
from calling_credit.accounts.known_countries import check_country
from calling_credit.accounts.reader import AccountReader
from calling_credit.accounts.recipients import addresses_of
from calling_credit.api.caller import Right
from calling_credit.api.resolver import answer, http_resolver, idempotency_key, json_body, report_unreadable
from calling_credit.changes.actor import Actor
from calling_credit.charging.confirming import confirm_call
from calling_credit.config import config
from calling_credit.desk.access import require_right
from calling_credit.desk.closing import close_account, parse_closing
from calling_credit.desk.export import Exporter, parse_export
from calling_credit.desk.export_bucket import export_client
from calling_credit.desk.requests import parse_call_key, parse_erased_number
from calling_credit.dynamodb.client import dynamodb_client
from calling_credit.errors import Conflict, ProblemCode
from calling_credit.ids import check_id
from calling_credit.links.store import withdraw_links
from calling_credit.masking import masked
from calling_credit.notifications.mail_function import mail_function_client, send_again
from calling_credit.notifications.sent_mails import SentMailStore, hash_of_address, resend_id_of

SECONDS_TO_SPARE = 12.0
"""Reserved of an export's time for making and storing the file."""

logger = Logger()
app = http_resolver(logger)
dynamodb = dynamodb_client()
countries = CountryStore(dynamodb, config().table_name)
sent_mails = SentMailStore(dynamodb, config().table_name)
s3 = export_client()
mail_function = mail_function_client()


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request of API Gateway (HTTP API, payload 2.0)."""
    return app.resolve(event, context)


@app.post("/operator/accounts/<account_id>/close")
def post_close(account_id: str) -> Response[str]:
    """Close an account, and report its balance, calls, and payments."""
    actor, request = allowed(Right.OPERATE), parse_closing(json_body(app))
    check_id(account_id, "account_id")
    closing = close_account(dynamodb, config().table_name, account_id, request, actor, clock.now())
    logger.info("closed", account_id=account_id, by=actor.by)
    return answer(closing.view())


@app.post("/operator/accounts/<account_id>/links/withdraw")
def post_withdraw(account_id: str) -> Response[str]:
    """Withdraw every link that acts without a sign-in."""
    actor = allowed(Right.FREEZE)
    existing_account(account_id)
    count = withdraw_links(dynamodb, config().table_name, account_id, actor, clock.now())
    logger.info("links_withdrawn", account_id=account_id, by=actor.by)
    return answer({"withdrawn": count})


@app.post("/operator/accounts/<account_id>/mails/<mail_id>/resend")
def post_resend(account_id: str, mail_id: str) -> Response[str]:
    """Send a mail again to its address, once per Idempotency-Key."""
    actor, key = allowed(Right.FREEZE), idempotency_key(app)
    account = existing_account(account_id)
    mail = sent_mails.read(account_id, mail_id)
    if not config().send_mail_function:
        raise Conflict(
            ProblemCode.MAIL_NOT_SET_UP, "No e-mail is sent, because the stack has no sender; set MailFrom first."
        )
    if mail.address_hash not in map(hash_of_address, addresses_of(account)):
        raise Conflict(
            ProblemCode.ADDRESS_REMOVED,
            f"{mail.address} is no longer an address of this account; add it to billing_emails first.",
        )
    resend_id = resend_id_of(account_id, mail_id, key)
    sent_mails.record_resend(mail, resend_id, actor, clock.now())
    send_again(mail_function, config().send_mail_function, mail.detail, resend_id, mail.address_hash)
    logger.info("resent", account_id=account_id, by=actor.by)
    return answer({"mail_id": mail_id, "address": mail.address, "sent": True})


@app.post("/operator/accounts/<account_id>/exports")
def post_export(account_id: str) -> Response[str]:
    """Export an account as one zip, once per Idempotency-Key."""
    actor, key, body = allowed(Right.OPERATE), idempotency_key(app), json_body(app)
    account, now = existing_account(account_id), clock.now()
    request = parse_export(body, account.time_zone, now)
    report = partial(report_unreadable, app, logger)
    exporter = Exporter(dynamodb, config().table_name, s3, config().deck_bucket, account_id, report)
    seconds_left = clock.seconds_left(app.lambda_context, SECONDS_TO_SPARE)
    exported = exporter.export(request, key, actor, now, seconds_left)
    logger.info("exported", account_id=account_id, by=actor.by, export_id=exported["id"])
    return answer(exported, 201)


@app.post("/operator/accounts/<account_id>/numbers/erase")
def post_erasure(account_id: str) -> Response[str]:
    """Erase a person's number from an account."""
    actor = allowed(Right.OPERATE)
    number = parse_erased_number(json_body(app))
    existing_account(account_id)
    place, now = (dynamodb, config().table_name, account_id, number), clock.now()
    count = sum(1 for _ in erase_number(*place, actor, now))
    logger.info("number_erased", account_id=account_id, by=actor.by)
    shown = {"number": masked(number), "erased": count, "lines": lines_with(*place, now)}
    return answer(shown | {"archive": f"make erase-number ACCOUNT={account_id} NUMBER={number}"})


@app.post("/operator/accounts/<account_id>/calls/<call_key>/confirm")
def post_confirmation(account_id: str, call_key: str) -> Response[str]:
    """Confirm the duration of a suspicious call, so that it counts toward automatic recharge."""
    actor = allowed(Right.OPERATE)
    existing_account(account_id)
    confirmed = confirm_call(dynamodb, config().table_name, account_id, parse_call_key(call_key), actor, clock.now())
    logger.info("confirmed", account_id=account_id, call_key=call_key, by=actor.by)
    return answer(confirmed.view())


@app.post("/operator/accounts/<account_id>/countries/<country>/confirm")
def post_country(account_id: str, country: str) -> Response[str]:
    """Let calls of an account to a country cost more than the first_country_cap a day, from now on."""
    actor = allowed(Right.OPERATE)
    existing_account(account_id)
    confirmed_at = countries.confirm(account_id, check_country(country), actor, clock.now())
    logger.info("country_confirmed", account_id=account_id, country=country, by=actor.by)
    return answer({"country": country, "confirmed_at": confirmed_at})


def allowed(right: Right) -> Actor:
    """Return who acts, after checking the right.

    Raises:
        Forbidden: staff_required, finance_required, id_token_required, scope_required.
    """
    return require_right(app, right, dynamodb).actor


def existing_account(account_id: str) -> Account:
    """Return an account.

    Raises:
        InvalidValue: invalid_id. NotFound: unknown_account.
    """
    return AccountReader(dynamodb, config().table_name, check_id(account_id, "account_id")).account()
