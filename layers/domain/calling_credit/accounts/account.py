"""Accounts, lines, and users as the operator configures them: parsing and views."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Final

from calling_credit.accounts.bundles import Bundle, bundles_from_item, bundles_view, parse_bundles
from calling_credit.accounts.email_address import is_plain_address
from calling_credit.accounts.freeze_times import last_unfreezing
from calling_credit.accounts.limits import DEFAULT_LIMITS, Limits, limits_from_item, operators_limits_view, parse_limits
from calling_credit.accounts.low_balance import parse_low_balance
from calling_credit.accounts.waiting_address import WaitingAddress, waiting_from_item
from calling_credit.budgets.budget import Budget
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.unreadable import decoder
from calling_credit.errors import InvalidValue, NotFound, ProblemCode
from calling_credit.ids import check_id
from calling_credit.instants import zone
from calling_credit.money import format_money
from calling_credit.rates.price_terms import PriceTerms, terms_from_item, terms_view
from calling_credit.request_fields import read_text

CURRENCY: Final = "USD"
MAX_NAME_CHARACTERS: Final = 120
MAX_BILLING_EMAILS: Final = 10


class Status(StrEnum):
    """The states of an account."""

    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True)
class Account:
    """An account's settings. `status` is open or closed; a closed account remains, and its finished calls still post.
    `low_micros`: announce a balance below this level; None: never. `admission`: hold credit for calls.
    `breakdown_since`: keep daily sums by user, line, and country since this instant; "" is the time of storing.
    `languages`: the language of each billing address that has chosen one. `waiting`: addresses that are not confirmed
    yet. `asked_at`: when the latest ones were asked. Two versions count the changes of all settings and of the e-mails.
    `price_terms`: its price list and markup over time, latest first.
    """

    account_id: str
    currency: str
    time_zone: str
    status: str
    billing_emails: tuple[str, ...]
    low_micros: int | None = None
    admission: bool = False
    limits: Limits = DEFAULT_LIMITS
    is_frozen: bool = False
    unfrozen_at: str | None = None
    name: str | None = None
    breakdown_since: str | None = None
    languages: Mapping[str, str] = field(default_factory=dict)
    waiting: tuple[WaitingAddress, ...] = ()
    asked_at: tuple[str, ...] = ()
    settings_version: int = 0
    notifications_version: int = 0
    bundles: tuple[Bundle, ...] = ()
    price_terms: tuple[PriceTerms, ...] = ()

    @property
    def breakdown(self) -> bool:
        """Whether posting keeps daily sums by user, line, and country."""
        return self.breakdown_since is not None

    @property
    def is_closed(self) -> bool:
        """Whether the account is closed."""
        return self.status == Status.CLOSED

    def was_frozen_since(self, instant: str) -> bool:
        """Whether the account is frozen, or was unfrozen after this time. What waited for the customer then has ended:
        while an account is frozen, nothing new begins.
        """
        return self.is_frozen or (self.unfrozen_at is not None and instant < self.unfrozen_at)


@decoder
def account_from_item(item: Mapping[str, Any]) -> Account:
    """The account of an `ACCOUNT` item in plain values. Nothing else decodes closed and frozen."""
    return Account(
        keys.account_of(item["PK"]),
        item["currency"],
        item["time_zone"],
        item["status"],
        tuple(item.get("billing_emails", [])),
        item.get("low_micros"),
        item.get("admission", False),
        limits_from_item(item.get("limits"), item.get("caps")),
        "frozen_at" in item,
        last_unfreezing(item),
        item.get("name"),
        item.get("breakdown_since"),
        item.get("languages", {}),
        tuple(map(waiting_from_item, item.get("waiting_emails", ()))),
        tuple(item.get("addresses_asked_at", ())),
        int(item.get("settings_version", 0)),
        int(item.get("notifications_version", 0)),
        bundles_from_item(item.get("bundles", ())),
        terms_from_item(item.get("price_terms", ())),
    )


@dataclass(frozen=True, slots=True)
class Line:
    """A phone line. International calling is off by default. `version` grows with each change of the line. A line
    whose number moved away is closed from `closes_at` on, an instant in the form of keys. Its included minutes come
    before those of its account. `budget` is None if it never had one.
    """

    line_id: str
    number: str
    user_id: str
    international_calling: bool
    version: int = 0
    closes_at: str | None = None
    bundles: tuple[Bundle, ...] = ()
    budget: Budget | None = None


def account_view(account: Account) -> dict[str, Any]:
    """An account as the operator's API shows it; `low_balance` and `name` only if they are set."""
    view: dict[str, Any] = {
        "account_id": account.account_id,
        "currency": account.currency,
        "time_zone": account.time_zone,
        "status": account.status,
        "billing_emails": list(account.billing_emails),
        "admission": account.admission,
        "breakdown": account.breakdown,
        "frozen": account.is_frozen,
        "limits": operators_limits_view(account.limits),
        "bundles": bundles_view(account.bundles),
        **terms_view(account.price_terms),
    }
    if account.low_micros is not None:
        view["low_balance"] = format_money(account.low_micros)
    if account.name is not None:
        view["name"] = account.name
    return view


def line_view(line: Line, user_name: str | None) -> dict[str, Any]:
    """A line as the API shows it; `bundles` only if it has some."""
    view: dict[str, Any] = {
        "line_id": line.line_id,
        "number": line.number,
        "user": {"id": line.user_id, "name": user_name},
        "international_calling": line.international_calling,
        "version": line.version,
    }
    return view | ({"bundles": bundles_view(line.bundles)} if line.bundles else {})


def parse_account(account_id: str, body: dict[str, Any], current: Account | None) -> Account:
    """Parse `{currency?, time_zone?, status?, billing_emails?, low_balance?, admission?, limits?, frozen?, name?,
    breakdown?, bundles?}`.
    Absent fields keep their value or default; a new account has admission. A null `low_balance` or `name` removes it.
    Only a body with a time zone creates an account, so that a mistyped id changes nothing.

    Raises:
        NotFound: unknown_account.
        InvalidValue: invalid_id, unsupported_currency, invalid_time_zone, invalid_status, invalid_email,
            invalid_amount, amount_out_of_range, invalid_field, invalid_limits, invalid_place, invalid_bundles.
    """
    check_id(account_id, "account_id")
    if current is None and "time_zone" not in body:
        raise NotFound(
            ProblemCode.UNKNOWN_ACCOUNT,
            "No account has this id, and nothing was changed. Correct the id, or send time_zone to create the account.",
        )
    base = current or Account(account_id, CURRENCY, "", Status.OPEN, (), admission=True)
    if body.get("currency", CURRENCY) != CURRENCY:
        raise InvalidValue(ProblemCode.UNSUPPORTED_CURRENCY, "currency must be USD; no other is supported.")
    time_zone = body.get("time_zone", base.time_zone)
    if not isinstance(time_zone, str):
        raise InvalidValue(ProblemCode.INVALID_TIME_ZONE, 'time_zone must be an IANA name such as "America/New_York".')
    zone(time_zone)
    status = body.get("status", base.status)
    if status not in list(Status):
        raise InvalidValue(ProblemCode.INVALID_STATUS, "status must be open or closed; accounts are never deleted.")
    emails = _billing_emails(body["billing_emails"]) if "billing_emails" in body else base.billing_emails
    waiting = () if "billing_emails" in body else base.waiting  # The operator's list is the whole list.
    low_micros = parse_low_balance(body["low_balance"]) if "low_balance" in body else base.low_micros
    limits = parse_limits(body["limits"], base.limits) if "limits" in body else base.limits
    admission, is_frozen = _flag(body, "admission", base.admission), _flag(body, "frozen", base.is_frozen)
    name = _account_name(body) if "name" in body else base.name
    since = base.breakdown_since or "" if _flag(body, "breakdown", base.breakdown) else None
    bundles = parse_bundles(body["bundles"], base.bundles) if "bundles" in body else base.bundles
    return replace(
        base,
        time_zone=time_zone,
        status=status,
        billing_emails=emails,
        low_micros=low_micros,
        admission=admission,
        limits=limits,
        is_frozen=is_frozen,
        name=name,
        waiting=waiting,
        breakdown_since=since,
        bundles=bundles,
    )


def _billing_emails(value: object) -> tuple[str, ...]:
    """Parse the addresses. Stored ones are not checked again: an earlier release accepted more."""
    if not isinstance(value, list) or len(value) > MAX_BILLING_EMAILS:
        raise InvalidValue(
            ProblemCode.INVALID_EMAIL, f"billing_emails must be a list of at most {MAX_BILLING_EMAILS} addresses."
        )
    for position, email in enumerate(value):
        if not is_plain_address(email):
            raise InvalidValue(
                ProblemCode.INVALID_EMAIL,
                f"billing_emails[{position}] must be a plain ASCII address such as billing@example.com, without a name,"
                " quotes, or brackets, and with a dot in its domain.",
            )
    return tuple(value)


def _account_name(body: dict[str, Any]) -> str | None:
    return None if body["name"] is None else read_text(body, "name", MAX_NAME_CHARACTERS)


def _flag(body: dict[str, Any], field: str, default: bool) -> bool:
    value = body.get(field, default)
    if not isinstance(value, bool):
        raise InvalidValue(ProblemCode.INVALID_FIELD, f"{field} must be true or false.")
    return value


def parse_switch(body: dict[str, Any], *, default: bool | None = None) -> bool:
    """Parse `international_calling`, which is required without a default.

    Raises:
        InvalidValue: missing_field, invalid_field.
    """
    value = body.get("international_calling", default)
    if value is None:
        raise InvalidValue(ProblemCode.MISSING_FIELD, "international_calling is missing; send true or false.")
    if not isinstance(value, bool):
        raise InvalidValue(ProblemCode.INVALID_FIELD, "international_calling must be true or false.")
    return value
