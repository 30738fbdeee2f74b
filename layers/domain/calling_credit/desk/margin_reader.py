"""Reads the charged calls of all accounts in a period for a report on margins, in parts that end in time.

Reads the accounts' index and each account's entries, never all items. Writes nothing.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Self

from calling_credit.clock import Patience
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.sweep import account_pages
from calling_credit.dynamodb.sweep_keys import SWEEP_SHARDS
from calling_credit.dynamodb.unreadable import UnreadableItem, decode_item
from calling_credit.errors import NotFound, ProblemCode
from calling_credit.instants import Period
from calling_credit.ledger.charge_reader import calls_between
from calling_credit.ledger.charged_calls import ChargedCall
from calling_credit.rates.cost_versions import CostVersions
from calling_credit.rates.deck import Deck
from calling_credit.rates.margins import Margins

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

SECONDS_OF_PART: Final = 15.0
"""How long one request reads calls."""


@dataclass(frozen=True, slots=True)
class Position:
    """How far a report has come: the shard of the accounts' index, the place of the last account that was read, and of
    the next one the bound after which its calls are still to be read.
    """

    shard: int = 0
    after: str = ""
    calls_after: str = ""

    @classmethod
    def parse(cls, content: Any) -> Self:
        """Return the position in a cursor; the beginning without one."""
        return cls() if content is None else cls(**json.loads(content))

    def text(self) -> str:
        """Return the position for a cursor."""
        return json.dumps(asdict(self))


class MarginReader:
    """Adds up the margins of the calls that began between two UTC days, both inclusive."""

    def __init__(self, client: "DynamoDBClient", table_name: str, costs: CostVersions, period: Period) -> None:
        self._client = client
        self._table_name = table_name
        self._costs = costs
        after_last = f"{period.last}T24"  # After every instant of the day; the next day may not exist.
        self._low, self._high = keys.entry_range(str(period.first), after_last)
        self.accounts = 0
        """The accounts that were read to their end."""

    def part(self, position: str | None) -> tuple[dict[str, Any], str | None]:
        """Read for 15 seconds from a position on. Return a part of the report, and where the next one begins.

        Raises:
            NotFound: `unknown_price_list`, there is no buying list.
            Unavailable: `unusable_deck`.
        """
        if not self._costs.is_stored:
            detail = "There is no buying list. Publish it: make publish-rates LIST=cost FILE=cost.csv."
            raise NotFound(ProblemCode.UNKNOWN_PRICE_LIST, detail)
        margins, patience = Margins(), Patience(SECONDS_OF_PART)
        after = self.read(margins, Position.parse(position), lambda: patience.left() or 0.0)
        view = {"accounts_read": self.accounts, **margins.view()}
        return view, None if after is None else after.text()

    def read(self, margins: Margins, position: Position, seconds_left: Callable[[], float]) -> Position | None:
        """Add calls from a position on, until no time is left. Return where to continue; None at the end.

        Raises:
            Unavailable: `unusable_deck`, a version of the buying list cannot be read.
        """
        while position.shard < SWEEP_SHARDS:
            for page in account_pages(self._client, self._table_name, position.shard, position.after):
                for place, account_id in page:
                    bound = self._read_account(margins, account_id, position.calls_after, seconds_left)
                    if bound is not None:
                        return replace(position, calls_after=bound)
                    position = Position(position.shard, place)
                    self.accounts += 1
                    if seconds_left() <= 0:
                        return position
            position = Position(position.shard + 1)
        return None

    def _read_account(
        self, margins: Margins, account_id: str, after: str, seconds_left: Callable[[], float]
    ) -> str | None:
        """Add the calls of an account. Return the bound after the last one that was added if no time is left."""
        low = max(self._low, after)
        for call in calls_between(self._client, self._table_name, account_id, low, self._high, consistent=False):
            at = call.call[0]
            add = partial(_add, margins, account_id, at, self._costs.at(at))
            try:
                decode_item(call.last, add)
            except UnreadableItem:
                margins.unreadable += 1
            if seconds_left() <= 0:
                return keys.after_call(*call.call)
        return None


def _add(margins: Margins, account_id: str, at: str, cost: Deck | None, entry: Mapping[str, Any]) -> None:
    margins.add(account_id, entry, ChargedCall(entry).charged_micros, at, cost)
