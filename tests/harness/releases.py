"""Stored items of earlier releases, and a world whose table contains some of them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from calling_credit.accounts.bounces import bounce_from_item
from calling_credit.accounts.daily_sums import read_sums
from calling_credit.accounts.number_store import history_from_item
from calling_credit.audit.checkpoints import checkpoint_from_item
from calling_credit.connectors.key import from_item as connector_key_from_item
from calling_credit.dynamodb.attributes import from_attributes, to_attributes
from calling_credit.moves.approval import approval_from_item
from calling_credit.payments.card_items import record_from_item
from calling_credit.payments.limit_store import use_from_item
from calling_credit.payments.refunds import refund_from_item
from tests.harness.template import ROOT
from tests.harness.till import Till

Item = dict[str, Any]
ITEMS = ROOT / "tests" / "fixtures" / "items"
RELEASES = sorted(folder for folder in ITEMS.iterdir() if folder.is_dir())
"""One folder per release with one file per kind of item."""


def cases_of(path: Path) -> dict[str, Item]:
    """The items of one file by variant."""
    cases: dict[str, Item] = json.loads(path.read_text(encoding="utf-8"))
    return cases


DECODERS: dict[str, Callable[[dict[str, Any]], Any]] = {
    "approval": approval_from_item,
    "bounced": lambda item: bounce_from_item(from_attributes(item)),
    "connector_key": lambda item: connector_key_from_item(from_attributes(item)),
    "number": lambda item: history_from_item(from_attributes(item)),
    "proof": lambda item: checkpoint_from_item(from_attributes(item)).days,
    "refund": refund_from_item,
    "payment_limits": use_from_item,
    "card": record_from_item,
    "spent_day": lambda item: list(read_sums(from_attributes(item))),
}
"""How today's code reads the kinds that no handler above reads. The others are read attribute by attribute."""


def decoder_of(kind: str) -> Callable[[Item], Any]:
    """How today's code reads a kind."""
    return DECODERS.get(kind, from_attributes)


def first_of(folder: Path, kind: str) -> Item:
    """The first item of a kind."""
    return next(iter(cases_of(folder / f"{kind}.json").values()))


class Old:
    """A world whose table contains an account and one more item of an earlier release."""

    def __init__(self, till: Till, folder: Path, item: Item) -> None:
        self.till, self.world, self.folder = till, till.world, folder
        self.item = from_attributes(item)
        pk = str(self.item["PK"])
        self.account = pk.removeprefix("ACCOUNT#") if pk.startswith("ACCOUNT#") else "acct_1"
        for other in self.world.stack.items():
            self.client.delete_item(TableName=self.table, Key=to_attributes({"PK": other["PK"], "SK": other["SK"]}))
        self.put(cases_of(folder / "account.json")["open"], PK=f"ACCOUNT#{self.account}")
        self.put(first_of(folder, "balance"), PK=f"ACCOUNT#{self.account}")
        self.put(item)

    @property
    def client(self) -> Any:
        """The client of the tests."""
        return self.world.stack.dynamodb

    @property
    def table(self) -> str:
        """The name of the table."""
        return self.world.stack.table_name

    def put(self, item: Item, **changes: str) -> None:
        """Store an item with these attributes changed."""
        stored = item | {name: {"S": value} for name, value in changes.items()}
        self.client.put_item(TableName=self.table, Item=stored)

    def get(self, path: str, **query: Any) -> Any:
        """GET a path as a member of the account."""
        answer = self.world.get(path, account=self.account, **query)
        assert answer.status == 200, answer.text
        return answer.body

    def ask(self, function: str, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """The answer to a billing admin of the account."""
        claims = {"custom:account_id": self.account}
        return self.world.ask(function, method, path, body, **claims, **more)

    def now(self) -> Item:
        """The current state of the item."""
        [current] = [item for item in self.world.stack.items() if item["SK"] == self.item["SK"]]
        return current
