"""The holds of acct_1 and its balance, as the tests of authorization read them."""

from typing import Any

import pytest

from tests.harness.http import Answer
from tests.harness.world import World


@pytest.fixture(autouse=True)
def credit(world: World) -> None:
    """Give acct_1 five dollars."""
    world.adjust("5.00", "credit")


def hold(world: World, call_id: str = "c_1") -> dict[str, Any]:
    """The hold of a call."""
    [found] = [item for item in world.of_kind("HOLD") if item["SK"] == f"HOLD#{call_id}"]
    return found


def balances(world: World) -> tuple[str, str, str]:
    """The balance, held, and available amounts that the customer sees."""
    shown = world.get("/balance").body
    return shown["balance"], shown["held"], shown["available"]


def denied(answer: Answer) -> str:
    """The reason of a denied call, after a check that nothing was allowed or held."""
    assert answer.status == 200, answer.text
    assert (answer.body["decision"], answer.body["max_seconds"], answer.body["held"]) == ("deny", 0, "0.00")
    assert answer.body["message"].endswith(".")
    return str(answer.body["reason"])
