"""Finds countries by a part of their names, by an alias such as UK, or by their codes."""

from functools import cache
from typing import Final

from calling_credit.country_names_data import NAMES_BY_COUNTRY
from calling_credit.plain_words import has_words, words_of

MAX_FOUND: Final = 25
"""The countries that one word finds. Of one letter, many names begin with it."""


def countries_named(text: str) -> list[str]:
    """Return the codes of the countries that have this code, or a name with words that begin like those of the text, in
    any case, with or without accents.
    """
    words = words_of(text)
    code = text.strip().upper()
    found = [
        country
        for country, names in names_by_country().items()
        if words and any(has_words(name, words) for name in names)
    ]
    if code in names_by_country():
        found = [code, *(country for country in found if country != code)]
    return found[:MAX_FOUND]


@cache
def names_by_country() -> dict[str, tuple[str, ...]]:
    """The names of each country by its code; the first is its usual English name."""
    entries = (entry.partition(" ") for entry in " ".join(NAMES_BY_COUNTRY.split()).split("; "))
    return {code: tuple(names.split(" | ")) for code, _, names in entries}
