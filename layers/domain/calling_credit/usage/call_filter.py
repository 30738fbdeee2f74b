"""Which calls of an account a request selects: a category, a user, a line, a country, a day, and a text to find.

Names of users and countries and the numbers of lines are looked up before the query, because entries hold only ids and
codes. Numbers are reduced to digits. An entry holds a destination as its deck spells it, so the usual spellings of a
word are searched: as typed, in small letters, in capitals, and with capital initials. Does not read the table.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from calling_credit.country_names import countries_named
from calling_credit.errors import InvalidValue, ProblemCode
from calling_credit.instants import Period, parse_date
from calling_credit.ledger.entries import EntryKind
from calling_credit.ledger.entry_filter import EntryFilter
from calling_credit.numbering import COUNTRIES
from calling_credit.plain_words import has_words, words_of
from calling_credit.usage.summary import check_call_category

MAX_FIND_CHARACTERS: Final = 100
MAX_WORDS: Final = 6
MAX_IDS: Final = 50
"""The users and lines that one word selects. A filter of DynamoDB has at most 4,096 characters."""
_NUMBER: Final = re.compile(r"[\d\s()+./\u2010-\u2015-]*\d[\d\s()+./\u2010-\u2015-]*", re.ASCII)
_TRUNK_ZERO: Final = re.compile(r"\(0\)")
CALL_KINDS: Final = (EntryKind.CALL_CHARGED, EntryKind.CALL_TAKEN_BACK)


@dataclass(frozen=True, slots=True)
class Directory:
    """The names of an account's users and the numbers of its lines, by id."""

    users: Mapping[str, str]
    lines: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class CallFilter:
    """The calls that a request selects. None and "" select all."""

    category: str | None = None
    user_id: str | None = None
    line_id: str | None = None
    country: str | None = None
    day: date | None = None
    find: str = ""

    @property
    def is_search(self) -> bool:
        """Whether most entries of a period may not match."""
        return any((self.user_id, self.line_id, self.country, self.find))

    @property
    def scope(self) -> tuple[str, ...]:
        """What a cursor belongs to besides category, period, and user. Without other filters it is empty, as in earlier
        releases.
        """
        given = {"line_id": self.line_id, "country": self.country, "find": self.find}
        return tuple(f"{name}={value}" for name, value in given.items() if value)

    def narrowed(self, period: Period) -> Period:
        """The period, or its one day.

        Raises:
            InvalidValue: invalid_date_range, the day lies outside.
        """
        if self.day is None:
            return period
        if not period.holds(self.day.isoformat()):
            raise InvalidValue(ProblemCode.INVALID_DATE_RANGE, "date must lie between from and to.")
        return Period(self.day, self.day)

    def conditions(self, period: Period, directory: Directory) -> EntryFilter:
        """The conditions on entries of the period."""
        matching = EntryFilter().of_period(period)
        matching.require(matching.one_of("kind", CALL_KINDS))
        given = {"category": self.category, "user_id": self.user_id, "line_id": self.line_id, "country": self.country}
        for name, value in given.items():
            if value:
                matching.require(matching.one_of(name, [value]))
        for words in [self.find] if is_number(self.find) else self.find.split():
            matching.require(*_terms(matching, words, directory))
        return matching


def parse_call_filter(query: Callable[[str], str | None], category: str | None) -> CallFilter:
    """Parse the filters of a request: `user_id`, `line_id`, `country`, `date`, `find`. `query` returns a parameter.

    Raises:
        NotFound: unknown_category. InvalidValue: unknown_country, invalid_date, invalid_query.
    """
    if category is not None:
        check_call_category(category)
    country, day = query("country"), query("date")
    if country and country.upper() not in COUNTRIES:
        raise InvalidValue(
            ProblemCode.UNKNOWN_COUNTRY, "country must be a country code such as GB, or 001 for global networks."
        )
    return CallFilter(
        category,
        query("user_id") or None,
        query("line_id") or None,
        country.upper() if country else None,
        parse_date(day, "date") if day else None,
        parse_find(query("find")),
    )


def parse_find(text: str | None) -> str:
    """Parse the text to find; "" finds everything.

    Raises:
        InvalidValue: invalid_query.
    """
    found = " ".join((text or "").split())
    if len(found) > MAX_FIND_CHARACTERS or (not is_number(found) and len(found.split()) > MAX_WORDS):
        raise InvalidValue(
            ProblemCode.INVALID_QUERY,
            f"find can have at most {MAX_WORDS} words and {MAX_FIND_CHARACTERS} characters; search for fewer words.",
        )
    return found


def is_number(text: str) -> bool:
    """Whether a text is a telephone number or a part of one, as people write it."""
    return _NUMBER.fullmatch(text) is not None


def spellings_of_number(text: str) -> list[str]:
    """The digits of a part of a number: as written, and without an international prefix or a trunk zero."""
    digits = "".join(filter(str.isdigit, _TRUNK_ZERO.sub("", text)))
    shorter = [digits.removeprefix(prefix) for prefix in ("011", "00", "0")]
    return list(dict.fromkeys(one for one in (digits, *shorter) if one))


def spellings(word: str) -> list[str]:
    """The spellings in which a destination may hold a word."""
    return list(dict.fromkeys((word, word.lower(), word.upper(), word.capitalize(), word.title())))


def found_in_number(number: str, text: str) -> bool:
    """Whether a number contains the digits of a text."""
    return is_number(text) and any(digits in number for digits in spellings_of_number(text))


def found_in_name(name: str, word: str) -> bool:
    """Whether a name contains a word, in any case, or the beginning of a word, with or without accents."""
    words = words_of(word)
    return word.casefold() in name.casefold() or (bool(words) and has_words(name, words))


def line_matches(number: str, user_name: str, find: str) -> bool:
    """Whether a line is found by its number or by the words of its user's name."""
    return found_in_number(number, find) or all(found_in_name(user_name, word) for word in find.split())


def _terms(matching: EntryFilter, text: str, directory: Directory) -> Iterator[str]:
    """The terms of which one must hold for a call to be found by a number or a word."""
    lines: list[str] = []
    if is_number(text):
        for digits in spellings_of_number(text):
            yield matching.contains("to", digits)
        lines = _found(directory.lines, lambda number: found_in_number(number, text))
    for spelling in spellings(text):
        yield matching.contains("destination", spelling)
    users = _found(directory.users, lambda name: found_in_name(name, text))
    lines = lines[: max(MAX_IDS - len(users), MAX_IDS // 2)]
    for name, found in (("line_id", lines), ("user_id", users[: MAX_IDS - len(lines)])):
        if found:
            yield matching.one_of(name, found)
    if countries := countries_named(text):
        yield matching.one_of("country", countries)


def _found(values: Mapping[str, str], matches: Callable[[str], bool]) -> list[str]:
    return [identifier for identifier, value in values.items() if matches(value)][:MAX_IDS]
