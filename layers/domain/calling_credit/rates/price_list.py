"""The public price list: current and announced prices of a number or a country, from the active deck."""

from typing import Any

from calling_credit.errors import InvalidValue, ProblemCode
from calling_credit.money import format_money
from calling_credit.numbering import COUNTRIES, country_of, is_e164
from calling_credit.rates.deck import ANY_ORIGIN, INCLUDED_CATEGORY, Deck, RateRow


def read_number(text: str, field: str) -> str:
    """Return a number of a query, where an unescaped `+` arrives as a space or is missing.

    Raises:
        InvalidValue: `invalid_number`.
    """
    number = f"+{text.strip().lstrip('+')}"
    if not is_e164(number):
        raise InvalidValue(
            ProblemCode.INVALID_NUMBER, f"{field} must be E.164 with an escaped +, such as %2B442071838750."
        )
    return number


def rates_for_number(deck: Deck, number: str, calling_number: str | None, at: str) -> list[dict[str, Any]]:
    """Return the current price of a number, then its announced prices; empty if no row prices it now."""
    origin = country_of(calling_number) if calling_number else ANY_ORIGIN
    current = deck.find(number[1:], origin, at)
    if current is None:
        return []
    return [rate_item(row) for row in (current, *deck.announced(number[1:], origin, at))]


def rates_for_country(
    deck: Deck, country: str, calling_number: str | None, at: str, after: str | None, limit: int
) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of a country's current and announced rows, by prefix, and the key after which the next page begins.

    Raises:
        InvalidValue: `unknown_country`.
    """
    if country not in COUNTRIES:
        raise InvalidValue(
            ProblemCode.UNKNOWN_COUNTRY,
            "country must be an ISO 3166-1 alpha-2 code such as GB, or 001 for global networks.",
        )
    origin = country_of(calling_number) if calling_number else ANY_ORIGIN
    rows = [row for row in deck.rows_of(country) if row.origin in (origin, ANY_ORIGIN)]
    hidden = _replaced_keys(rows, at) | _unused_keys(rows, at)
    visible = sorted((row for row in rows if _row_key(row) not in hidden), key=_row_key)
    page = [row for row in visible if after is None or _row_key(row) > after][: limit + 1]
    has_more = len(page) > limit
    page = page[:limit]
    return [rate_item(row) for row in page], _row_key(page[-1]) if has_more else None


def _replaced_keys(rows: list[RateRow], at: str) -> set[str]:
    """Return the keys of rows that a later row of the same prefix and origin has replaced."""
    latest: dict[tuple[str, str], str] = {}
    for row in rows:
        if row.effective_from <= at:
            key = (row.prefix, row.origin)
            latest[key] = max(latest.get(key, ""), row.effective_from)
    return {_row_key(row) for row in rows if row.effective_from < latest.get((row.prefix, row.origin), "")}


def _unused_keys(rows: list[RateRow], at: str) -> set[str]:
    """Return the keys of rows for `*` that price no call: a row for the exact origin applies from the same time on."""
    exact: dict[str, str] = {}
    for row in rows:
        if row.origin != ANY_ORIGIN:
            exact[row.prefix] = min(exact.get(row.prefix, row.effective_from), row.effective_from)
    general = [row for row in rows if row.origin == ANY_ORIGIN and row.prefix in exact]
    return {_row_key(row) for row in general if exact[row.prefix] <= max(at, row.effective_from)}


def _row_key(row: RateRow) -> str:
    return f"{row.prefix} {row.origin} {row.effective_from}"


def rate_item(row: RateRow) -> dict[str, Any]:
    """Return one row in the form of GET /rates; prices are not rounded."""
    return {
        "destination": row.destination,
        "country": row.country,
        "prefix": row.prefix,
        "rate_per_minute": format_money(row.rate_micros_per_minute),
        "connection_fee": format_money(row.connection_fee_micros),
        "minimum_seconds": row.minimum_seconds,
        "increment_seconds": row.increment_seconds,
        "effective_from": row.effective_from,
        "included": row.category == INCLUDED_CATEGORY,
    }
