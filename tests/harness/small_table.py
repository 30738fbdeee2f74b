"""A small table that executes the transactions of postings, and cancels one of them as DynamoDB does: with a reason for
each position.
"""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

Key = tuple[str, str]


@dataclass
class SmallTable:
    """A table that executes transactions, and cancels the one numbered `at` once, at `position` for `reason`."""

    at: int = -1
    position: int = 0
    reason: dict[str, Any] = field(default_factory=dict)
    sums: Counter[tuple[Key, str]] = field(default_factory=Counter)
    entries: list[str] = field(default_factory=list)
    released: dict[str, int] = field(default_factory=dict)
    sent: list[list[Any]] = field(default_factory=list)
    transactions_with_entries: int = 0

    def transact_write_items(self, TransactItems: list[Any]) -> None:  # noqa: N803 - as in DynamoDB
        """Execute or cancel a transaction."""
        keys = [key_of(action) for action in TransactItems]
        assert len(keys) <= 100
        assert len(set(keys)) == len(keys), "two actions on one item"
        self.sent.append(TransactItems)
        if len(self.sent) == self.at + 1:
            reasons = [{"Code": "None"} for _ in keys]
            reasons[self.position] = self.reason
            response: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}
            raise ClientError(response, "TransactWriteItems")
        self.transactions_with_entries += any("Put" in action for action in TransactItems)
        for action, key in zip(TransactItems, keys, strict=True):
            self.execute(action, key)

    def query(self, **_: Any) -> dict[str, Any]:
        """Find no corrections."""
        return {"Items": []}

    def execute(self, action: Any, key: Key) -> None:
        """Execute one action."""
        [(kind, request)] = action.items()
        if kind == "Put":
            self.entries.append(key[1])
            return
        values, names = request["ExpressionAttributeValues"], request.get("ExpressionAttributeNames", {})
        if key[1].startswith("HOLD#"):
            self.released[key[1]] = int(values[":amount"]["N"])
            return
        added = request["UpdateExpression"].partition("ADD ")[2].partition(" SET ")[0]
        for name, value in re.findall(r"(#?\w+) (:\w+)", added):
            self.sums[key, names.get(name, name)] += int(values[value]["N"])


def key_of(action: Any) -> Key:
    """The key of an action's item."""
    [request] = action.values()
    key = request.get("Key") or request["Item"]
    return key["PK"]["S"], key["SK"]["S"]
