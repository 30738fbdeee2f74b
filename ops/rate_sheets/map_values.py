"""Typed values of a map, each with an error that names its key."""

from decimal import Decimal, InvalidOperation
from typing import Any


class MapError(Exception):
    """A map is wrong; the message names the key and the correction."""


def table_value(data: dict[str, Any], key: str, names: tuple[str, ...] | None) -> dict[str, Any]:
    """Return a table of the map; empty without it."""
    value = data.get(key, {})
    if not isinstance(value, dict):
        raise MapError(f"{key} must be a table, [{key}].")
    unknown = sorted(set(value) - set(names)) if names else []
    if unknown:
        raise MapError(f"{key}.{unknown[0]} is no key; [{key}] has {', '.join(names or ())}.")
    return value


def text_value(data: dict[str, Any], key: str) -> str:
    """Return a text; empty without the key."""
    value = data.get(key, "")
    if not isinstance(value, str):
        raise MapError(f"{key} must be a text in quotes.")
    return value


def texts_value(value: object, key: str) -> tuple[str, ...]:
    """Return a list of texts."""
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise MapError(f"{key} must be a text in quotes, or a list of them.")
    return tuple(value)


def one_of_value(data: dict[str, Any], key: str, choices: tuple[str, ...]) -> str:
    """Return one of the choices; the first without the key."""
    value = data.get(key, choices[0])
    if value not in choices or not isinstance(value, str):
        named = " or ".join(dict.fromkeys(f'"{choice}"' for choice in choices if choice))
        raise MapError(f"{key} must be {named}.")
    return value


def flag_value(data: dict[str, Any], key: str) -> bool:
    """Return true or false; false without the key."""
    value = data.get(key, False)
    if not isinstance(value, bool):
        raise MapError(f"{key} must be true or false.")
    return value


def decimal_value(value: object, key: str) -> Decimal:
    """Return an exact decimal."""
    try:
        number = Decimal(str(value)) if isinstance(value, str | int) and not isinstance(value, bool) else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise MapError(f'{key} must be a decimal such as 11 or 0.0125; a map has it in quotes: "0.0125".')
    return number
