"""Reports the unreadable items that one invocation of a function found: log, metric, and the operators' list."""

from datetime import datetime
from typing import TYPE_CHECKING

from aws_lambda_powertools import Logger, Metrics

from calling_credit.dynamodb.errors import code_of
from calling_credit.dynamodb.unreadable import UnreadableItem
from calling_credit.dynamodb.unreadable_keys import shown_key
from calling_credit.dynamodb.unreadable_store import list_unreadable
from calling_credit.metrics import emit

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class UnreadableReport:
    """Collects unreadable items, and is a callback for `readable`. Call `send` at the end of each invocation."""

    def __init__(
        self, client: "DynamoDBClient", table_name: str, logger: Logger, metrics: Metrics, reader: str
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._logger = logger
        self._metrics = metrics
        self._reader = reader
        self._found: dict[tuple[str, str], UnreadableItem] = {}

    def __call__(self, item: UnreadableItem) -> None:
        """Log an item with its key, once for each invocation."""
        if item.key in self._found:
            return
        self._found[item.key] = item
        log_unreadable(self._logger, item)

    def note(self, error: Exception) -> None:
        """Take the error that ended the work on one account, if an unreadable item caused it."""
        if isinstance(error, UnreadableItem):
            self(error)

    def send(self, now: datetime) -> int:
        """List and count the items. Return the number of items."""
        found, self._found = list(self._found.values()), {}
        if found:
            list_unreadable(self._client, self._table_name, found, self._reader, now, self._not_listed)
            emit(self._metrics, {"unreadable_items": len(found)})
        return len(found)

    def _not_listed(self, error: Exception) -> None:
        self._logger.warning("unreadable_item_not_listed", code=code_of(error), reason=str(error))


def log_unreadable(logger: Logger, item: UnreadableItem, route: str | None = None) -> None:
    """Log an unreadable item. Numbers, names, and addresses in keys are masked; the list has the whole key."""
    pk, sk = shown_key(item.key)
    fields = {"pk": pk, "sk": sk, "kind": item.kind, "reason": item.reason}
    logger.error("unreadable_item", extra=fields if route is None else fields | {"route": route})
