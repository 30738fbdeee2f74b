"""The prices of an account as an operator sets them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from calling_credit.accounts.account import Account, parse_account
from calling_credit.rates.price_terms import PriceTerms, add_terms, parse_markup, parse_price_list


@dataclass(frozen=True, slots=True)
class PriceSettings:
    """The price list and the markup of a request, in hundredths of a percent. A field that is not sent keeps its value:
    `sets_list` says whether the list was sent, and the markup is None if it was not.
    """

    price_list: str | None
    sets_list: bool
    markup_hundredths: int | None

    def set_in(self, account: Account, now: datetime, lead: timedelta) -> Account:
        """Return the account with these prices, in force a lead time from now.

        Raises:
            Conflict: `too_many_price_terms`.
        """
        latest = account.price_terms[0] if account.price_terms else PriceTerms(None, 0, "")
        price_list = self.price_list if self.sets_list else latest.price_list
        markup = latest.markup_hundredths if self.markup_hundredths is None else self.markup_hundredths
        return replace(account, price_terms=add_terms(account.price_terms, price_list, markup, now, lead))


def parse_prices(body: Mapping[str, Any]) -> PriceSettings:
    """Parse `{price_list?, markup_percent?}`. Whether the list is stored is not checked.

    Raises:
        InvalidValue: `invalid_price_list`, `reserved_price_list`, `invalid_markup`.
    """
    price_list = parse_price_list(body.get("price_list"))
    markup = parse_markup(body["markup_percent"]) if "markup_percent" in body else None
    return PriceSettings(price_list, "price_list" in body, markup)


def account_parser(
    account_id: str,
    body: dict[str, Any],
    check_list: Callable[[str], None],
    now: datetime,
    lead: timedelta,
) -> Callable[[Account | None], Account]:
    """Return the function that makes the account of a request from the current one, with its prices.

    Args:
        check_list: checks that a price list is stored.

    Raises:
        NotFound: `unknown_price_list`.
        InvalidValue: the codes of `parse_prices`. The function also raises the errors of `parse_account` and `set_in`.
    """
    prices = parse_prices(body)
    if prices.price_list is not None:
        check_list(prices.price_list)
    return lambda current: prices.set_in(parse_account(account_id, body, current), now, lead)
