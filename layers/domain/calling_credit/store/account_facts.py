"""What posting must know of accounts and lines (time zone, is the line enabled), remembered for a minute by a warm
function.

Settings change rarely and a call's local date is fixed when it is posted, so a minute-old answer is as good as a
new one. What is unknown is never remembered: an account created a second later must be found.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from calling_credit import table
from calling_credit.errors import Unavailable
from calling_credit.store.client import from_attributes, jittered_wait

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

REMEMBERED: Final = timedelta(seconds=60)
MAX_REMEMBERED: Final = 50_000
MAX_KEYS: Final = 100
"""DynamoDB's limit on one BatchGetItem."""

Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Facts:
    """What one batch needs: the time zone of each known account, and which (account, line) pairs may call abroad."""

    time_zones: dict[str, str]
    enabled_lines: frozenset[tuple[str, str]]


class AccountFacts:
    """Looks accounts and lines up in as few reads as fit and remembers what it found."""

    def __init__(
        self, client: "DynamoDBClient", table_name: str, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._sleep = sleep
        self._known: dict[Key, tuple[datetime, dict[str, Any]]] = {}

    def load(self, lines: Iterable[tuple[str, str]], now: datetime) -> Facts:
        """The facts of these `(account_id, line_id)` pairs.

        Raises:
            Unavailable: the table did not answer; nothing was learnt.
        """
        pairs = set(lines)
        wanted: set[Key] = {(table.account_pk(account), table.account_sk()) for account, _ in pairs}
        wanted |= {(table.account_pk(account), table.line_sk(line)) for account, line in pairs}
        missing = [key for key in wanted if not self._is_fresh(key, now)]
        if len(self._known) + len(missing) > MAX_REMEMBERED:
            self._known.clear()
            missing = list(wanted)
        for start in range(0, len(missing), MAX_KEYS):
            self._read(missing[start : start + MAX_KEYS], now)
        time_zones = {account: self._time_zone(account) for account, _ in pairs}
        return Facts(
            {account: time_zone for account, time_zone in time_zones.items() if time_zone is not None},
            frozenset((account, line) for account, line in pairs if self._is_enabled(account, line)),
        )

    def _is_fresh(self, key: Key, now: datetime) -> bool:
        known = self._known.get(key)
        return known is not None and now - known[0] < REMEMBERED

    def _time_zone(self, account_id: str) -> str | None:
        known = self._known.get((table.account_pk(account_id), table.account_sk()))
        return str(known[1]["time_zone"]) if known else None

    def _is_enabled(self, account_id: str, line_id: str) -> bool:
        known = self._known.get((table.account_pk(account_id), table.line_sk(line_id)))
        return bool(known and known[1].get("international_calling"))

    def _read(self, keys: list[Key], now: datetime) -> None:
        for key in keys:
            self._known.pop(key, None)
        unread: list[dict[str, Any]] = [{"PK": {"S": pk}, "SK": {"S": sk}} for pk, sk in keys]
        for attempt in range(1, 9):
            answer = self._client.batch_get_item(
                RequestItems={
                    self._table_name: {
                        "Keys": unread,
                        "ConsistentRead": True,
                        "ProjectionExpression": "PK, SK, time_zone, international_calling",
                    }
                }
            )
            for attributes in answer["Responses"].get(self._table_name, []):
                item = from_attributes(attributes)
                self._known[item["PK"], item["SK"]] = (now, item)
            left: Any = answer.get("UnprocessedKeys", {}).get(self._table_name)
            if not left:
                return
            unread = list(left["Keys"])
            self._sleep(jittered_wait(attempt))
        raise Unavailable(
            "unavailable", "The table is throttling reads of accounts; the calls will be delivered again."
        )
