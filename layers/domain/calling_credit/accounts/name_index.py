"""The index of names and mail addresses: which items an account's or a user's name and an account's addresses have.

A name is found by the beginning of each of its words, in any case, with or without accents. Reads no table.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from calling_credit.dynamodb import index_keys
from calling_credit.dynamodb.attributes import Item, to_attributes
from calling_credit.plain_words import words_of

MAX_WORDS: Final = 8
"""The words of a name that are indexed, so that a transaction can replace them all."""

IndexItem = Mapping[str, str]
Key = tuple[str, str]


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
