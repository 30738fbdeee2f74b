"""Finds countries by a part of their names, by an alias such as UK, or by their codes."""

import json
from functools import cache
from pathlib import Path
from typing import Final

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
    """The names of each country by its code (ISO 3166-1 alpha-2, `XK`, or `001` for global networks): in English, the
    first, and French after Unicode CLDR, and others by which people search. The Billing page searches by the same file.
    """
    text = Path(__file__).with_suffix(".json").read_text(encoding="utf-8")
    return {code: tuple(names) for code, names in json.loads(text).items()}
