"""Makes moto fast enough for thousands of transactions. Does not depend on this application.

For rollback, moto deep-copies the whole table once per action of a transaction, which takes seconds for a thousand
items. Here the copy shares its items, and an update replaces an item before changing it, so shared items never change.
Attribute values are serialized without a search for each of ten types, and text keys are sorted as text. URLs are
matched with DynamoDB first instead of hundreds of other services, and the methods of a service are looked up once. Each
part of botocore's user agent is sanitized once.
A DynamoDB behind AWS_ENDPOINT_URL_DYNAMODB is not affected.
"""

import copy
from collections import defaultdict
from functools import cache
from typing import Any

import pytest
from botocore import useragent
from moto import backend_index
from moto.core import responses
from moto.core.serialize import BaseJSONSerializer
from moto.core.utils import method_names_from_class
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item
from moto.dynamodb.models.table import Table

PATTERNS = sorted(backend_index.backend_url_patterns, key=lambda pattern: pattern[0] != "dynamodb")
METHOD_NAMES = cache(method_names_from_class)
SANITIZED = cache(useragent.sanitize_user_agent_string_component)


def make_moto_cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patch moto for the duration of one test."""
    in_place: Any = DynamoDBBackend.update_item
    searched: Any = BaseJSONSerializer._serialize_type_map
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

    def write_map(serializer: BaseJSONSerializer, written: Any, value: Any, shape: Any, key: str) -> None:
        if shape.value.name == "AttributeValue":
            serializer._default_serialize(written, value, shape, key)
        else:
            searched(serializer, written, value, shape, key)

    def all_items(table: Table) -> list[Item]:
        rows = [item for partition in table.items.values() for item in partition.values()]
        return sorted(rows, key=lambda item: (item.hash_key.value, item.range_key.value))

    def cast_value(value: DynamoType) -> Any:
        return value.value if value.type == "S" else casting(value)

    monkeypatch.setattr(DynamoType, "cast_value", property(cast_value))
    monkeypatch.setattr(Table, "all_items", all_items)
    monkeypatch.setattr(BaseJSONSerializer, "_serialize_type_map", write_map)
    monkeypatch.setattr(backend_index, "backend_url_patterns", PATTERNS)
    monkeypatch.setattr(responses, "method_names_from_class", METHOD_NAMES)
    monkeypatch.setattr(useragent, "sanitize_user_agent_string_component", SANITIZED)
    monkeypatch.setattr(Table, "__deepcopy__", snapshot, raising=False)
    monkeypatch.setattr(DynamoDBBackend, "update_item", update_item)
