"""Makes moto cheap enough for thousands of transactions; it must not know anything of this application.

Before a transaction moto copies the whole table once per action, deeply, to be able to roll back: seconds for a table
of a thousand items. Here the copy shares its items, and an update first replaces the item it is about to change in
place, so the shared ones never change. Attribute values are written out as they stand, where moto would look for each
of ten types under a dozen names; keys, which are texts, are sorted as such. DynamoDB behind AWS_ENDPOINT_URL_DYNAMODB
is not touched by this.
"""

import copy
from collections import defaultdict
from typing import Any

import pytest
from moto.core.serialize import ResponseSerializer
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table


def make_moto_cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do so for the length of one test."""
    in_place: Any = DynamoDBBackend.update_item
    searched: Any = ResponseSerializer.get_value
    casting: Any = vars(DynamoType)["cast_value"].fget

    def snapshot(table: Table, memo: dict[int, Any]) -> Table:
        twin = copy.copy(table)
        twin.items = defaultdict(dict, {partition: dict(rows) for partition, rows in table.items.items()})
        return twin

    def update_item(backend: DynamoDBBackend, table_name: str, key: dict[str, Any], *rest: Any, **named: Any) -> Any:
        table = backend.get_table(table_name)
        partition, row = backend.get_keys_value(table, key)
        current = table.get_item(partition, row)
        if current is not None:
            table.items[partition][row] = copy.deepcopy(current)
        return in_place(backend, table_name, key, *rest, **named)

    def get_value(serializer: ResponseSerializer, value: Any, key: str, shape: Any) -> Any:
        if type(value) is dict and len(value) == 1 and shape.parent.name == "AttributeValue":
            return value.get(key)
        return searched(serializer, value, key, shape)

    def all_items(table: Table) -> list[Item]:
        rows = [item for partition in table.items.values() for item in partition.values()]
        return sorted(rows, key=lambda item: (item.hash_key.value, item.range_key.value))

    def cast_value(value: DynamoType) -> Any:
        return value.value if value.type == "S" else casting(value)

    monkeypatch.setattr(DynamoType, "cast_value", property(cast_value))
    monkeypatch.setattr(Table, "all_items", all_items)
    monkeypatch.setattr(ResponseSerializer, "get_value", get_value)
    monkeypatch.setattr(Table, "__deepcopy__", snapshot, raising=False)
    monkeypatch.setattr(DynamoDBBackend, "update_item", update_item)
