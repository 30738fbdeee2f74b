"""The keys of the index by which an account is found: numbers, names, and mail addresses.

Each number has a partition of its own, because it may move from one account to another. An address and a word
of a name may belong to several accounts, so the sort key names the account.
"""

from typing import Any, Final

NUMBER_SK: Final = "NUMBER"
ASKED_SK: Final = "ASKED"
INDEXING_KEY: Final[dict[str, Any]] = {"PK": {"S": "INDEX"}, "SK": {"S": "INDEX"}}
"""How far `make index-accounts` has come."""
OF_ACCOUNT: Final = "ACCOUNT"
"""The owner of a name: the account itself."""


def number_pk(number: str) -> str:
    """Partition of one E.164 number."""
    return f"NUMBER#{number}"


def number_key(number: str) -> dict[str, Any]:
    """The item key of a number's assignments."""
    return {"PK": {"S": number_pk(number)}, "SK": {"S": NUMBER_SK}}


def number_of(partition_key: str) -> str:
    """The number of a partition."""
    return partition_key.split("#", 1)[1]


def name_pk(word: str) -> str:
    """Partition of the words that begin like this one."""
    return f"NAME#{word[0]}"


def name_sk(word: str, account_id: str, owner: str) -> str:
    """One word of the name of an account (`OF_ACCOUNT`) or of one of its users (`of_user`)."""
    return f"{word}#{account_id}#{owner}"


def of_user(user_id: str) -> str:
    """The owner of a name: a user."""
    return f"USER#{user_id}"


def mail_pk(address: str) -> str:
    """Partition of one address, in lower case. Sent mails have the partition `MAIL`."""
    return f"MAIL#{address}"


def mail_sk(account_id: str) -> str:
    """An account with this address."""
    return f"MAIL#{account_id}"


def asked_pk(address_hash: str) -> str:
    """Partition of the e-mails that asked one address to confirm."""
    return f"ASKED#{address_hash}"
