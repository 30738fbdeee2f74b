"""The countries that an account knows, so that its calls there are not capped. Does not read the table.

An account knows a country that a billing admin confirmed, and one that it was charged for within twelve months. The
first charges under the cap do not make a country known: only a confirmation does. Otherwise the cap of one day would
end with its own first call.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from calling_credit.dynamodb import cap_keys, keys
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.unreadable import decoder
from calling_credit.errors import InvalidValue, ProblemCode
from calling_credit.instants import parse_date
from calling_credit.numbering import COUNTRIES

KEPT_DAYS: Final = 400
"""How long after its last charge an unconfirmed country is stored: over twelve months."""


@dataclass(frozen=True, slots=True)
class KnownCountry:
    """A country that an account was charged for last on the local day `last_on`, or that an admin confirmed. Either
    may be missing.
    """

    account_id: str
    country: str
    last_on: str | None = None
    confirmed_at: str | None = None

    def is_known(self, today: str) -> bool:
        """Whether calls on a local day (`yyyy-mm-dd`) go to a known country."""
        return self.confirmed_at is not None or (self.last_on is not None and self.last_on >= known_since(today))


def known_since(today: str) -> str:
    """The first of the twelve months before a local day."""
    day = date.fromisoformat(today)
    if (day.month, day.day) == (2, 29):
        day -= timedelta(days=1)
    return day.replace(year=day.year - 1).isoformat()


def known_from_item(attributes: dict[str, Any]) -> KnownCountry:
    """The country of an item in attribute values."""
    return known_from_plain(from_attributes(attributes))


@decoder
def known_from_plain(item: Mapping[str, Any]) -> KnownCountry:
    """The country of a plain item."""
    last_on = item.get("last_on")
    if last_on is not None:
        parse_date(last_on, "last_on")
    return KnownCountry(keys.account_of(item["PK"]), cap_keys.country_in(item["SK"]), last_on, item.get("confirmed_at"))


def check_country(country: str) -> str:
    """Return the country of a request.

    Raises:
        InvalidValue: invalid_place.
    """
    if country not in COUNTRIES:
        detail = 'country must be a code of two capital letters such as "GB", or "001" for global networks.'
        raise InvalidValue(ProblemCode.INVALID_PLACE, detail)
    return country
