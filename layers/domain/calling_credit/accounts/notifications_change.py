"""A customer's change of the recipients and of the low-balance level. Reads no table."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from calling_credit.accounts.account import MAX_BILLING_EMAILS, Account
from calling_credit.accounts.low_balance import parse_low_balance
from calling_credit.accounts.name_index import normalized_address
from calling_credit.accounts.recipients import Recipient, notifications_view, shown_recipients, with_recipients
from calling_credit.errors import InvalidValue, ProblemCode
from calling_credit.languages import DEFAULT_LANGUAGE, LANGUAGES
from calling_credit.versions import changed_meanwhile, is_outdated, read_version

_FIELDS: Final = frozenset({"recipients", "low_balance", "version"})
_SHOWN: Final = ("address", "language", "status", "returned")
"""The fields of a recipient as the API shows it. A client may send back what it was shown; `status` and `returned` have
no effect.
"""


@dataclass(frozen=True, slots=True)
class NotificationsChange:
    """A `PUT /notifications`: the whole list of recipients (None: unchanged), the low-balance level if `has_level`, and
    the version that the change was made from.
    """

    recipients: tuple[Recipient, ...] | None
    low_micros: int | None
    has_level: bool
    version: int | None

    def apply(self, account: Account, by: str, now: datetime) -> Account | None:
        """The account after the change; None if it is stored already.

        Raises:
            InvalidValue: invalid_email. TooManyRequests: too_many_confirmations.
            Conflict: changed_meanwhile, with the current notifications.
        """
        if is_outdated(self.version, account.notifications_version) and not self._has_result(account, now):
            raise changed_meanwhile("The recipients or the low-balance level", notifications_view(account, now))
        changed = account if self.recipients is None else with_recipients(account, self.recipients, by, now)
        if self.has_level:
            changed = replace(changed, low_micros=self.low_micros)
        return None if changed == account else changed

    def _has_result(self, account: Account, now: datetime) -> bool:
        """Whether the account is as this change wants it: the same addresses, languages, and level."""
        shown = {form: one["language"] for form, one in shown_recipients(account, now).items()}
        wanted = shown if self.recipients is None else self._languages(shown)
        return wanted == shown and (not self.has_level or self.low_micros == account.low_micros)

    def _languages(self, shown: Mapping[str, str]) -> dict[str, str]:
        forms = {normalized_address(one.address): one.language for one in self.recipients or ()}
        return {form: language or shown.get(form, DEFAULT_LANGUAGE) for form, language in forms.items()}


def parse_notifications(body: Mapping[str, Any]) -> NotificationsChange:
    """Parse `{recipients?: [{address, language?}], low_balance?, version?}`.

    Raises:
        InvalidValue: invalid_field, invalid_email, invalid_amount, amount_out_of_range.
    """
    unknown = sorted(set(body) - _FIELDS)
    if unknown:
        raise InvalidValue(
            ProblemCode.INVALID_FIELD, "Send only recipients, low_balance, and version; other fields have no effect."
        )
    recipients = _recipients(body["recipients"]) if "recipients" in body else None
    level = parse_low_balance(body.get("low_balance"))
    return NotificationsChange(recipients, level, "low_balance" in body, read_version(body))


def parse_language(body: Mapping[str, Any]) -> str:
    """Parse `language`.

    Raises:
        InvalidValue: missing_field, invalid_field.
    """
    language = body.get("language")
    if language is None:
        raise InvalidValue(ProblemCode.MISSING_FIELD, f"language is missing; send {' or '.join(LANGUAGES)}.")
    return _language(language, "language")


def _recipients(value: object) -> tuple[Recipient, ...]:
    if not isinstance(value, list) or len(value) > MAX_BILLING_EMAILS:
        detail = f"recipients must be a list of at most {MAX_BILLING_EMAILS} objects with an address."
        raise InvalidValue(ProblemCode.INVALID_FIELD, detail)
    found: dict[str, Recipient] = {}
    for position, one in enumerate(value):
        field = f"recipients[{position}]"
        if not isinstance(one, dict) or not isinstance(one.get("address"), str) or set(one) - set(_SHOWN):
            raise InvalidValue(ProblemCode.INVALID_FIELD, f"{field} must be an object with address and language.")
        language = one.get("language")
        recipient = Recipient(one["address"], None if language is None else _language(language, f"{field}.language"))
        form = normalized_address(recipient.address)
        if form in found:
            raise InvalidValue(ProblemCode.INVALID_EMAIL, f"{field} repeats an address; send each address once.")
        found[form] = recipient
    return tuple(found.values())


def _language(value: object, field: str) -> str:
    if value not in LANGUAGES:
        raise InvalidValue(ProblemCode.INVALID_FIELD, f"{field} must be {' or '.join(LANGUAGES)}.")
    return str(value)
