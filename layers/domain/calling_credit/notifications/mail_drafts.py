"""Who receives the mail about an event, and what it says: reads the account's payments, changes, and links."""

from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

from calling_credit.accounts.account import Account
from calling_credit.accounts.budgets_of_line import read_budgets_of_line
from calling_credit.accounts.freezing import read_item
from calling_credit.accounts.recipients import distinct_addresses, language_among, waiting_for
from calling_credit.branding import configured_brand
from calling_credit.changes.reader import ChangeReader
from calling_credit.config import config
from calling_credit.dynamodb import keys
from calling_credit.errors import NotFound
from calling_credit.instants import format_instant
from calling_credit.languages import LANGUAGES
from calling_credit.links.freezing import read_freeze_link
from calling_credit.links.link import Link, address_link, confirmation_link, freeze_link, hash_of, raise_link
from calling_credit.links.store import LinkStore
from calling_credit.links.tokens import issue_link, token_of
from calling_credit.masking import masked
from calling_credit.notifications.event_types import EventType
from calling_credit.notifications.mail_link import Confirmation
from calling_credit.notifications.mails import Mail, mail_about, needs_confirmation, offers_freeze
from calling_credit.stored_secrets import current_secret
from calling_credit.topups.store import TopUpStore
from calling_credit.topups.topup import TopUpKind, TopUpStatus

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


def mails_about(detail: dict[str, Any], link: Confirmation | None) -> dict[str, Mail]:
    """Return the mail about an event in each language; empty if the event needs none."""
    page_url, brand = config().page_url, configured_brand()
    mails = {own: mail_about(detail, page_url, link, language=own, brand=brand) for own in LANGUAGES}
    return {language: mail for language, mail in mails.items() if mail is not None}


class MailDrafts:
    """Mails before they are sent."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name
        self._topups = TopUpStore(client, table_name)
        self._links = LinkStore(client, table_name)

    def recipients(self, detail: dict[str, Any], account: Account, now: datetime) -> dict[str, str]:
        """Return the addresses that receive the mail about an event, with their languages: the billing addresses, or,
        when these were changed, those from before the change. The mail that asks for a confirmation goes to the waiting
        address.
        """
        addresses, languages = account.billing_emails, account.languages
        if detail["type"] == EventType.ADDRESS_CONFIRMATION_REQUESTED:
            waits = waiting_for(account, detail["data"]["request_id"], now)
            if waits is None:
                return {}
            return {waits.address: language_among({waits.address: waits.language}, waits.address)}
        if detail["type"] == EventType.ACCOUNT_CHANGED:
            changes = ChangeReader(self._client, self._table_name, account.account_id)
            old = (changes.change(detail["occurred_at"], detail["data"]["change_id"]) or {}).get("old", {})
            # Erasure masks an address.
            addresses = tuple(address for address in old.get("billing_emails", []) if address.isascii())
            languages = {**languages, **{one["address"]: one["language"] for one in old.get("languages", ())}}
        return {address: language_among(languages, address) for address in distinct_addresses(addresses)}

    def was_shown(self, detail: dict[str, Any]) -> bool:
        """Return whether the event is a manual payment's failure that its own request has already shown on screen."""
        if detail["type"] != EventType.TOP_UP_FAILED:
            return False
        topup = self._topups.read(detail["account_id"], detail["data"]["topup_id"])
        return topup is not None and topup.shown_at is not None

    def named(self, detail: dict[str, Any]) -> dict[str, Any]:
        """Return an event about a budget with what people know its line or user by: the line's number, shortened, and
        the user's name. Other events are returned as they are.
        """
        if detail["type"] not in (EventType.BUDGET_REACHED, EventType.BUDGET_INCREASE_REQUESTED):
            return detail
        data, read = detail["data"], partial(read_item, self._client, self._table_name, detail["account_id"])
        line = read(keys.line_sk(data["line_id"])) if data.get("line_id") else None
        user = read(keys.user_sk(data["user_id"])) if data.get("user_id") else None
        names = {} if line is None else {"line_number": masked(line["number"])}
        names |= {} if user is None else {"user_name": user["name"]}
        return {**detail, "data": {**data, **names}}

    def confirmation(self, detail: dict[str, Any], account: Account, now: datetime) -> Confirmation | None:
        """Return the link in the mail, which confirms a waiting recharge or an address, raises a budget, or freezes the
        account. None if the mail has no link, or the link would not act.
        """
        if detail["type"] == EventType.ADDRESS_CONFIRMATION_REQUESTED:
            return self._of_address(account, detail["data"]["request_id"], now)
        if account.is_closed or account.is_frozen:
            return None
        if detail["type"] == EventType.BUDGET_INCREASE_REQUESTED:
            return self._of_budget(detail, now)
        if offers_freeze(detail):
            return self._of_freeze(detail, now)
        if not needs_confirmation(detail):
            return None
        for topup in self._topups.recent(detail["account_id"], now):
            waits = topup.kind == TopUpKind.AUTOMATIC and topup.status == TopUpStatus.REQUIRES_ACTION
            if waits and not account.was_frozen_since(topup.created_at):
                return self._issue(confirmation_link(topup), now)
        return None

    def _of_address(self, account: Account, request_id: str, now: datetime) -> Confirmation | None:
        """The link that confirms a waiting address; None if it waits no longer."""
        waits = waiting_for(account, request_id, now)
        return None if waits is None else self._issue(address_link(account.account_id, waits), now)

    def _of_budget(self, detail: dict[str, Any], now: datetime) -> Confirmation | None:
        """The link that raises a budget. None if the request has ended, or the link has expired or was withdrawn."""
        account_id, data = detail["account_id"], detail["data"]
        try:
            found = read_budgets_of_line(self._client, self._table_name, account_id, data["line_id"], now)
        except NotFound:
            return None  # Its number has moved away.
        request = found.request
        if request is None or request.request_id != data["request_id"] or not found.can_raise(request.number, now):
            return None
        link = raise_link(account_id, request)
        if link.expires_at <= format_instant(now):
            return None
        issued, secret = self._issue(link, now), current_secret(config().cursor_secret_arn)
        return issued if self._links.is_active(link, hash_of(token_of(secret, link))) else None

    def _of_freeze(self, detail: dict[str, Any], now: datetime) -> Confirmation | None:
        """The link that freezes the account. None if it has expired, or was handed out by an earlier attempt to send
        this mail and has acted or been withdrawn since.
        """
        link = freeze_link(detail["account_id"], detail["id"], detail["occurred_at"])
        if link.expires_at <= format_instant(now):
            return None
        issued = self._issue(link, now)
        secret = current_secret(config().cursor_secret_arn)
        found = read_freeze_link(self._client, self._table_name, link, hash_of(token_of(secret, link)))
        return issued if found.can_act else None

    def _issue(self, link: Link, now: datetime) -> Confirmation:
        secret = current_secret(config().cursor_secret_arn)
        return Confirmation(issue_link(self._links, secret, config().link_url, link, now), link.expires_at)
