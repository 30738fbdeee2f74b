"""Writes amounts of money, dates, and names of cards as readers of a language expect them."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

NO_BREAK: Final = "\u00a0"
"""Keeps a number and its unit on one line."""
MONTHS: Final[Mapping[str, tuple[str, ...]]] = {
    "en": (
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ),
    "fr": (
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ),
}
BRANDS: Final[Mapping[str, str]] = {
    "amex": "Amex",
    "cartes_bancaires": "Cartes Bancaires",
    "diners": "Diners Club",
    "discover": "Discover",
    "eftpos_au": "eftpos",
    "interac": "Interac",
    "jcb": "JCB",
    "mastercard": "Mastercard",
    "unionpay": "UnionPay",
    "visa": "Visa",
}
"""Stripe's brands of cards (docs.stripe.com/api/payment_methods/object, `card.brand`) as people write them."""
BANK_ACCOUNT: Final = "us_bank_account"
"""The `brand` of a bank account."""


def money(amount: str, language: str) -> str:
    """Return an amount of US dollars, such as `-1234.50`, as people write it: `-$1,234.50`, or `-1 234,50 $ US`.

    The French form is that of the Office québécois de la langue française, with spaces that do not break.
    """
    sign = "-" if amount.startswith("-") else ""
    dollars, _, cents = amount.removeprefix("-").partition(".")
    grouped = f"{int(dollars):,}"
    if language == "fr":
        return f"{sign}{grouped.replace(',', NO_BREAK)},{cents}{NO_BREAK}${NO_BREAK}US"
    return f"{sign}${grouped}.{cents}"


def month(moment: datetime, language: str) -> str:
    """Return the month of a moment: `December 2026`, or `décembre 2026`."""
    return f"{MONTHS[language][moment.month - 1]} {moment.year}"


def day(moment: datetime, language: str) -> str:
    """Return the day of a moment: `December 1, 2026`, or `1er décembre 2026`."""
    if language == "fr":
        number = "1er" if moment.day == 1 else str(moment.day)
        return f"{number}{NO_BREAK}{month(moment, language)}"
    return f"{MONTHS[language][moment.month - 1]} {moment.day}, {moment.year}"


def instant(moment: datetime, language: str) -> str:
    """Return a moment in UTC: `December 1, 2026, 09:05 UTC`, or `1er décembre 2026 à 9 h 05 UTC`."""
    if language == "fr":
        clock = f"{moment.hour}{NO_BREAK}h{NO_BREAK}{moment.minute:02}{NO_BREAK}UTC"
        return f"{day(moment, language)} à {clock}"
    return f"{day(moment, language)}, {moment:%H:%M} UTC"
