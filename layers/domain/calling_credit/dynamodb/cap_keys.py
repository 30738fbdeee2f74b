"""Spell the keys of what the caps of an account depend on: the countries it knows, and the cards that paid it."""

from calling_credit.dynamodb import keys

_KNOWN = "KNOWN#"


def known_sk(country: str) -> str:
    """A country that the account knows."""
    return f"{_KNOWN}{country}"


def country_in(sort_key: str) -> str:
    """The country of a `KNOWN#…` sort key."""
    return sort_key.removeprefix(_KNOWN)


def known_range() -> tuple[str, str]:
    """Bounds of a Query over the countries that the account knows."""
    return _KNOWN, f"{_KNOWN}{keys.AFTER}"


def indexed_sk() -> str:
    """When the account's countries were indexed."""
    return "COUNTRIES_INDEXED"


def card_money_sk() -> str:
    """The first payment of each card, and what it bought."""
    return "CARD_MONEY"


def topup_range() -> tuple[str, str]:
    """Bounds of a Query over all payments of an account, in no order of time."""
    return keys.topup_sk(""), keys.topup_sk(keys.AFTER)
