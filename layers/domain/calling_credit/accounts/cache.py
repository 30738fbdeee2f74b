"""What posting must know of accounts and lines (time zone, may there be holds, is the line enabled), remembered for a
minute by a warm function.

Settings change rarely and a call's local date is fixed when it is posted, so a minute-old answer is as good as a
new one. What is unknown is never remembered: an account created a second later must be found.
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.batch_get import Key, read_many
from calling_credit.ledger.holds import may_have_holds

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

FACTS_TTL: Final = timedelta(seconds=60)
MAX_FACTS: Final = 50_000
_PROJECTION: Final = "PK, SK, time_zone, admission, admission_changed_at, international_calling"


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

    def with_holds(self, account_ids: Iterable[str], now: datetime) -> frozenset[str]:
        """Those of these accounts for whose calls credit may be held. An unknown account has no holds.

        Raises:
            Unavailable: the table did not answer; nothing was learnt.
        """
        accounts = set(account_ids)
        self._learn({(keys.account_pk(account), keys.account_sk()) for account in accounts}, now)
        return frozenset(account for account in accounts if self._may_have_holds(account, now))

    def load(self, lines: Iterable[tuple[str, str]], now: datetime) -> Facts:
        """The facts of these `(account_id, line_id)` pairs.

        Raises:
            Unavailable: the table did not answer; nothing was learnt.
        """
        pairs = set(lines)
        wanted: set[Key] = {(keys.account_pk(account), keys.account_sk()) for account, _ in pairs}
        self._learn(wanted | {(keys.account_pk(account), keys.line_sk(line)) for account, line in pairs}, now)
        time_zones = {account: self._time_zone(account) for account, _ in pairs}
        return Facts(
            {account: time_zone for account, time_zone in time_zones.items() if time_zone is not None},
            frozenset((account, line) for account, line in pairs if self._is_enabled(account, line)),
        )

    def _learn(self, wanted: set[Key], now: datetime) -> None:
        missing = [key for key in wanted if not self._is_fresh(key, now)]
        if len(self._known) + len(missing) > MAX_FACTS:
            self._known.clear()
            missing = list(wanted)
        for key in missing:
            self._known.pop(key, None)
        found = read_many(self._client, self._table_name, missing, self._sleep, _PROJECTION)
        self._known.update({key: (now, from_attributes(item)) for key, item in found.items()})

    def _may_have_holds(self, account_id: str, now: datetime) -> bool:
        known = self._known.get((keys.account_pk(account_id), keys.account_sk()))
        if known is None:
            return False
        said = known[1]
        return may_have_holds(is_on=said.get("admission", False), changed_at=said.get("admission_changed_at"), now=now)

    def _is_fresh(self, key: Key, now: datetime) -> bool:
        known = self._known.get(key)
        return known is not None and now - known[0] < FACTS_TTL

    def _time_zone(self, account_id: str) -> str | None:
        known = self._known.get((keys.account_pk(account_id), keys.account_sk()))
        return str(known[1]["time_zone"]) if known else None

    def _is_enabled(self, account_id: str, line_id: str) -> bool:
        known = self._known.get((keys.account_pk(account_id), keys.line_sk(line_id)))
        return bool(known and known[1].get("international_calling"))
