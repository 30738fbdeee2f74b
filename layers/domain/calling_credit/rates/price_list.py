"""The price list: current and announced prices of a number or a country, for each origin that pays another price."""

from collections.abc import Callable, Collection, Iterable, Sequence
from typing import Any, Final

from calling_credit.errors import InvalidValue, ProblemCode
from calling_credit.numbering import COUNTRIES, GLOBAL_NETWORKS, is_e164, is_emergency, is_plausible, normalize_dialed
from calling_credit.rates.deck import ANY_ORIGIN, INCLUDED_CATEGORY, Deck, RateRow
from calling_credit.rates.pricing import find_row
from calling_credit.rates.rate_items import rate_item
from calling_credit.rates.rate_steps import Steps
from calling_credit.rates.short_codes import find_anywhere

ALWAYS: Final = "1970-01-01T00:00:00.000Z"
"""Since when a short code without a price is free."""

Origins = Sequence[str] | None
"""The countries of the callers, each once; None for callers of any country."""


def read_number(text: str, field: str, country: str) -> str:
    """Return the number of a query: E.164 after a +, which may arrive as a blank, or else as dialed in a country. It
    may be copied with the `tel:` of a link.

    Raises:
        InvalidValue: `invalid_number`.
    """
    text = text.removeprefix("tel:")
    number = normalize_dialed(text, country)
    if text[:1] == " ":
        with_plus = normalize_dialed(f"+{text.strip()}", country)
        if with_plus is not None and (number is None or is_emergency(with_plus) or is_plausible(with_plus)):
            number = with_plus
    if number is None:
        detail = f"{field} must be a phone number with its country code, such as %2B442071838750 (the + escaped as %2B)"
        raise InvalidValue(ProblemCode.INVALID_NUMBER, f"{detail}, or a number as dialed in {country}.")
    return number


def read_caller(text: str, country: str) -> str:
    """Return the number of a caller.

    Raises:
        InvalidValue: `invalid_number`.
    """
    number = read_number(text, "from", country)
    if not is_e164(number):
        raise InvalidValue(ProblemCode.INVALID_NUMBER, "from must be a phone number, not a short code.")
    return number


def rates_for_number(
    deck: Deck, number: str, origins: Origins, at: str, show: "Show | None" = None
) -> list[dict[str, Any]]:
    """Return what a number costs now for each origin that pays another price, then its announced prices.

    The first item is what callers from the first origin pay; of any country, what callers without a row of their own
    pay. Empty if no row prices the number now.

    Raises:
        InvalidValue: `invalid_number`, a short code that costs nothing anywhere.
    """
    is_code = not number.startswith("+")
    if is_code and not is_emergency(number) and find_anywhere(deck.short_codes.at(at), number) is None:
        detail = f"{number} is a short code without a price: calls to it are free. Send a whole phone number."
        raise InvalidValue(ProblemCode.INVALID_NUMBER, detail)
    current: dict[str, RateRow] = {}
    looked_up = list(origins if origins is not None else _origins_of(deck, number, at))
    for origin in looked_up:
        row = find_row(deck, number, origin, at)
        if row is None and is_code:
            row = _free_row(number, origin)
        if row is not None and row not in current.values():
            current[origin] = row
    # Also of origins that pay the same as others today.
    ahead = looked_up if current and not is_code else ()
    announced = {origin: deck.announced(number[1:], origin, at) for origin in ahead}
    changes = PriceChanges(row for rows in announced.values() for row in rows)
    later = sorted(
        dict.fromkeys(row for rows in announced.values() for row in rows), key=lambda row: row.effective_from
    )
    item = show or rate_item
    shown = [item(row, next_change(row, announced.get(origin, ()))) for origin, row in current.items()]
    return [*shown, *(item(row, changes.next_of(row, at)) for row in later)]


def _origins_of(deck: Deck, number: str, at: str) -> list[str]:
    """Return `*` and every origin that may pay another price for a number."""
    if number.startswith("+"):
        return [ANY_ORIGIN, *sorted(deck.origins(number[1:]) - {ANY_ORIGIN})]
    return [ANY_ORIGIN, *sorted(country for country, code in deck.short_codes.at(at) if code == number)]


def _free_row(code: str, origin: str) -> RateRow:
    """Return the row of a short code without a price."""
    name = "Emergency call" if is_emergency(code) else "Short code"
    country = GLOBAL_NETWORKS if origin == ANY_ORIGIN else origin
    return RateRow(code, name, country, origin, 0, 0, 0, 1, ALWAYS, INCLUDED_CATEGORY)


def rates_for_country(
    deck: Deck, country: str, origins: Origins, at: str, after: str | None, limit: int, show: "Show | None" = None
) -> tuple[list[dict[str, Any]], str | None]:
    """Return a page of a country's current and announced rows, by prefix, and the key after which the next page begins.

    Rows that price no call of these origins are left out.

    Raises:
        InvalidValue: `unknown_country`.
    """
    check_country(country)
    rows = _visible_rows(deck, country, origins, at)
    changes = PriceChanges(rows, origins)
    visible = sorted(rows, key=_row_key)
    page = [row for row in visible if after is None or _row_key(row) > after][: limit + 1]
    has_more = len(page) > limit
    page = page[:limit]
    items = [(show or rate_item)(row, changes.next_of(row, at)) for row in page]
    return items, _row_key(page[-1]) if has_more else None


def check_country(country: str) -> None:
    """Check the country of a query.

    Raises:
        InvalidValue: `unknown_country`.
    """
    if country not in COUNTRIES:
        raise InvalidValue(
            ProblemCode.UNKNOWN_COUNTRY,
            "country must be an ISO 3166-1 alpha-2 code such as GB, or 001 for global networks.",
        )


class PriceChanges:
    """The announced changes of some rows: the rows of the same prefix and origin that follow later. A row of a price
    list for `*` follows a row of the deck of any origin, too, because the list comes before the deck. For callers from
    one origin, the rows of that origin follow those for `*`.
    """

    def __init__(self, rows: Iterable[RateRow], origins: Origins = None) -> None:
        self._only_origin = origins[0] if origins is not None and len(origins) == 1 else ANY_ORIGIN
        self._rows: dict[tuple[str, str], list[RateRow]] = {}
        for row in rows:
            self._rows.setdefault((row.prefix, row.origin), []).append(row)

    def next_of(self, row: RateRow, at: str) -> RateRow | None:
        """Return the row with the next other price per minute, after an instant; None if none is announced."""
        origins = {row.origin, ANY_ORIGIN, self._only_origin}
        others = [
            one for origin in origins for one in self._rows.get((row.prefix, origin), ()) if _may_replace(one, row)
        ]
        since = max(at, row.effective_from)
        later = sorted((other for other in others if other.effective_from > since), key=lambda one: one.effective_from)
        return next_change(row, later)

    def first_after(self, at: str) -> str | None:
        """Return when the first of all changes begins."""
        begins = (row.effective_from for rows in self._rows.values() for row in rows if row.effective_from > at)
        return min(begins, default=None)


def _may_replace(later: RateRow, row: RateRow) -> bool:
    """Whether a later row of the same prefix comes before a row, for callers who pay either."""
    if bool(later.price_list) != bool(row.price_list):
        return bool(later.price_list)
    return row.origin in (ANY_ORIGIN, later.origin)


def next_change(row: RateRow, later: Iterable[RateRow]) -> RateRow | None:
    """Return the first of the later rows with another price per minute than a row, at its beginning or in a step."""
    return next((one for one in later if _rates(one) != _rates(row)), None)


def _rates(row: RateRow) -> tuple[int, Steps]:
    return row.rate_micros_per_minute, row.rate_steps


def current_rows(deck: Deck, country: str, origins: Origins, at: str) -> tuple[list[RateRow], PriceChanges]:
    """Return the rows of a country that price calls of these origins now, and the announced changes."""
    rows = _visible_rows(deck, country, origins, at)
    return [row for row in rows if row.effective_from <= at], PriceChanges(rows, origins)


def _visible_rows(deck: Deck, country: str, origins: Origins, at: str) -> list[RateRow]:
    rows = deck.rows_of(country, at)
    if origins is not None:
        rows = [row for row in rows if row.origin == ANY_ORIGIN or row.origin in origins]
    hidden = _replaced_keys(rows, at)
    if origins is not None:
        hidden |= _unused_keys(rows, at, origins)
    return [row for row in rows if _row_key(row) not in hidden]


def _replaced_keys(rows: Iterable[RateRow], at: str) -> set[str]:
    """Return the keys of rows that a later row of the same prefix and origin has replaced."""
    latest: dict[tuple[str, str], str] = {}
    for row in rows:
        if row.effective_from <= at:
            key = (row.prefix, row.origin)
            latest[key] = max(latest.get(key, ""), row.effective_from)
    return {_row_key(row) for row in rows if row.effective_from < latest.get((row.prefix, row.origin), "")}


def _unused_keys(rows: Iterable[RateRow], at: str, origins: Collection[str]) -> set[str]:
    """Return the keys of rows for `*` that price no call: each origin has a row of its own from the same time on. A row
    of the deck takes no call from a price list.
    """
    exact: dict[tuple[str, str], list[RateRow]] = {}
    for row in rows:
        if row.origin != ANY_ORIGIN:
            exact.setdefault((row.prefix, row.origin), []).append(row)

    def has_own_row(row: RateRow, origin: str) -> bool:
        own = (one for one in exact.get((row.prefix, origin), ()) if one.price_list or not row.price_list)
        return any(one.effective_from <= max(at, row.effective_from) for one in own)

    general = [row for row in rows if row.origin == ANY_ORIGIN]
    return {_row_key(row) for row in general if all(has_own_row(row, origin) for origin in origins)}


def _row_key(row: RateRow) -> str:
    return f"{row.prefix} {row.origin} {row.effective_from}"


Show = Callable[[RateRow, RateRow | None], dict[str, Any]]
"""Makes the item of a row and of the row that will replace it."""
