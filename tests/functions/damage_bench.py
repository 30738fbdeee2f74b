"""Damage of an account's items, each by what it changes, and the proof that finds it."""

import copy
from collections.abc import Callable
from typing import Any

from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import to_attributes
from tests.functions.proof_bench import change
from tests.harness.till import Till

Damage = Callable[[Till], None]


def changed(kind: str, name: str, by: int = 1) -> Damage:
    """Change a number of the first item of a kind."""

    def damage(till: Till) -> None:
        item = next(item for item in till.world.of_kind(kind) if name in item or by)
        change(till, item, name, item.get(name, 0) + by)

    return damage


def changed_sum(till: Till) -> None:
    """Change a sum of the first day with sums by user, line, and country."""
    item = till.world.of_kind("SPENT_DAY")[0]
    name = next(name for name in item if name.count("#") == 3)
    change(till, item, name, item[name] + 1)


def of_category(kind: str, category: str, name: str, value: Any) -> Damage:
    """Set an attribute of the first item of a category."""

    def damage(till: Till) -> None:
        item = next(
            item for item in till.world.of_kind(kind) if category in (item.get("category"), keys.id_of(item["SK"]))
        )
        change(till, item, name, value)

    return damage


def removed(kind: str) -> Damage:
    """Delete the first item of a kind."""

    def damage(till: Till) -> None:
        item = till.world.of_kind(kind)[0]
        key: Any = {"PK": {"S": item["PK"]}, "SK": {"S": item["SK"]}}
        till.world.stack.dynamodb.delete_item(TableName=till.world.stack.table_name, Key=key)

    return damage


def doubled(kind: str, sort_key: str, **values: Any) -> Damage:
    """Write the first item of a kind again under another sort key."""

    def damage(till: Till) -> None:
        item = copy.deepcopy(till.world.of_kind(kind)[0]) | {"SK": sort_key} | values
        till.world.stack.dynamodb.put_item(TableName=till.world.stack.table_name, Item=to_attributes(item))

    return damage


TONIGHT: dict[str, Damage] = {
    "posted": changed("BALANCE", "posted_micros"),
    "held": changed("BALANCE", "held_micros"),
    "available": changed("BALANCE", "available_micros"),
    "headroom": changed("BALANCE", "headroom_micros"),
    "count of holds": changed("BALANCE", "live_holds"),
    "no balance": removed("BALANCE"),
    "total of a day": changed("DAY", "total_micros"),
    "count of a day": changed("DAY", "entry_count"),
    "seconds of a day": changed("DAY", "billed_seconds"),
    "charges taken back of a day": changed("DAY", "taken_back"),
    "no day": removed("DAY"),
    "a day that is no date": doubled("DAY", "DAY#no-date#adjustment"),
    "a day too many": doubled("DAY", "DAY#2026-01-01#adjustment"),
    "amount of a hold": changed("HOLD", "amount_micros"),
    "released without its credit": lambda till: change(till, live_hold(till), "status", "released"),
    "no hold": removed("HOLD"),
    "a hold too many": doubled("HOLD", "HOLD#c_planted"),
    "amount of a payment": changed("TOPUP", "amount_micros"),
    "reversed of a payment": changed("TOPUP", "reversed_micros"),
    "a payment that nobody made": doubled("TOPUP", "TOPUP#tu_planted", topup_id="tu_planted"),
    "threshold of the rule": changed("AUTO_RECHARGE", "threshold_micros"),
}
"""Damage that the proof of the changed days finds in the first night."""
IN_TURN: dict[str, Damage] = {
    "amount of an entry": changed("ENTRY", "amount_micros"),
    "seconds of an entry": changed("ENTRY", "billed_seconds"),
    "date of an entry": of_category("ENTRY", "top_up", "local_date", "2026-11-01"),
    "category of an entry": of_category("ENTRY", "top_up", "category", "adjustment"),
    "intent of an entry": of_category("ENTRY", "top_up", "intent_id", "pi_other"),
    "no entry": removed("ENTRY"),
    "an entry too many": doubled("ENTRY", "ENTRY#2026-11-24T10:00:00.000Z#planted"),
    "two entries of a payment": lambda till: doubled("ENTRY", f"ENTRY#2026-11-24T10:00:00.000Z#{topup_id(till)}")(till),
    "daily sums": changed_sum,
    "no daily sums": removed("SPENT_DAY"),
    "a refund without a callback": lambda till: refund(till),  # noqa: PLW0108 - defined below
}
"""Damage of what an unchanged day hides: found in the account's turn."""


def live_hold(till: Till) -> dict[str, Any]:
    """The live hold."""
    [hold] = [item for item in till.world.of_kind("HOLD") if item["status"] == "live"]
    return hold


def topup_id(till: Till) -> str:
    """The id of the payment."""
    return str(till.world.of_kind("TOPUP")[0]["topup_id"])


def refund(till: Till) -> None:
    """A refund of the old payment whose callback is lost, an hour ago."""
    [charge] = till.objects("charge")
    till.sdk.v1.refunds.create({"charge": charge["id"], "amount": 100})
    till.stand_in.take_events()
    till.later(hours=1)
