"""The one DynamoDB table, as text: every kind of item, its key, who writes it. No key literal stands anywhere else.

All of an account lives under one partition, so its calls, payments and balance commit together and one Query is its
statement.

    PK = ACCOUNT#<account_id>
    SK                                  what                                                written by
    ACCOUNT                             currency, time zone, status, billing emails         keep_accounts
    BALANCE                             posted, held, available, headroom micros; nudge     every posting (ADD only)
    ENTRY#<happened_at>#<cause_id>      one immutable entry of the ledger                   post_calls, adjust_balance
    DAY#<local_date>#<category>         count, billed seconds, total of the day's entries   the same transaction
    ADJUSTMENT#<id>                     the claim of one Idempotency-Key of an adjustment   the same transaction
    LINE#<line_id>                      number, user, international_calling                 keep_accounts
    USER#<user_id>                      name                                                keep_accounts
    UNRATED#<happened_at>#<call_id>     a finished call no deck row covers yet, whole       keep_calls
    STRAY#<happened_at>#<call_id>       a charged call on an unknown or disabled line       keep_calls

What an operator must look at (unrated, stray) also carries `sweep_pk`/`sweep_sk`, the keys of the sparse index
`sweep`, spread over shards by account. Times in keys are UTC with milliseconds, so text order is time order; ids
never contain `#`.
"""

import zlib
from typing import Final

SWEEP_INDEX: Final = "sweep"
SWEEP_SHARDS: Final = 4
AFTER: Final = "~"
"""Sorts after every character that a key can hold."""


def account_pk(account_id: str) -> str:
    """Partition of everything an account owns."""
    return f"ACCOUNT#{account_id}"


def account_sk() -> str:
    """The account's own settings."""
    return "ACCOUNT"


def balance_sk() -> str:
    """The running balance."""
    return "BALANCE"


def entry_sk(happened_at: str, cause_id: str) -> str:
    """One ledger entry; only immutable facts of its cause."""
    return f"ENTRY#{happened_at}#{cause_id}"


def entry_range(from_instant: str, to_instant: str) -> tuple[str, str]:
    """Bounds of a Query over entries that happened from `from_instant` up to, not including, `to_instant`."""
    return f"ENTRY#{from_instant}", f"ENTRY#{to_instant}"


def day_sk(local_date: str, category: str) -> str:
    """Totals of one local date and category."""
    return f"DAY#{local_date}#{category}"


def day_range(first: str | None, last: str) -> tuple[str, str]:
    """Bounds of a Query over the days `first`..`last`, both inclusive; from the beginning if `first` is None."""
    return f"DAY#{first or ''}", f"DAY#{last}#{AFTER}"


def adjustment_sk(adjustment_id: str) -> str:
    """The claim of one Idempotency-Key."""
    return f"ADJUSTMENT#{adjustment_id}"


def line_sk(line_id: str) -> str:
    """One phone line."""
    return f"LINE#{line_id}"


def user_sk(user_id: str) -> str:
    """One person who uses lines."""
    return f"USER#{user_id}"


def line_prefix() -> str:
    """What the sort keys of all lines begin with."""
    return "LINE#"


def user_prefix() -> str:
    """What the sort keys of all users begin with."""
    return "USER#"


def unrated_sk(happened_at: str, call_id: str) -> str:
    """A call that waits for a deck that covers it."""
    return f"UNRATED#{happened_at}#{call_id}"


def stray_sk(happened_at: str, call_id: str) -> str:
    """A charged call on a line that is unknown or has international calling off."""
    return f"STRAY#{happened_at}#{call_id}"


def id_of(sort_key: str) -> str:
    """What a sort key ends with: the id of a `LINE#…`, `USER#…` or `ENTRY#…`, the category of a `DAY#…`."""
    return sort_key.rsplit("#", 1)[1]


def happened_at_of(entry_sort_key: str) -> str:
    """The instant in an `ENTRY#…`, `UNRATED#…` or `STRAY#…` sort key."""
    return entry_sort_key.split("#", 2)[1]


def date_of(day_sort_key: str) -> str:
    """The local date in a `DAY#…` sort key."""
    return day_sort_key.split("#", 2)[1]


def account_of(partition_key: str) -> str:
    """The account id of a partition."""
    return partition_key.split("#", 1)[1]


def sweep_pk(kind: str, account_id: str) -> str:
    """Partition of the sweep index for `unrated` or `stray` items of the shard that this account falls in."""
    return f"{kind.upper()}#{zlib.crc32(account_id.encode()) % SWEEP_SHARDS}"


def sweep_partitions(kind: str) -> list[str]:
    """All partitions of the sweep index that hold items of a kind."""
    return [f"{kind.upper()}#{shard}" for shard in range(SWEEP_SHARDS)]
