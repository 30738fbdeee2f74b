"""The recipients of an account's e-mails: billing addresses and waiting ones, with their languages. Reads no table.

An admin's new address waits until its holder follows a link. The operator's list (`billing_emails`) needs no link.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from calling_credit.accounts.account import MAX_BILLING_EMAILS, Account
from calling_credit.accounts.email_address import is_plain_address
from calling_credit.accounts.name_index import normalized_address
from calling_credit.accounts.waiting_address import WaitingAddress
from calling_credit.errors import InvalidValue, ProblemCode, TooManyRequests
from calling_credit.instants import format_instant
from calling_credit.languages import DEFAULT_LANGUAGE, LANGUAGES
from calling_credit.money import format_money

ASKED_WITHIN: Final = timedelta(hours=1)
MAX_ASKED: Final = 10
"""E-mails that ask for a confirmation, of one account within an hour."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """An address as an admin sends it. `language`: None keeps the address's own."""

    address: str
    language: str | None


def with_recipients(account: Account, wanted: Sequence[Recipient], by: str, now: datetime) -> Account:
    """The account with exactly these recipients. Known addresses keep their state and spelling; new ones wait.

    Raises:
        InvalidValue: invalid_email, a new address is not plain. TooManyRequests: too_many_confirmations.
    """
    confirmed = {normalized_address(address): address for address in account.billing_emails}
    waiting = {normalized_address(one.address): one for one in account.waiting if one.is_waiting(now)}
    languages = languages_of(account)
    emails: list[str] = []
    waits: list[WaitingAddress] = []
    asked = 0
    for position, recipient in enumerate(wanted):
        form = normalized_address(recipient.address)
        if form in confirmed:
            address = confirmed[form]
            emails.append(address)
            if recipient.language is not None:
                languages[address] = recipient.language
        elif form in waiting:
            known = waiting[form]
            waits.append(replace(known, language=recipient.language or known.language))
        else:
            asked += 1
            _check_plain(recipient.address, position)
            request_id = f"{account.settings_version + 1:06d}-{asked}"
            language = recipient.language or DEFAULT_LANGUAGE
            waits.append(WaitingAddress(recipient.address, language, request_id, format_instant(now), by))
    changed = replace(account, billing_emails=tuple(emails), waiting=tuple(waits), languages=languages)
    return replace(changed, languages=languages_of(changed), asked_at=_asked(account, asked, now))


def _check_plain(address: str, position: int) -> None:
    if not is_plain_address(address):
        raise InvalidValue(
            ProblemCode.INVALID_EMAIL,
            f"recipients[{position}].address must be a plain ASCII address such as billing@example.com, without a name,"
            " quotes, or brackets, and with a dot in its domain.",
        )


def _asked(account: Account, number: int, now: datetime) -> tuple[str, ...]:
    """When the account asked for confirmations, with `number` more now."""
    if not number:
        return account.asked_at
    recent = [at for at in account.asked_at if at > format_instant(now - ASKED_WITHIN)]
    if len(recent) + number > MAX_ASKED:
        oldest = datetime.fromisoformat(recent[0]) if recent else now
        raise too_many_confirmations(oldest + ASKED_WITHIN, now)
    return (*recent, *[format_instant(now)] * number)


def too_many_confirmations(until: datetime, now: datetime) -> TooManyRequests:
    """The error after too many e-mails that ask to confirm an address."""
    detail = "Too many e-mails that ask to confirm an address were sent. Wait, or ask your provider to add the address."
    return TooManyRequests(ProblemCode.TOO_MANY_CONFIRMATIONS, detail, max(1, -int((now - until).total_seconds() // 1)))


def with_confirmed(account: Account, request_id: str, now: datetime) -> Account | None:
    """The account after the holder of a waiting address confirmed it; None if no such address waits, or the list of
    billing addresses is full.
    """
    waits = waiting_for(account, request_id, now)
    if waits is None or len(account.billing_emails) >= MAX_BILLING_EMAILS:
        return None
    changed = replace(
        account,
        billing_emails=(*account.billing_emails, waits.address),
        waiting=tuple(one for one in account.waiting if one != waits),
        languages={**account.languages, waits.address: waits.language},
    )
    return replace(changed, languages=languages_of(changed))


def waiting_for(account: Account, request_id: str, now: datetime) -> WaitingAddress | None:
    """The waiting address of a request; None without one."""
    found = (one for one in account.waiting if one.request_id == request_id and one.is_waiting(now))
    return next(found, None)


def with_language(account: Account, address: str, language: str, now: datetime) -> Account | None:
    """The account with another language of one recipient; None if it has it already, or is no recipient."""
    form, shown = normalized_address(address), shown_recipients(account, now)
    wanted = [Recipient(one["address"], language if own == form else None) for own, one in shown.items()]
    changed = with_recipients(account, wanted, "", now)
    return None if changed == account or form not in shown else changed


def language_of(account: Account, address: str) -> str | None:
    """The language of a billing address, in any case; None if the account has no such billing address."""
    form = normalized_address(address)
    if not form or form not in map(normalized_address, account.billing_emails):
        return None
    return language_among(account.languages, address)


def language_among(languages: Mapping[str, str], address: str) -> str:
    """The language that an address, in any case, has among `{address: language}`; the default if it has none."""
    form = normalized_address(address)
    chosen = (language for own, language in languages.items() if normalized_address(own) == form)
    return next((language for language in chosen if language in LANGUAGES), DEFAULT_LANGUAGE)


def shown_language(account: Account, address: str, now: datetime) -> str | None:
    """The language of a recipient, also of one that is waiting; None if the account has no such recipient."""
    shown = shown_recipients(account, now).get(normalized_address(address))
    return None if shown is None else shown["language"]


def languages_of(account: Account) -> dict[str, str]:
    """The languages of billing addresses that differ from the default, by address as the account spells it."""
    shown = {address: language_of(account, address) or DEFAULT_LANGUAGE for address in account.billing_emails}
    return {address: language for address, language in shown.items() if language != DEFAULT_LANGUAGE}


def distinct_addresses(addresses: Iterable[str]) -> tuple[str, ...]:
    """Return each address once: a mailbox is the same in upper and lower case."""
    kept: dict[str, str] = {}
    for address in addresses:
        kept.setdefault(normalized_address(address), address)
    return tuple(kept.values())


def addresses_of(account: Account) -> tuple[str, ...]:
    """Every address of an account that receives e-mails, or is asked to."""
    return (*account.billing_emails, *(one.address for one in account.waiting))


def notifications_view(account: Account, now: datetime, returned: Mapping[str, str] | None = None) -> dict[str, Any]:
    """`{recipients: [{address, language, status, returned}], low_balance, version}` as the API shows them.

    Args:
        returned: Why addresses receive no ordinary mails, by their normal form.
    """
    stopped = returned or {}
    return {
        "recipients": [{**one, "returned": stopped.get(form)} for form, one in shown_recipients(account, now).items()],
        "low_balance": None if account.low_micros is None else format_money(account.low_micros),
        "version": account.notifications_version,
    }


def shown_recipients(account: Account, now: datetime) -> dict[str, dict[str, str]]:
    """The recipients by the form of their addresses: the confirmed ones, then the waiting ones."""
    shown: dict[str, dict[str, str]] = {}
    for address in account.billing_emails:
        language = language_of(account, address) or DEFAULT_LANGUAGE
        recipient = {"address": address, "language": language, "status": "confirmed"}
        shown.setdefault(normalized_address(address), recipient)
    for one in account.waiting:
        if one.is_waiting(now):
            recipient = {"address": one.address, "language": one.language, "status": "waiting"}
            shown.setdefault(normalized_address(one.address), recipient)
    return shown
