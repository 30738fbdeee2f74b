"""Goodwill, transfers, and the limit of a client's day in the model."""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from tests.laws.items import Items
from tests.laws.prices import instant

DAILY_MAXIMUM = 900_000_000 * 1_000_000
"""The parameter AdjustmentDailyMaximum of tests, in micro-dollars."""
CLIENT = "CLIENT#3n4exampleoperator"
Call = tuple[str, str]
"""The time and the key of a call."""


class Moves(Items):
    """What the operator's moves of credit change."""

    def take(self, micros: int, now: datetime) -> None:
        """Take credit that the client gives from its day (UTC)."""
        if micros > 0:
            key = (CLIENT, f"MOVED#{now.astimezone(UTC).date().isoformat()}")
            left = self.items.get(key, {"left_micros": DAILY_MAXIMUM})["left_micros"]
            self.items[key] = {"left_micros": left - micros}
            self.touched.add(key)

    def adjust(self, account: str, identifier: str, micros: int, reason: str, now: datetime) -> None:
        """Post a new adjustment."""
        super().adjust(account, identifier, micros, reason, now)
        self.take(micros, now)

    def give_goodwill(self, account: str, call: Call, micros: int, move_id: str, now: datetime) -> None:
        """Give goodwill for a call that has none."""
        said: dict[str, Any] = {"standing_micros": micros, "given_micros": micros, "takings": 0, "goodwill_id": move_id}
        local_date = now.astimezone(ZoneInfo(self.zone(account))).date().isoformat()
        self.put(account, "#".join(("GOODWILL", *call)), **said, given_at=instant(now), local_date=local_date)
        self.put(account, f"MOVE#{move_id}", amount_micros=micros, by="client:3n4exampleoperator")
        self.put(account, f"ACTIVITY#{instant(now)}#{move_id}", action="goodwill_given", by="client:3n4exampleoperator")
        entry = {"category": "goodwill", "kind": "goodwill_given", "call_key": call[1]}
        self.enter(account, f"ENTRY#{instant(now)}#{move_id}", micros, 0, local_date=local_date, **entry)
        self.take(micros, now)
        self.count("goodwill")

    def lower_goodwill(self, account: str, call: Call, charged: int) -> int:
        """Take back the goodwill that a call's charge no longer covers; return how much."""
        goodwill = goodwill_of(self, account, call)
        taken = 0 if goodwill is None else goodwill["standing_micros"] - charged
        if goodwill is None or taken <= 0:
            return 0
        number = goodwill["takings"] + 1
        self.put(account, "#".join(("GOODWILL", *call)), standing_micros=charged, takings=number)
        sk = f"ENTRY#{goodwill['given_at']}#{goodwill['goodwill_id']}.back.{number}"
        entry = {"category": "goodwill", "kind": "goodwill_taken_back", "call_key": call[1]}
        self.enter(account, sk, -taken, 0, local_date=goodwill["local_date"], **entry)
        self.count("goodwill taken back")
        return int(taken)

    def transfer(self, accounts: tuple[str, str], micros: int, move_id: str, now: datetime) -> None:
        """Transfer credit from the first account to the second."""
        self.put(accounts[0], f"MOVE#{move_id}", amount_micros=micros, by="client:3n4exampleoperator")
        for account, amount, way in zip(accounts, (-micros, micros), ("sent", "received"), strict=True):
            self.put(account, f"ACTIVITY#{instant(now)}#{move_id}", action=f"credit_{way}")
            entry = {"category": "transfer", "kind": f"transfer_{way}"}
            self.post(account, f"ENTRY#{instant(now)}#{move_id}", now, self.zone(account), amount, 0, **entry)
        self.take(micros, now)
        self.count("transfer")


def goodwill_of(items: Items, account: str, call: Call) -> dict[str, Any] | None:
    """The goodwill of a call; None without one."""
    return items.get(account, "#".join(("GOODWILL", *call)))
