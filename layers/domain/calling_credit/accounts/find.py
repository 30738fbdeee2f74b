"""Finds accounts by id, name, mail address, or phone number in any common spelling, in at most three requests."""

from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from calling_credit.accounts.name_index import normalized_address
from calling_credit.accounts.number_history import accounts_of
from calling_credit.accounts.number_store import history_from_item
from calling_credit.changes.sign_in import SignIn
from calling_credit.changes.sign_in_reader import read_signed_in
from calling_credit.dynamodb import index_keys, keys
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.batch_get import Key, read_many
from calling_credit.dynamodb.unreadable import OnUnreadable, raise_unreadable, readable
from calling_credit.ids import is_id
from calling_credit.numbering import is_e164, normalize_dialed
from calling_credit.plain_words import has_words, words_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_FOUND: Final = 20
MAX_READ: Final = 200
"""The items of names or addresses that one search reads."""
MAX_TEXT_CHARACTERS: Final = 255
_SCHEMES: Final = ("tel:", "sip:", "sips:")


class MatchKind(StrEnum):
    """By what an account was found."""

    ACCOUNT_ID = "account_id"
    NUMBER = "number"
    FORMER_NUMBER = "former_number"
    EMAIL = "email"
    NAME = "name"
    USER_NAME = "user_name"


@dataclass(frozen=True, slots=True)
class FoundAccount:
    """An account, its name if it has one, and the value by which it was found."""

    account_id: str
    name: str | None
    kind: MatchKind
    value: str


@dataclass(frozen=True, slots=True)
class FoundAccounts:
    """The first accounts that match, the best first. `more` says that others match too."""

    items: tuple[FoundAccount, ...]
    more: bool

    def view(self) -> dict[str, Any]:
        """`{items: [{account_id, name, matched: {kind, value}}], more}`; `name` is null if the account has none."""
        items = [
            {
                "account_id": found.account_id,
                "name": found.name,
                "matched": {"kind": found.kind, "value": found.value},
            }
            for found in self.items
        ]
        return {"items": items, "more": self.more}


Match = tuple[str, MatchKind, str]
"""An account id, and by what it was found."""


def find_accounts(
    client: "DynamoDBClient",
    table_name: str,
    text: str,
    *,
    home_country: str = "US",
    limit: int = MAX_FOUND,
    sign_in: SignIn | None = None,
    on_unreadable: OnUnreadable = raise_unreadable,
) -> FoundAccounts:
    """Find the accounts that a text names: an account id, the beginnings of words of a name, an address, or a number as
    people write it in `home_country`.

    Args:
        sign_in: who searches, if that may have ended.
        on_unreadable: gets the items that nothing is found by, because they cannot be read.

    Raises:
        Forbidden: `signed_out`. Unavailable: the table did not answer.
    """
    asked = text.strip()[:MAX_TEXT_CHARACTERS]
    exact, items = _read_exact(client, table_name, asked, home_country, sign_in, on_unreadable)
    listed, was_cut = _query(client, table_name, asked, on_unreadable)
    matches: dict[str, Match] = {}
    for match in (*exact, *listed):
        matches.setdefault(match[0], match)
    shown = list(islice(matches.values(), limit))
    missing = {_account_key(account_id) for account_id, _, _ in shown} - set(items)
    items |= read_many(client, table_name, missing) if missing else {}
    found = tuple(
        FoundAccount(account_id, _name_of(items[_account_key(account_id)], on_unreadable), kind, value)
        for account_id, kind, value in shown
        if _account_key(account_id) in items
    )
    return FoundAccounts(found, more=was_cut or len(matches) > limit)


def _read_exact(
    client: "DynamoDBClient",
    table_name: str,
    text: str,
    country: str,
    sign_in: SignIn | None,
    on_unreadable: OnUnreadable,
) -> tuple[list[Match], dict[Key, dict[str, Any]]]:
    """The matches of a whole account id or number, and the accounts that were read."""
    number = _number_in(text, country)
    asked: list[Key] = [_account_key(text)] if is_id(text) else []
    asked += [(index_keys.number_pk(number), index_keys.NUMBER_SK)] if number else []
    items = read_signed_in(client, table_name, asked, sign_in) if asked or sign_in is not None else {}
    matches: list[Match] = [(text, MatchKind.ACCOUNT_ID, text)] if is_id(text) and _account_key(text) in items else []
    stored = [item for (pk, _), item in items.items() if number and pk == index_keys.number_pk(number)]
    for history in readable(stored, lambda item: history_from_item(from_attributes(item)), on_unreadable):
        for account_id, has_it in accounts_of(history):
            matches.append((account_id, MatchKind.NUMBER if has_it else MatchKind.FORMER_NUMBER, str(number)))
    return matches, {key: item for key, item in items.items() if key == _account_key(text)}


def _number_in(text: str, country: str) -> str | None:
    """The E.164 number that a text means; None if it means none."""
    lowered = text.lower()
    for scheme in _SCHEMES:
        if lowered.startswith(scheme):
            text = text[len(scheme) :].partition("@")[0].partition(";")[0]
    number = normalize_dialed(text, country)
    return number if number is not None and is_e164(number) else None


def _query(
    client: "DynamoDBClient", table_name: str, text: str, on_unreadable: OnUnreadable
) -> tuple[list[Match], bool]:
    """The matches of an address or of a name, and whether there are more than were read."""
    words = words_of(text)
    if "@" in text:
        address = normalized_address(text)
        values = {":pk": index_keys.mail_pk(address), ":sk": index_keys.mail_sk("")}
    elif words:
        longest = max(words, key=len)
        values = {":pk": index_keys.name_pk(longest), ":sk": longest}
    else:
        return [], False
    page = client.query(
        TableName=table_name,
        KeyConditionExpression="PK = :pk AND begins_with(SK, :sk)",
        ExpressionAttributeValues={name: {"S": value} for name, value in values.items()},
        Limit=MAX_READ,
    )
    match = _of_address if "@" in text else partial(_of_name, words=words)
    found = readable(page["Items"], lambda item: match(from_attributes(item)), on_unreadable)
    return [one for one in found if one is not None], "LastEvaluatedKey" in page


def _of_address(item: dict[str, Any]) -> Match:
    return item["account_id"], MatchKind.EMAIL, item["address"]


def _of_name(item: dict[str, Any], words: tuple[str, ...]) -> Match | None:
    if not has_words(item["name"], words):
        return None
    of_account = index_keys.name_sk(item["SK"].split("#")[0], item["account_id"], index_keys.OF_ACCOUNT)
    kind = MatchKind.NAME if item["SK"] == of_account else MatchKind.USER_NAME
    return item["account_id"], kind, item["name"]


def _name_of(account: dict[str, Any], on_unreadable: OnUnreadable) -> str | None:
    """The name of an account; None if it has none, or if its item cannot be read."""
    return next(readable([account], lambda item: from_attributes(item).get("name"), on_unreadable), None)


def _account_key(account_id: str) -> Key:
    return keys.account_pk(account_id), keys.account_sk()
