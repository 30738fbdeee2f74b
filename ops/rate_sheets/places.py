"""The country and the category of a code, from the numbering tables, and what the name of a row says about it."""

from functools import cache
from typing import Final

from calling_credit.country_names import names_by_country
from calling_credit.numbering import GLOBAL_NETWORKS, UNKNOWN_COUNTRY, countries_below, country_of
from calling_credit.plain_words import words_of
from ops.rate_sheets.premium_prefixes import PREMIUM_PREFIXES, USUAL_PREFIXES

INTERNATIONAL: Final = "outbound_international_call"
PREMIUM: Final = "outbound_premium_call"
SATELLITE_PREFIXES: Final = ("870", "881", "882", "883")
"""Global networks: Inmarsat, and networks such as Iridium, Thuraya, and those of ships and airplanes (ITU-T E.164)."""
_ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "AE": ("uae",),
    "BN": ("brunei",),
    "BO": ("bolivia",),
    "CD": (
        "congo democratic republic",
        "dr congo",
        "congo dem rep",
        "zaire",
    ),
    "CI": ("ivory coast",),
    "CV": ("cape verde",),
    "CZ": ("czech republic",),
    "FM": ("micronesia",),
    "GB": (
        "uk",
        "great britain",
        "england",
    ),
    "HK": ("hong kong",),
    "IR": ("iran",),
    "KP": (
        "korea north",
        "north korea",
    ),
    "KR": (
        "korea south",
        "south korea",
        "republic of korea",
    ),
    "LA": ("laos",),
    "MD": ("moldova",),
    "MK": ("macedonia",),
    "MM": ("burma",),
    "MO": ("macau",),
    "NL": ("holland",),
    "PS": ("palestine",),
    "RU": ("russian federation",),
    "SY": ("syria",),
    "SZ": ("swaziland",),
    "TL": ("east timor",),
    "TR": ("turkey",),
    "TW": ("taiwan",),
    "TZ": ("tanzania",),
    "US": (
        "usa",
        "united states of america",
    ),
    "VA": ("vatican",),
    "VE": ("venezuela",),
    "VN": (
        "vietnam",
        "viet nam",
    ),
}
_LONGEST_NAME: Final = 6
_SAME_PLAN: Final = tuple(
    frozenset(plan.split())
    for plan in (
        "RU KZ", "GB GG JE IM", "IT VA", "FI AX", "NO SJ", "AU CX CC", "MA EH",
        "GP BL MF", "RE YT", "CW BQ", "SH TA AC", "RS XK",
    )
)  # fmt: skip
"""Countries that share a calling code, whose names carriers mix."""


def country_of_code(code: str) -> str:
    """Return the country of a code; UNKNOWN_COUNTRY if it belongs to none or to several."""
    return country_of(code)


def is_shared(code: str) -> bool:
    """Return whether a code has no country of its own because it begins the codes of several, such as 1."""
    return country_of(code) == UNKNOWN_COUNTRY and len(countries_below(code)) > 0


def category_of(code: str) -> str:
    """Return the category of a code: premium for premium numbers and satellites, else international."""
    if code.startswith(SATELLITE_PREFIXES):
        return PREMIUM
    premium, usual = _premium()
    for length in range(len(code), 0, -1):
        if code[:length] in premium:
            return PREMIUM
        if code[:length] in usual:
            return INTERNATIONAL
    return INTERNATIONAL


@cache
def _premium() -> tuple[frozenset[str], frozenset[str]]:
    return frozenset(PREMIUM_PREFIXES.split()), frozenset(USUAL_PREFIXES.split())


@cache
def named_country(name: str) -> str:
    """Return the country with whose name a destination begins, the longest name; empty if it begins with none."""
    words = words_of(name)
    for length in range(min(len(words), _LONGEST_NAME), 0, -1):
        country = _countries_by_words().get(words[:length])
        if country is not None:
            return country
    return ""


def is_other_country(name: str, country: str) -> str:
    """Return the country that a name says instead of the country of the code; empty if both may be the same."""
    named = named_country(name)
    if not named or named == country or GLOBAL_NETWORKS in (named, country):
        return ""
    return "" if any({named, country} <= plan for plan in _SAME_PLAN) else named


@cache
def _countries_by_words() -> dict[tuple[str, ...], str]:
    found: dict[tuple[str, ...], str] = {}
    for country, names in names_by_country().items():
        for name in names:
            found.setdefault(words_of(name), country)
    found.update({words_of(name): country for country, names in _ALIASES.items() for name in names})
    return found


@cache
def english_name(country: str) -> str:
    """Return the name of a country for a row that has none."""
    return next(iter(names_by_country().get(country, ())), country)
