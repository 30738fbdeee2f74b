"""Reads the table of a test without a request, for checks that read everything after each of hundreds of operations.

Needs tests/harness/fast_moto.py, under which a stored item never changes: an update replaces it. So each item is
converted once. A DynamoDB behind AWS_ENDPOINT_URL_DYNAMODB is asked instead.
"""

import os
from dataclasses import dataclass, field
from typing import Any

from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID

from calling_credit.dynamodb.attributes import from_attributes
from tests.harness.table import Stack


@dataclass
class FastReads:
    """The table of a stack. Values that are returned must not be changed."""

    stack: Stack
    known: dict[int, tuple[Any, dict[str, Any]]] = field(default_factory=dict)
    """The converted items by identity; each is kept, so that no identity is used twice."""

    def of_account(self, account_id: str) -> list[dict[str, Any]]:
        """The items of an account, by sort key."""
        if "AWS_ENDPOINT_URL_DYNAMODB" in os.environ:
            return self.stack.items(account_id)
        rows = self._rows(f"ACCOUNT#{account_id}")
        return [self._plain(rows[key]) for key in sorted(rows)]

    def item(self, partition: str, sort_key: str) -> dict[str, Any]:
        """One item; empty if there is none."""
        if "AWS_ENDPOINT_URL_DYNAMODB" in os.environ:
            key: Any = {"PK": {"S": partition}, "SK": {"S": sort_key}}
            answer = self.stack.dynamodb.get_item(TableName=self.stack.table_name, Key=key, ConsistentRead=True)
            return from_attributes(answer["Item"]) if "Item" in answer else {}
        row = self._rows(partition).get(sort_key)
        return {} if row is None else self._plain(row)

    def _rows(self, partition: str) -> dict[str, Any]:
        backend = get_backend("dynamodb")[DEFAULT_ACCOUNT_ID][self.stack.dynamodb.meta.region_name]
        for key, rows in backend.get_table(self.stack.table_name).items.items():
            if key.value == partition:
                return {sort_key.value: row for sort_key, row in rows.items()}
        return {}

    def _plain(self, row: Any) -> dict[str, Any]:
        kept, plain = self.known.get(id(row), (None, {}))
        if kept is None:
            plain = from_attributes(row.to_json()["Attributes"])
            self.known[id(row)] = (row, plain)
        return plain
