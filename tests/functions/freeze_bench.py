"""The account whose limits and freeze are tested, and the links that freeze it."""

from typing import Any

from calling_credit.links.link import freeze_link
from calling_credit.links.store import LinkStore
from calling_credit.links.tokens import issue_link
from tests.functions.links_bench import heading
from tests.harness.http import MEMBER, Answer
from tests.harness.till import Till
from tests.harness.world import World

SECRET = "test-secret"
FROZEN, USED, INVALID = (200, "The account is frozen"), (200, "Link already used"), (404, "Link not valid")
"""What a freeze link's page shows: its status and heading."""


def account(world: World) -> dict[str, Any]:
    """The account's own item."""
    [item] = world.of_kind("ACCOUNT")
    return item


def limits(world: World) -> dict[str, Any]:
    """The response to GET /limits for a member."""
    answer = world.ask("change_settings", "GET", "/limits", **MEMBER)
    assert answer.status == 200, answer.text
    shown: dict[str, Any] = answer.body
    return shown


def issued(till: Till, event_id: str = "evt_1") -> str:
    """The token of a freeze link that is handed out now."""
    link = freeze_link("acct_1", event_id, "2026-11-23T12:00:00.000Z")
    links = LinkStore(till.world.stack.dynamodb, till.world.stack.table_name)
    return issue_link(links, SECRET, "https://page.test/", link, till.world.clock.now).rpartition("/")[2]


def freeze(till: Till, *, is_frozen: bool = True) -> None:
    """Freeze or unfreeze acct_1."""
    assert till.world.operate("PUT", "/accounts/acct_1", {"frozen": is_frozen}).status == 200


def refuses(answer: Answer) -> None:
    """Check that a request was refused because the account is frozen."""
    assert (answer.status, answer.code) == (403, "account_frozen"), answer.text


def press(till: Till, token: str) -> tuple[int, str]:
    """The status and heading after the button of a link is pressed; opening it then shows the same."""
    answer = till.visit(token, "POST")
    opened = till.visit(token)
    assert (opened.status, heading(opened)) == (answer.status, heading(answer))
    return answer.status, heading(answer)


def is_frozen(till: Till) -> bool:
    """Whether the account, its balance, and the page agree that it is frozen."""
    [balance] = till.world.of_kind("BALANCE")
    states = {"frozen_at" in account(till.world), "is_frozen" in balance, till.world.get("/balance").body["frozen"]}
    assert len(states) == 1
    return bool(states.pop())
