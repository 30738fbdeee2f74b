"""The index of names and mail addresses: which items an account's or a user's name and an account's addresses have.

A name is found by the beginning of each of its words, in any case, with or without accents. Reads no table.
"""

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any, Final

from calling_credit.dynamodb import index_keys
from calling_credit.dynamodb.attributes import Item, to_attributes

MAX_WORDS: Final = 8
"""The words of a name that are indexed, so that a transaction can replace them all."""
MAX_WORD_CHARACTERS: Final = 64
"""The beginning of a word that is indexed. Decomposing makes several letters of one, and a sort key has 1,024 bytes."""
_IN_WORDS: Final = "'\u2019\u02bc`\u00b4"
"""Apostrophes, which belong to a word: O'Neil is oneil."""

IndexItem = Mapping[str, str]
Key = tuple[str, str]


def words_of(text: str) -> tuple[str, ...]:
    """Return the beginnings of the distinct words of a text, without case, accents, and punctuation, in their order."""
    decomposed = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    kept = (character for character in decomposed if unicodedata.category(character) != "Mn")
    spaced = "".join(_plain(character) for character in kept)
    return tuple(dict.fromkeys(word[:MAX_WORD_CHARACTERS] for word in spaced.split()))


def has_words(name: str, beginnings: Iterable[str]) -> bool:
    """Whether each of the words begins a word of a name."""
    words = words_of(name)
    return all(any(word.startswith(beginning) for word in words) for beginning in beginnings)


def normalized_address(address: str) -> str:
    """The form of an address in which it is stored and found."""
    return address.strip().casefold()


def name_items(account_id: str, owner: str, name: str | None) -> dict[Key, IndexItem]:
    """The items of a name, by key. `owner` is `index_keys.OF_ACCOUNT` or a user."""
    keys = [
        (index_keys.name_pk(word), index_keys.name_sk(word, account_id, owner))
        for word in words_of(name or "")[:MAX_WORDS]
    ]
    return {key: {"account_id": account_id, "name": name or ""} for key in keys}


def mail_items(account_id: str, addresses: Iterable[str]) -> dict[Key, IndexItem]:
    """The items of an account's addresses, by key."""
    distinct = {normalized_address(address): address for address in addresses}
    return {
        (index_keys.mail_pk(form), index_keys.mail_sk(account_id)): {"account_id": account_id, "address": address}
        for form, address in distinct.items()
    }


def index_actions(
    table_name: str, before: Mapping[Key, IndexItem], after: Mapping[Key, IndexItem]
) -> list[dict[str, Any]]:
    """The actions that replace the items of a former state."""
    gone = [{"Delete": {"TableName": table_name, "Key": _key(key)}} for key in sorted(set(before) - set(after))]
    return gone + [put_action(table_name, key, item) for key, item in sorted(after.items()) if before.get(key) != item]


def put_action(table_name: str, key: Key, item: IndexItem) -> dict[str, Any]:
    """The action that stores an item of the index."""
    stored: Item = {"PK": key[0], "SK": key[1], **item}
    return {"Put": {"TableName": table_name, "Item": to_attributes(stored)}}


def _key(key: Key) -> dict[str, Any]:
    return to_attributes({"PK": key[0], "SK": key[1]})


def _plain(character: str) -> str:
    """A character of a word, nothing for an apostrophe, and a space for what separates words."""
    if character in _IN_WORDS:
        return ""
    return character if character.isalnum() or unicodedata.category(character)[0] == "M" else " "
