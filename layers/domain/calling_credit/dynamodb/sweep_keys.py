"""The keys of the sparse index `sweep`: which partition lists an item, and by what it sorts."""

import zlib
from typing import Final

SWEEP_INDEX: Final = "sweep"
SWEEP_SHARDS: Final = 4


def sweep_pk(kind: str, account_id: str) -> str:
    """Partition of the sweep index for items of a kind (unrated, stray, issue, topup, recharge, hold, account) of this
    account's shard, or for ambiguous numbers of a number's shard.
    """
    return f"{kind.upper()}#{zlib.crc32(account_id.encode()) % SWEEP_SHARDS}"


def sweep_partitions(kind: str) -> list[str]:
    """All partitions of the sweep index that hold items of a kind."""
    return [f"{kind.upper()}#{shard}" for shard in range(SWEEP_SHARDS)]


def account_sweep_keys(account_id: str) -> dict[str, str]:
    """The sweep keys of an account's item, by which all accounts are listed."""
    return {"sweep_pk": sweep_pk("account", account_id), "sweep_sk": account_id}
