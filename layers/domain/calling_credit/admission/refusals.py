"""The reasons to refuse a call that depend on its account or its destination alone, in their order."""

from collections.abc import Iterator
from dataclasses import dataclass

from calling_credit.accounts.limits import Limits, dearest_minute
from calling_credit.admission.reasons import DenialReason
from calling_credit.ledger.holds import Hold
from calling_credit.numbering import country_of
from calling_credit.rates.account_prices import without_markup
from calling_credit.rates.deck import RateRow


@dataclass(frozen=True, slots=True)
class AccountStatus:
    """The state of an account that admission needs. `holds`: credit is held for its calls."""

    is_closed: bool
    is_frozen: bool
    holds: bool
    limits: Limits


def account_refusals(account: AccountStatus | None) -> Iterator[str]:
    """Yield why an account may make no call but emergency calls."""
    if account is None:
        yield DenialReason.UNKNOWN_ACCOUNT
    elif account.is_closed or account.is_frozen:
        yield DenialReason.ACCOUNT_CLOSED if account.is_closed else DenialReason.ACCOUNT_FROZEN


def public_minute(hold: Hold | None, row_now: RateRow | None) -> int:
    """Return the deck's dearest minute, in the unit of `dearest_minute`, which counts beside the account's own; 0 if it
    does not. A hold keeps that of its time, so an extension is judged as the call was. `row_now` is the deck's row in
    force, for an account with prices of its own.
    """
    if hold is not None:
        return max(hold.deck_minute, dearest_minute(without_markup(hold.row)))
    return 0 if row_now is None else dearest_minute(row_now)


def destination_refusals(digits: str, row: RateRow | None, limits: Limits, public_minute: int = 0) -> Iterator[str]:
    """Yield why a number (digits, without +) may not be called. Short codes are no places, so none applies to them. A
    destination is expensive by the higher of the account's own price and the deck's (`public_minute`).
    """
    country = row.country if row is not None else country_of(digits)
    if limits.blocks(digits, country) or limits.blocks(digits, country_of(digits)):
        yield DenialReason.BLOCKED
    if row is None:
        yield DenialReason.UNRATED
    elif limits.refuses_cost(row, digits, public_minute):
        yield DenialReason.HIGH_COST
