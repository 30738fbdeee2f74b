"""The ordinary numbers of the home countries: landline, mobile, and toll-free numbers, which a deck must include.

Premium, directory, and personal numbers of a home country are not ordinary. Does not depend on any deck.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Final

from calling_credit.numbering import UNKNOWN_COUNTRY, country_of
from calling_credit.ordinary_numbers_data import NEWER_AREA_CODES, ORDINARY_PREFIXES

DEFAULT_HOME_COUNTRIES: Final = frozenset({"US", "CA"})
NORTH_AMERICA: Final = "1"
AREA_CODE_DIGITS: Final = 4
"""The digits of a prefix that is an area code of +1."""
_TOLL_FREE: Final = "NANP"
_NORTH_AMERICAN = re.compile(r"\+(1[2-9](?!11)[0-8][0-9])[2-9][0-9]{6}")
_SPECIAL_EXCHANGES: Final = ("976", "5551212")
"""Mass announcements, and directory assistance: both are billed, in every area code (NANPA, Central Office Codes)."""
_NO_EXCHANGE: Final = ("0", "1")
"""No exchange of +1 begins with these digits."""


TOLL_FREE_CODES: Final = frozenset(ORDINARY_PREFIXES[_TOLL_FREE].split())
"""The toll-free area codes of +1, such as `1800`; all its countries share them."""


@cache
def is_toll_free_home(countries: frozenset[str]) -> bool:
    """Return whether toll-free numbers of +1 are home: a home country has area codes of +1."""
    prefixes = (prefix for country in countries for prefix in ORDINARY_PREFIXES.get(country, "").split())
    return any(prefix.startswith(NORTH_AMERICA) for prefix in prefixes)


class HomeNumbers:
    """Tells ordinary numbers of the home countries from all others.

    `added` maps area codes that are newer than the tables, such as `1436`, to their country.
    """

    def __init__(
        self, countries: Iterable[str] = DEFAULT_HOME_COUNTRIES, added: Mapping[str, str] | None = None
    ) -> None:
        self.countries = frozenset(countries)
        self.added = dict(added or {})
        owners = self.countries | ({_TOLL_FREE} if is_toll_free_home(self.countries) else set())
        self._is_home = {prefix: owner in owners for prefix, owner in _owners().items()}
        self._is_home |= {code: country in self.countries for code, country in self.added.items()}
        self.prefixes = tuple(prefix for prefix, is_home in self._is_home.items() if is_home)
        """The area codes and other prefixes of ordinary home numbers."""

    def is_home(self, prefix: str) -> bool:
        """Return whether the numbers that begin so are ordinary numbers of a home country."""
        if prefix[:1] == NORTH_AMERICA:
            rest = prefix[AREA_CODE_DIGITS:]
            return self._is_home.get(prefix[:AREA_CODE_DIGITS], False) and not _is_special(rest)
        lengths = range(len(prefix), 0, -1)
        return next((self._is_home[prefix[:n]] for n in lengths if prefix[:n] in self._is_home), False)

    def may_be_home(self, prefix: str, country: str) -> bool:
        """Return whether a deck may, but need not, include a prefix of +1: its area code is one of the newer ones."""
        is_newer = NEWER_AREA_CODES.get(prefix[:AREA_CODE_DIGITS]) == country and country in self.countries
        return is_newer and not _is_special(prefix[AREA_CODE_DIGITS:])


def is_unknown_area_code(number: str) -> bool:
    """Return whether an E.164 number has the form of a number of +1, and no table knows its area code."""
    match = _NORTH_AMERICAN.fullmatch(number)
    return match is not None and country_of(match[1]) == UNKNOWN_COUNTRY


def _is_special(rest: str) -> bool:
    """Return whether the digits after an area code of +1 begin no ordinary exchange."""
    return rest.startswith((*_NO_EXCHANGE, *_SPECIAL_EXCHANGES))


@cache
def _owners() -> dict[str, str]:
    return {prefix: owner for owner, prefixes in ORDINARY_PREFIXES.items() for prefix in prefixes.split()}
