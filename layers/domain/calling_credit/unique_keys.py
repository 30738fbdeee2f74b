"""Refuses JSON objects that name a key twice. Parsers disagree about which value counts, so a proxy or a log may show
another request than the one that is carried out.
"""

import json
from typing import Any, Final

MAX_SHOWN: Final = 64
NUMBER_DIGITS: Final = 7
"""From this many digits on, a key may be a phone number."""


class DuplicateKeyError(ValueError):
    """An object names this key twice."""

    def __init__(self, key: str) -> None:
        super().__init__(f"duplicate key {shown_key(key)}")
        self.key = key


def unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Return the object of these members; an `object_pairs_hook` of `json.loads`.

    Raises:
        DuplicateKeyError: two members have the same key.
    """
    members = dict(pairs)
    if len(members) != len(pairs):
        names = [name for name, _ in pairs]
        raise DuplicateKeyError(next(name for position, name in enumerate(names) if name in names[:position]))
    return members


def find_duplicate_key(text: str) -> str | None:
    """Return a key that an object at any depth of a valid JSON text names twice; None if there is none."""
    try:
        json.loads(text, object_pairs_hook=unique_keys, parse_int=str, parse_float=str)
    except DuplicateKeyError as error:
        return error.key
    return None


def has_unique_keys(text: str, members: dict[str, Any]) -> bool:
    """Whether the JSON text of an object certainly names no key twice, by its members as a parser read them: it has a
    pair of quotation marks for each key and each string, and none for a second one. False if that does not decide.
    """
    strings = sum(type(value) is str for value in members.values())
    is_flat = not any(isinstance(value, dict | list) for value in members.values())
    return is_flat and "\\" not in text and text.count('"') == 2 * (len(members) + strings)


def shown_key(key: str) -> str:
    """Return a key as details and logs show it: quoted, in ASCII, shortened, and without the digits of a number."""
    if sum(character.isdigit() for character in key) >= NUMBER_DIGITS:
        key = "".join("#" if character.isdigit() else character for character in key)
    return json.dumps(key if len(key) <= MAX_SHOWN else f"{key[:MAX_SHOWN]}...")
