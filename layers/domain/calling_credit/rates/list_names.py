"""The names of price lists, and where each is stored: like the deck, in the folder `lists/<name>/`."""

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from calling_credit.errors import InvalidValue, NotFound, ProblemCode
from calling_credit.rates.bucket_folder import folder_of
from calling_credit.rates.deck_store import S3_ERRORS, read_active, unreadable_deck

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

LISTS: Final = "lists/"
"""The folder of all price lists."""
COST: Final = "cost"
"""The buying list: what the operator pays. No account has it as its price list."""
LIST_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,39}")
SWITCH_VALUES: Final = frozenset({"0", "1"})
"""No name of a list, because `LIST=1` and `LIST=0` switch an option of a command."""


def is_list_name(name: str) -> bool:
    """Return whether a text can be the name of a price list."""
    return LIST_NAME.fullmatch(name) is not None and name not in SWITCH_VALUES


def check_list_name(name: str) -> str:
    """Return the name of a price list.

    Raises:
        InvalidValue: `invalid_field`.
    """
    if not is_list_name(name):
        detail = "The name of a price list is 1 to 40 lower-case letters, digits, and hyphens, such as gold-2026."
        raise InvalidValue(ProblemCode.INVALID_FIELD, f"LIST={name}: {detail}")
    return name


def list_client(client: "S3Client", name: str) -> "S3Client":
    """Return a client that sees the folder of a price list as a bucket of decks."""
    return folder_of(client, f"{LISTS}{name}/")


def is_list_stored(client: "S3Client", bucket: str, name: str) -> bool:
    """Return whether a price list of this name was published. Raises the errors of `read_active`."""
    return is_list_name(name) and read_active(list_client(client, name), bucket) is not None


def check_list_stored(make_client: Callable[[], "S3Client"], bucket: str, name: str) -> None:
    """Check that a price list of this name was published. The client is made only now, which takes a while.

    Raises:
        NotFound: `unknown_price_list`.
        Unavailable: `unusable_deck`, or S3 does not answer.
    """
    try:
        is_stored = is_list_stored(make_client(), bucket, name)
    except S3_ERRORS as error:
        raise unreadable_deck(error) from error
    if not is_stored:
        detail = f"There is no price list {name}; publish it with make publish-rates LIST={name}, or name another."
        raise NotFound(ProblemCode.UNKNOWN_PRICE_LIST, detail)


def list_names(client: "S3Client", bucket: str) -> list[str]:
    """Return the names of all price lists, the buying list too. Other folders are passed over."""
    pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=LISTS, Delimiter="/")
    folders = (folder["Prefix"] for page in pages for folder in page.get("CommonPrefixes", ()))
    names = (folder.removeprefix(LISTS).rstrip("/") for folder in folders)
    return sorted(filter(is_list_name, names))
