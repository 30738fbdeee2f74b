"""Units that headers, sentences, and cells state: cents or dollars, and the seconds that a price is for."""

import re
from typing import Final

from ops.rate_sheets.amounts import names_cents, names_dollars, words

_UNITS: Final = {
    1: r"s|secs?|seconds?|sekunden?|sek|segundos?|secondes?|secondo|секунд\w*|сек",
    60: r"m|mins?|minutes?|minuten?|minutos?|minuto|минут\w*|мин",
    3600: r"h|hrs?|hours?|stunden?|horas?|heures?|ora|час\w*",
}
_PER: Final = r"(?:(?<![0-9])(?<![0-9] )/|\b(?:per|a|each|every|pro|je|por|par|al|за)\b)[ -]?"
_FOR: Final = {
    seconds: re.compile(rf"{_PER}([0-9]{{1,5}})?[ -]?(?:{names})\b", re.IGNORECASE) for seconds, names in _UNITS.items()
}
_BARE: Final = re.compile(
    r"^(?:usd |us\$ |\$ )?(?:rate|price|cost|charge|tariff)s?,? ?[(\[]? ?(?:in )?(?:usd|us\$|\$)? ?sec(?:ond)?s?[)\]]?$"
    r"|\bpps\b",
    re.IGNORECASE,
)
_ABOUT_PRICES: Final = re.compile(
    r"\b(?:rates?|prices?|pricing|tariffs?|costs?|charges?|amounts?|values?)\b", re.IGNORECASE
)
_ABOUT_BILLING: Final = re.compile(r"bill|increment|round|pulse|interval|nearest|charged", re.IGNORECASE)
_CENTS: Final = re.compile(
    r"\b(?:in|are|as|is) (?:usd? |u\.s\. |us\$ |american )?(?:dollar )?cents?\b"
    r"|\bcents? ?(?:per|/|a)\b|\bcents?/|¢|\bUSc\b",
    re.IGNORECASE,
)
_OTHER: Final = re.compile(
    r"\bmil(?:l|le)s?\b|\b(?:x|per|for) ?(?:1,?000|thousand|k)\b(?! ?m(?:in|$))|\b(?:sms|mms|messages?|mb|gb)\b|‰",
    re.IGNORECASE,
)
_IN_MINUTES: Final = re.compile(r"\((?:in )?(?:m|mins?|minutes?)\)|\bin (?:mins?|minutes?)\b", re.IGNORECASE)
_SENTENCES: Final = re.compile(r"[.;!\n]\s|\n|;")
MAX_SENTENCE: Final = 400
UNIT_HEADER: Final = re.compile(
    r"^(?!.*(?:bill|incr|pulse|round|unit id))"
    r"(?:.*\b(?:unit|uom|basis)s?\b|(?:rate|price|charged?) (?:per|type|unit)$)",
    re.IGNORECASE,
)
"""A column that may state the unit of the prices beside it."""


QUALITY: Final = re.compile(r"\b(?:quality|tier|grade|product|service|class|plan|level|route type)\b", re.IGNORECASE)
"""A column that may distinguish several prices of one code."""
CLOSING: Final = re.compile(
    r"^(?:forbidden|hidden|discontinued|closed|deleted|blocked|(?:en|dis)abled|(?:in)?active)$", re.IGNORECASE
)
"""A column that may close rows by 0 and 1, or by yes and no."""


def priced_seconds(text: str) -> int | None:
    """Return the seconds that a price is for, as a text states: 60 for `per minute`, 1 for `/sec`; None if it does not.

    A text with a minute and another time is about minutes: `per minute, billed per second`.

    >>> priced_seconds("USD per 30 sec")
    30
    """
    plain = words(text)
    found = [seconds * int(match[1] or 1) for seconds, unit in _FOR.items() for match in unit.finditer(plain)]
    if 60 in found:
        return 60
    if not found and _BARE.search(plain):
        return 1
    return next((seconds for seconds in found if seconds), None)


def stated_seconds(text: str) -> int | None:
    """Return the seconds other than 60 for which a text beside the table states prices; None if it states none."""
    for sentence in _about_prices(text):
        seconds = priced_seconds(sentence)
        if seconds not in (None, 60) and not _ABOUT_BILLING.search(sentence):
            return seconds
    return None


def states_cents(text: str) -> bool:
    """Return whether a text beside the table states that prices are cents."""
    return any(
        _CENTS.search(words(sentence)) and not _ABOUT_BILLING.search(sentence) for sentence in _about_prices(text)
    )


def _about_prices(text: str) -> list[str]:
    """Return the short sentences of a text that are about prices; a text of a few words is about nothing else."""
    if len(text) > 4 * MAX_SENTENCE:
        return []
    sentences = [sentence for sentence in _SENTENCES.split(text) if 0 < len(sentence) <= MAX_SENTENCE]
    return [sentence for sentence in sentences if len(sentence) <= 30 or _ABOUT_PRICES.search(words(sentence))]


def unknown_unit(header: str) -> str:
    """Return a unit of a header that no key of a map names, such as mills or SMS; empty if there is none."""
    found = _OTHER.search(words(header))
    return found[0] if found else ""


def is_in_minutes(header: str) -> bool:
    """Return whether the header of a minimum or an increment states minutes, where seconds are needed."""
    return _IN_MINUTES.search(words(header)) is not None


def is_in_dollars(header: str) -> bool:
    """Return whether a header states dollars, and not cents."""
    return names_dollars(header) and not names_cents(header)
