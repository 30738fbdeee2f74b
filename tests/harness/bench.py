"""A stack whose table can be restored, so that one scenario runs again with each fault."""

import copy
import os
from dataclasses import dataclass, field
from typing import Any

from moto.backends import get_backend
from moto.core.models import DEFAULT_ACCOUNT_ID

from tests.harness.fast_moto import snapshot
from tests.harness.table import ONE_REQUEST, Stack
from tests.harness.template import table_properties
from tests.harness.wire import Wire


@dataclass
class Bench:
    """A stack on a wire, and the items of its table at the last `keep`."""

    stack: Stack
    wire: Wire
    properties: dict[str, Any] = field(default_factory=table_properties)
    images: list[dict[str, Any]] = field(default_factory=list)
    kept: tuple[Any, Any] = (None, None)
    """moto's table at the last `keep`, and its items then, because a test may change `images`."""

    def keep(self) -> None:
        """Save the items of the table."""
        pages = self.stack.dynamodb.get_paginator("scan").paginate(TableName=self.stack.table_name)
        self.images = [item for page in pages for item in page["Items"]]
        if "AWS_ENDPOINT_URL_DYNAMODB" not in os.environ:
            with ONE_REQUEST:
                self.kept = snapshot(self._tables()[self.stack.table_name], {}), copy.deepcopy(self.images)

    def put_back(self) -> None:
        """Restore the saved table and reset the caches of every function."""
        table, images = self.kept
        if images == self.images:
            with ONE_REQUEST:
                self._tables()[self.stack.table_name] = snapshot(table, {})
        else:
            self._write_back()
        self.stack.forget()
        self.wire.dead = False
        self.wire.sent.clear()

    def _tables(self) -> dict[str, Any]:
        tables: dict[str, Any] = get_backend("dynamodb")[DEFAULT_ACCOUNT_ID][os.environ["AWS_DEFAULT_REGION"]].tables
        return tables

    def _write_back(self) -> None:
        client, name = self.stack.dynamodb, self.stack.table_name
        client.delete_table(TableName=name)
        client.create_table(TableName=name, **self.properties)
        client.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 30})
        for start in range(0, len(self.images), 25):
            puts: Any = [{"PutRequest": {"Item": item}} for item in self.images[start : start + 25]]
            client.batch_write_item(RequestItems={name: puts})
