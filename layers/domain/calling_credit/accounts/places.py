"""Places in limits: countries such as `CU`, or prefixes such as `+1900`."""

import re
from typing import Final

from calling_credit.errors import InvalidValue, ProblemCode
from calling_credit.numbering import COUNTRIES, GLOBAL_NETWORKS, countries_below

MAX_PLACES: Final = 300
MAX_ALLOWED_PLACES: Final = 20
MIN_PREFIX_DIGITS: Final = 3

_PREFIX = re.compile(r"\+[1-9][0-9]{0,14}")


def names_place(places: tuple[str, ...], digits: str, country: str) -> bool:
    """Whether one of these places is, or has, this number (digits, no +) of this country."""
    return any(digits.startswith(place[1:]) if place[0] == "+" else place == country for place in places)


def parse_places(name: str, value: object) -> tuple[str, ...]:
    """Parse a list of places, sorted.

    Raises:
        InvalidValue: invalid_place.
    """
    if (
        not isinstance(value, list)
        or len(value) > MAX_PLACES
        or not all(isinstance(place, str) and (place in COUNTRIES or _PREFIX.fullmatch(place)) for place in value)
    ):
        detail = f'{name} must be a list of at most {MAX_PLACES} countries such as "CU" or prefixes such as "+1900".'
        raise InvalidValue(ProblemCode.INVALID_PLACE, detail)
    return tuple(sorted(set(value)))


def parse_allowed_places(name: str, value: object) -> tuple[str, ...]:
    """Parse the places that may cost more. Each allows one country or one global network, so that no request switches
    the guard off for a large part of the world. Stored values are not checked again: an earlier release accepted more.

    Raises:
        InvalidValue: invalid_place.
    """
    places = parse_places(name, value)
    if len(places) > MAX_ALLOWED_PLACES:
        detail = f"{name} can name at most {MAX_ALLOWED_PLACES} places. Raise high_cost if more must be reachable."
        raise InvalidValue(ProblemCode.INVALID_PLACE, detail)
    for place in places:
        if not is_one_destination(place):
            detail = (
                f'{name} must not name {place}: send a country such as "CU", or a prefix such as "+8816" of at least '
                f"{MIN_PREFIX_DIGITS} digits whose numbers all belong to one country or one global network."
            )
            raise InvalidValue(ProblemCode.INVALID_PLACE, detail)
    return places


def is_one_destination(place: str) -> bool:
    """Whether a place is a country, or a prefix inside one country or one global network."""
    if not place.startswith("+"):
        return place != GLOBAL_NETWORKS
    return len(place) > MIN_PREFIX_DIGITS and len(countries_below(place[1:])) == 1
