"""Sites by name, and phone lines with their accounts: opening them, and what the table holds about their calls."""

import threading
import uuid
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import boto3

from local.example_rates import RATES_FILE
from local.kamailio import Site
from local.stack import Stack
from tests.stack.conftest import eventually
from tests.stack.independent_sum import price, read_rates
from tests.stack.test_calls import number_of, open_account
from tests.switch.door import Door

RATES: Final = read_rates(RATES_FILE)
LONDON: Final = "+442071838750"
"""Charged by whole minutes."""
BERLIN: Final = "+4930123456"
"""Charged by the second."""
PARIS: Final = "+33142685300"
"""30 seconds, then by 6 seconds."""
MEXICO: Final = "+525512345678"
NEW_YORK: Final = "+12125550199"
"""Part of the subscription."""
PATIENCE: Final = 120.0


def micros(call: dict[str, Any]) -> int:
    """Return the independent price of a call event, in micro-dollars."""
    return int(price(call, RATES) * 1_000_000)


def price_of(caller: str, called: str, seconds: int) -> int:
    """Return the independent price of a call of some seconds, in micro-dollars."""
    return micros({"direction": "outbound", "duration_seconds": seconds, "from": caller, "to": called})


@dataclass(frozen=True, slots=True)
class Line:
    """The line of a new account."""

    stack: Stack
    table: Any
    account_id: str

    @property
    def number(self) -> str:
        """Its phone number."""
        return number_of(self.account_id)

    def change(self, path: str = "", **settings: Any) -> None:
        """Change the account, or with a path a part of it, as the back office."""
        self.stack.api.send("PUT", f"/accounts/{self.account_id}{path}", self.stack.operator_token(), settings)

    def give(self, micro_dollars: int) -> None:
        """Add credit."""
        body = {"amount": str(Decimal(micro_dollars) / 1_000_000), "reason": "Credit of a test"}
        path, key = f"/accounts/{self.account_id}/adjustments", {"Idempotency-Key": uuid.uuid4().hex}
        self.stack.api.send("POST", path, self.stack.operator_token(), body, key)

    def items(self, prefix: str) -> list[dict[str, Any]]:
        """Return the account's items whose sort keys begin with the prefix."""
        answer = self.table.query(
            TableName=self.stack.outputs["TableName"],
            KeyConditionExpression="PK = :pk AND begins_with(SK, :sk)",
            ExpressionAttributeValues={":pk": {"S": f"ACCOUNT#{self.account_id}"}, ":sk": {"S": prefix}},
            ConsistentRead=True,
        )
        assert "LastEvaluatedKey" not in answer
        items: list[dict[str, Any]] = answer["Items"]
        return items

    def charges(self) -> list[int]:
        """Return the amount of each charged call, in micro-dollars."""
        return sorted(-int(item["amount_micros"]["N"]) for item in self.items("ENTRY#") if "line_id" in item)

    def charged(self, calls: int) -> list[int]:
        """Wait until this many calls are charged and no credit is held; return the charges."""
        eventually(lambda: len(self.charges()) >= calls and self.balance()["live_holds"] == 0, PATIENCE)
        return self.charges()

    def holds(self) -> list[dict[str, Any]]:
        """Return `{status, amount, seconds}` of each hold."""
        return [
            {
                "status": item["status"]["S"],
                "amount": int(item["amount_micros"]["N"]),
                "seconds": int(item["max_seconds"]["N"]),
            }
            for item in self.items("HOLD#")
        ]

    def balance(self) -> dict[str, int]:
        """Return posted, held, and available micro-dollars, and the number of live holds."""
        [item] = self.items("BALANCE")
        return {name: int(item[f"{name}_micros"]["N"]) for name in ("posted", "held", "available")} | {
            "live_holds": int(item["live_holds"]["N"])
        }


class OpenSite(Site):
    """A site whose way to the API is a door that a test can shut."""

    def __init__(self, stack: Stack, folder: Path, **settings: str) -> None:
        self.door = Door(stack.settings)
        self.door.open()
        super().__init__(folder, self.door.url, stack.connector_key, **settings)

    def stop(self) -> None:
        super().stop()
        self.door.shut()


class Sites:
    """Sites by name, each started when it is first used, and the lines of their tests."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self.stack = stack
        self.lock = threading.Lock()
        """Held while a scene uses boto3's functions, which are not made for threads."""
        self._folder, self._sites = folder, dict[str, OpenSite]()
        self._table = boto3.client("dynamodb")

    def get(self, name: str, **settings: str) -> OpenSite:
        """Return a site; the settings are those of its first use."""
        with self.lock:
            if name not in self._sites:
                self._sites[name] = OpenSite(self.stack, self._folder / name, **settings)
            return self._sites[name]

    @property
    def main(self) -> OpenSite:
        """The site of most scenes, which grants 20 seconds at a time."""
        return self.get("main", REQUESTED_SECONDS="20", LEAD_SECONDS="8")

    def line(self, credit: str | None = "5.00") -> Line:
        """Open an account with a line."""
        account_id = f"acct_{uuid.uuid4().hex[:12]}"
        open_account(self.stack, account_id, credit)
        return self.line_of(account_id)

    def line_of(self, account_id: str) -> Line:
        """Return the line of an account."""
        return Line(self.stack, self._table, account_id)

    def all(self) -> list[OpenSite]:
        """Return every site that was used."""
        return list(self._sites.values())

    def stop(self) -> None:
        """End all sites."""
        for site in self._sites.values():
            site.stop()
