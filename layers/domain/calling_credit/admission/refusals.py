"""The reasons to refuse a call that depend on its account or its destination alone, in their order."""

from collections.abc import Iterator
from dataclasses import dataclass

from calling_credit.accounts.limits import Limits
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


def public_row(hold: Hold | None, row_now: RateRow | None) -> RateRow | None:
    """Return the deck's row whose price counts beside the account's own. A hold with a markup keeps the deck's price of
    its time; `row_now` is the deck's row in force, for an account with prices of its own.
    """
    return row_now if hold is None or hold.row.price_list else without_markup(hold.row)


def destination_refusals(
    digits: str, row: RateRow | None, limits: Limits, public_row: RateRow | None = None
) -> Iterator[str]:
    """Yield why a number (digits, without +) may not be called. Short codes are no places, so none applies to them. A
    destination is expensive by the higher of the account's own price and the deck's (`public_row`).
    """
    country = row.country if row is not None else country_of(digits)
    if limits.blocks(digits, country) or limits.blocks(digits, country_of(digits)):
        yield DenialReason.BLOCKED
    if row is None:
        yield DenialReason.UNRATED
    elif any(limits.refuses_cost(one, digits) for one in (row, public_row) if one is not None):
        yield DenialReason.HIGH_COST
