"""Bundles of included minutes: an account or a line has some, each for countries or prefixes, with minutes a month.

Parsing, views, stored form, and which bundles cover a call. A line's bundles come first, then its account's, each in
the order in which the operator listed them. One bundle covers a call: the first one that has seconds left.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from calling_credit.dynamodb import minute_keys
from calling_credit.errors import InvalidValue, ProblemCode
from calling_credit.instants import local_month
from calling_credit.numbering import COUNTRIES
from calling_credit.rates.covered_calls import PREMIUM_CATEGORY, costs
from calling_credit.rates.deck import RateRow

MAX_BUNDLES: Final = 10
MAX_PLACES: Final = 100
MAX_MINUTES: Final = 1_000_000
MAX_NAME_BYTES: Final = 40
"""A name is part of each entry that the bundle covers, which takes one write unit."""
_FIELDS: Final = frozenset({"name", "countries", "prefixes", "minutes"})
_PREFIX: Final = re.compile(r"[1-9][0-9]{0,11}")
_NAME: Final = re.compile(r"[^#\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")


@dataclass(frozen=True, slots=True)
class Bundle:
    """Minutes a month to some places: `countries` (`GB`), or `prefixes` (digits, no +). It covers calls from the local
    month on in which it was stored, at `since`; "" is now.
    """

    name: str
    minutes: int
    countries: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    since: str = ""

    def covers(self, row: RateRow, number: str) -> bool:
        """Whether the bundle is for a number that this row prices. Short codes are no places. A country does not
        include its premium numbers; a prefix includes all numbers that begin with it.
        """
        if not number.startswith("+") or not costs(row):
            return False
        if self.prefixes:
            return number[1:].startswith(self.prefixes)
        return row.country in self.countries and row.category != PREMIUM_CATEGORY


@dataclass(frozen=True, slots=True)
class OwnBundle:
    """A bundle, and the line that has it; None: the account."""

    line_id: str | None
    bundle: Bundle

    def counter(self, month: str) -> str:
        """The name of its counter in a local month (`yyyy-mm`)."""
        return minute_keys.counter_of(month, self.line_id, self.bundle.name)


def own_bundles(account: Sequence[Bundle], line_id: str, line: Sequence[Bundle]) -> tuple[OwnBundle, ...]:
    """The bundles for calls of a line, in the order in which they cover calls."""
    return (*(OwnBundle(line_id, bundle) for bundle in line), *(OwnBundle(None, bundle) for bundle in account))


def covering(
    bundles: Sequence[OwnBundle], row: RateRow, number: str, month: str, time_zone: str
) -> Iterator[OwnBundle]:
    """Yield the bundles for a call that began in a local month (`yyyy-mm`), by the row that prices it."""
    for own in bundles:
        since = local_month(datetime.fromisoformat(own.bundle.since), time_zone)
        if since <= month and own.bundle.covers(row, number):
            yield own


def parse_bundles(value: object, current: Sequence[Bundle]) -> tuple[Bundle, ...]:
    """Parse `[{name, countries | prefixes, minutes}]`; null or an empty list removes all. A bundle with the name of a
    current one is that bundle, with its time of storing.

    Raises:
        InvalidValue: invalid_bundles.
    """
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > MAX_BUNDLES:
        raise _invalid(f"bundles must be a list of at most {MAX_BUNDLES} objects {{name, countries, minutes}}.")
    since = {bundle.name: bundle.since for bundle in current}
    bundles = tuple(_parse(fields, f"bundles[{position}]", since) for position, fields in enumerate(value))
    names = [bundle.name for bundle in bundles]
    for position, name in enumerate(names):
        if name in names[:position]:
            raise _invalid(f"bundles[{position}].name is that of another bundle of the list; give each its own name.")
    return bundles


def _parse(fields: object, where: str, since: Mapping[str, str]) -> Bundle:
    if not isinstance(fields, dict) or set(fields) - _FIELDS:
        raise _invalid(f"{where} must be an object with name, minutes, and either countries or prefixes.")
    name, minutes = fields.get("name"), fields.get("minutes")
    if not isinstance(name, str) or not _NAME.fullmatch(name) or name != name.strip():
        raise _invalid(f"{where}.name must be text without # and without spaces around it, such as the UK.")
    if len(name.encode()) > MAX_NAME_BYTES:
        raise _invalid(f"{where}.name must have at most {MAX_NAME_BYTES} bytes in UTF-8; shorten it.")
    if not isinstance(minutes, int) or isinstance(minutes, bool) or not 0 <= minutes <= MAX_MINUTES:
        raise _invalid(f"{where}.minutes must be a whole number of minutes a month, from 0 to {MAX_MINUTES}.")
    countries = _places(fields, where, "countries", "countries such as GB")
    prefixes = _places(fields, where, "prefixes", "prefixes of 1 to 12 digits, without +, such as 4420")
    if bool(countries) == bool(prefixes):
        raise _invalid(f"{where} needs either countries or prefixes; send one of them, with at least one place.")
    return Bundle(name, minutes, countries, prefixes, since.get(name, ""))


def _places(fields: Mapping[str, Any], where: str, name: str, form: str) -> tuple[str, ...]:
    value = fields.get(name, [])
    is_place = COUNTRIES.__contains__ if name == "countries" else _PREFIX.fullmatch
    if not isinstance(value, list) or len(value) > MAX_PLACES:
        raise _invalid(f"{where}.{name} must be a list of at most {MAX_PLACES} {form}.")
    for position, place in enumerate(value):
        if not isinstance(place, str) or not is_place(place):
            raise _invalid(f"{where}.{name}[{position}] is not allowed; send {form}.")
    return tuple(dict.fromkeys(value))


def _invalid(detail: str) -> InvalidValue:
    return InvalidValue(ProblemCode.INVALID_BUNDLES, detail)


def bundles_view(bundles: Sequence[Bundle]) -> list[dict[str, Any]]:
    """Bundles as the operator's API shows them."""
    return [
        {
            "name": bundle.name,
            "countries": list(bundle.countries),
            "prefixes": list(bundle.prefixes),
            "minutes": bundle.minutes,
        }
        for bundle in bundles
    ]


def bundles_to_item(bundles: Sequence[Bundle], at: str) -> list[Any] | None:
    """The stored form; None without bundles. New ones begin at this time."""
    items = [
        {
            "name": bundle.name,
            "minutes": bundle.minutes,
            **({"countries": list(bundle.countries)} if bundle.countries else {"prefixes": list(bundle.prefixes)}),
            "since": bundle.since or at,
        }
        for bundle in bundles
    ]
    return items or None


def bundles_from_item(items: Sequence[Mapping[str, Any]]) -> tuple[Bundle, ...]:
    """The bundles of an account's or a line's item."""
    for item in items:
        datetime.fromisoformat(item["since"])
    return tuple(
        Bundle(
            str(item["name"]),
            int(item["minutes"]),
            tuple(item.get("countries", ())),
            tuple(item.get("prefixes", ())),
            str(item["since"]),
        )
        for item in items
    )
