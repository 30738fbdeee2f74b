"""Makes moto fast enough for thousands of transactions. Does not depend on this application.

For rollback, moto deep-copies the whole table once per action of a transaction, which takes seconds for a thousand
items. Here the copy shares its items, and an update replaces an item before changing it, so shared items never change.
Text keys are sorted as text. URLs are matched with DynamoDB first instead of hundreds of other services, and the
methods of a service are looked up once. The size of a stored item is calculated once, and checked once, not after each
attribute. A query looks at the items of its partition only. No record of a stream is made, because nothing reads them:
tests/harness/stream.py makes those that the functions get. A DynamoDB behind AWS_ENDPOINT_URL_DYNAMODB is not affected.
"""

import copy
from collections import defaultdict
from functools import cache
from typing import Any

import pytest
from botocore.parsers import BaseJSONParser
from moto import backend_index
from moto.core import responses
from moto.core.utils import method_names_from_class
from moto.dynamodb import responses as dynamodb_responses
from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import StreamShard, Table
from moto.dynamodb.models.utilities import dynamo_to_dict

from tests.harness.fast_conditions import make_conditions_cheap
from tests.harness.fast_expressions import make_expressions_cheap
from tests.harness.fast_requests import make_requests_cheap

PATTERNS = sorted(backend_index.backend_url_patterns, key=lambda pattern: pattern[0] != "dynamodb")
METHOD_NAMES = cache(method_names_from_class)
SCALARS = frozenset({"S", "N", "BOOL"})
"""Types whose values moto never changes; it replaces them."""
MOST_BYTES = 405_000
"""The limit of moto for the size of an item."""
PARSER: Any = BaseJSONParser
CHANGES_IN_PLACE: Any = DynamoDBBackend.update_item
QUERIES: Any = Table.query
INDEX_NAME = 6
"""The position of the index's name among the parameters of a query."""
MEASURES: Any = Item.size
SEARCHES_STRUCTURE: Any = PARSER._handle_structure
CASTS: Any = vars(DynamoType)["cast_value"].fget


def snapshot(table: Table, memo: dict[int, Any]) -> Table:
    """A copy of a table that shares its items."""
    twin = copy.copy(table)
    twin.items = defaultdict(dict, {partition: dict(rows) for partition, rows in table.items.items()})
    return twin


def update_item(backend: DynamoDBBackend, table_name: str, key: dict[str, Any], *rest: Any, **named: Any) -> Any:
    """`DynamoDBBackend.update_item`, which replaces the item before it changes it."""
    table = backend.get_table(table_name)
    partition, row = backend.get_keys_value(table, key)
    current = table.get_item(partition, row)
    if current is not None:
        table.items[partition][row] = copy.deepcopy(current)
    changed = CHANGES_IN_PLACE(backend, table_name, key, *rest, **named)
    vars(changed).pop("measured", None)
    return changed


def size(item: Any) -> int:
    """`Item.size`."""
    if "measured" not in vars(item):
        item.measured = MEASURES(item)
    measured: int = item.measured
    return measured


def query(table: Table, hash_key: DynamoType, *rest: Any, **named: Any) -> Any:
    """`Table.query`."""
    if rest[INDEX_NAME]:
        return QUERIES(table, hash_key, *rest, **named)
    of_partition = copy.copy(table)
    of_partition.items = {hash_key: table.items[hash_key]} if hash_key in table.items else {}  # type: ignore[assignment]
    return QUERIES(of_partition, hash_key, *rest, **named)


def create_item(item: Item, hash_key: DynamoType, range_key: DynamoType | None, attrs: dict[str, Any]) -> None:
    """`Item.__init__`."""
    item.hash_key, item.range_key, item.attrs = hash_key, range_key, LimitedSizeDict()
    for name, value in attrs.items():
        dict.__setitem__(item.attrs, name, DynamoType(value))
    if MEASURES(item) > MOST_BYTES:
        raise ItemSizeTooLarge


def copied(item: Item, memo: dict[int, Any]) -> Item:
    """`Item.__deepcopy__`, which shares what never changes."""
    twin: Item = object.__new__(Item)
    twin.hash_key, twin.range_key, twin.attrs = item.hash_key, item.range_key, LimitedSizeDict()
    for name, value in item.attrs.items():
        dict.__setitem__(twin.attrs, name, value if value.type in SCALARS else copy.deepcopy(value, memo))
    return twin


def all_items(table: Table) -> list[Item]:
    """`Table.all_items`, in the order of the keys."""
    rows = [item for partition in table.items.values() for item in partition.values()]
    return sorted(rows, key=lambda item: (item.hash_key.value, item.range_key.value))


def cast_value(value: DynamoType) -> Any:
    """`DynamoType.cast_value`."""
    return value.value if value.type == "S" else CASTS(value)


def plain(value: Any) -> Any:
    """`dynamo_to_dict`."""
    kind = type(value)
    if kind is str:
        return value
    if kind is DynamoType and value.type in SCALARS:
        return {value.type: value.value}
    if kind is dict:
        return {name: plain(part) for name, part in value.items()}
    return [plain(part) for part in value] if kind is list else dynamo_to_dict(value)


def read_structure(parser: BaseJSONParser, shape: Any, value: Any) -> Any:
    """`BaseJSONParser._handle_structure` of botocore."""
    if shape.name == "AttributeValue" and len(value) == 1 and next(iter(value)) in SCALARS:
        return dict(value)
    return SEARCHES_STRUCTURE(parser, shape, value)


def make_moto_cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Patch moto and botocore until the end of `monkeypatch`."""
    make_requests_cheap(monkeypatch)
    make_conditions_cheap(monkeypatch)
    make_expressions_cheap(monkeypatch)
    monkeypatch.setattr(DynamoType, "cast_value", property(cast_value))
    monkeypatch.setattr(Item, "__init__", create_item)
    monkeypatch.setattr(Item, "__deepcopy__", copied)
    monkeypatch.setattr(Item, "size", size)
    monkeypatch.setattr(StreamShard, "add", lambda *_: None)
    monkeypatch.setattr(Table, "query", query)
    monkeypatch.setattr(Table, "all_items", all_items)
    monkeypatch.setattr(Table, "__deepcopy__", snapshot, raising=False)
    monkeypatch.setattr(DynamoDBBackend, "update_item", update_item)
    monkeypatch.setattr(dynamodb_responses, "dynamo_to_dict", plain)
    monkeypatch.setattr(PARSER, "_handle_structure", read_structure)
    monkeypatch.setattr(backend_index, "backend_url_patterns", PATTERNS)
    monkeypatch.setattr(responses, "method_names_from_class", METHOD_NAMES)
