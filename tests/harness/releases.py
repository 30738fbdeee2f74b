"""Items of earlier releases, exactly as they stored them, and a world whose table holds some of them."""

import json
from pathlib import Path
from typing import Any

from calling_credit.dynamodb.attributes import from_attributes, to_attributes
from tests.harness.template import ROOT
from tests.harness.till import Till

Item = dict[str, Any]
RELEASES = sorted(folder for folder in (ROOT / "tests" / "fixtures" / "items").iterdir() if folder.is_dir())
"""One folder for each release, with one file for each kind of item."""


def cases_of(path: Path) -> dict[str, Item]:
    """The items of one file, by what makes each another."""
    cases: dict[str, Item] = json.loads(path.read_text(encoding="utf-8"))
    return cases


def first_of(folder: Path, kind: str) -> Item:
    """Any item of a kind."""
    return next(iter(cases_of(folder / f"{kind}.json").values()))


class Old:
    """A world whose table holds an account of an earlier release and one more item of it."""

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
        """Store an item as it is, but for these attributes."""
        stored = item | {name: {"S": value} for name, value in changes.items()}
        self.client.put_item(TableName=self.table, Item=stored)

    def get(self, path: str, **query: Any) -> Any:
        """What a member of the account reads."""
        answer = self.world.get(path, account=self.account, **query)
        assert answer.status == 200, answer.text
        return answer.body

    def ask(self, function: str, method: str, path: str, body: Any = None, **more: Any) -> Any:
        """What a billing admin of the account is answered."""
        claims = {"custom:account_id": self.account}
        return self.world.ask(function, method, path, body, **claims, **more)

    def now(self) -> Item:
        """The same item as it stands now."""
        [found] = [one for one in self.world.stack.items() if one["SK"] == self.item["SK"]]
        return found
