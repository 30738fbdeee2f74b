"""The account whose limits and freeze are tested."""

from typing import Any

from tests.harness.world import World


def account(world: World) -> dict[str, Any]:
    """The account's own item."""
    [item] = world.of_kind("ACCOUNT")
    return item


def limits(world: World) -> dict[str, Any]:
    """The response to GET /limits for a member."""
    answer = world.ask("change_settings", "GET", "/limits", **{"cognito:groups": "[member]"})
    assert answer.status == 200, answer.text
    shown: dict[str, Any] = answer.body
    return shown
