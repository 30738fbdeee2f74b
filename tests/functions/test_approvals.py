"""Above the limit of a person's day, a move waits for another member of the finance group."""

from datetime import timedelta
from typing import Any

import pytest

from tests.functions.accounts_bench import at_once
from tests.functions.moves_bench import CLIENT, FEMI, GRACE, approve, at_desk, changes, desk_event, left_of
from tests.harness.http import Answer
from tests.harness.world import World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


def adjust(world: World, amount: str = "150.00", key: str = "k_1", reason: str = "Outage", **claims: Any) -> Answer:
    """Adjust the balance at the desk."""
    body = {"amount": amount, "reason": reason}
    return world.desk("POST", "/accounts/acct_1/adjustments", body, key=key, **FEMI | claims)


def listed(world: World, **claims: Any) -> list[dict[str, Any]]:
    """The listed requests."""
    answer = at_desk(world, "GET", "/approvals", key=None, **claims)
    assert answer.status == 200, answer.text
    items: list[dict[str, Any]] = answer.body["items"]
    return items


def test_a_day_up_to_the_limit_needs_no_one_else(world: World) -> None:
    assert adjust(world, "60.00").status == 201
    assert adjust(world, "40.00", key="k_2").status == 201
    assert left_of(world) == [0]
    assert adjust(world, "0.01", key="k_3").status == 202
    assert adjust(world, "0.01", key="k_4", **GRACE).status == 201
    world.clock.now += timedelta(hours=12)
    assert adjust(world, "100.00", key="k_5").status == 201, "the next day of UTC"


def test_above_the_limit_a_move_waits_and_posts_nothing(world: World) -> None:
    answer = adjust(world)
    assert (answer.status, answer.body["status"]) == (202, "waiting")
    assert answer.body == {"id": answer.body["id"], "status": "waiting", "expires_at": "2026-11-24T12:00:00.000Z"}
    assert (world.balance(), left_of(world)) == (0, [])
    assert changes(world) == [("approval_requested", "staff:staff-1")]
    again = adjust(world)
    assert (again.status, again.body) == (202, answer.body)
    assert adjust(world, reason="Other").code == "idempotency_key_reused"
    [item] = listed(world, **{"cognito:groups": ["support"]})
    assert item == {
        "id": answer.body["id"],
        "kind": "adjustment",
        "status": "waiting",
        "account_id": "acct_1",
        "amount": "150.00",
        "request": {"amount": "150.00", "reason": "Outage"},
        "by": {"kind": "staff", "name": "femi@phone.example"},
        "created_at": "2026-11-23T12:00:00.000Z",
        "expires_at": "2026-11-24T12:00:00.000Z",
        "decided": None,
    }


def test_an_approval_posts_the_move_once_under_its_own_id(world: World) -> None:
    waiting = adjust(world).body["id"]
    answer = approve(world, waiting)
    assert answer.status == 200, answer.text
    assert answer.body["status"] == "approved"
    assert answer.body["decided"]["by"] == {"kind": "staff", "name": "grace@phone.example"}
    assert answer.body["result"] == {"id": waiting, "amount": "150.00", "balance": "150.00"}
    after = world.stack.items()
    assert approve(world, waiting).body == answer.body
    assert approve(world, waiting, sub="staff-3").body == answer.body
    assert approve(world, waiting, "reject").code == "approval_decided"
    repeated = adjust(world)
    assert (repeated.status, repeated.body) == (201, answer.body["result"])
    assert world.stack.items() == after
    assert world.balance() == 150_000_000
    assert ("approval_approved", "staff:staff-2") in changes(world)
    assert left_of(world) == [-50_000_000]
    assert left_of(world, "STAFF#staff-2") == []


def test_two_approvals_at_once_post_once(world: World) -> None:
    waiting = adjust(world).body["id"]
    answers = at_once(lambda: approve(world, waiting), lambda: approve(world, waiting, sub="staff-3"))
    assert [answer.status for answer in answers] == [200, 200]
    assert answers[0].body == answers[1].body
    assert world.balance() == 150_000_000


def test_an_approval_and_a_rejection_at_once_are_one(world: World) -> None:
    waiting = adjust(world).body["id"]
    answers = at_once(lambda: approve(world, waiting), lambda: approve(world, waiting, "reject", sub="staff-3"))
    assert sorted(answer.status for answer in answers) == [200, 409]
    is_approved = answers[0].status == 200
    assert world.balance() == (150_000_000 if is_approved else 0)


def test_no_one_decides_on_their_own_request(world: World) -> None:
    waiting = adjust(world).body["id"]
    before = world.stack.items()
    for decision in ("approve", "reject"):
        assert approve(world, waiting, decision, **FEMI).code == "own_request"
        assert approve(world, waiting, decision, **{"cognito:groups": ["support"]}).code == "finance_required"
        assert approve(world, waiting, decision, **CLIENT).code == "staff_required"
        assert approve(world, f"adj_{'0' * 32}", decision).code == "unknown_approval"
    assert world.stack.items() == before


def test_a_rejected_request_posts_nothing(world: World) -> None:
    waiting = adjust(world).body["id"]
    answer = approve(world, waiting, "reject")
    assert (answer.status, answer.body["status"]) == (200, "rejected")
    assert approve(world, waiting, "reject").body == answer.body
    assert approve(world, waiting).code == "approval_decided"
    assert adjust(world).code == "approval_decided"
    assert (world.balance(), left_of(world)) == (0, [])
    assert ("approval_rejected", "staff:staff-2") in changes(world)


def test_a_request_expires_after_a_day(world: World) -> None:
    waiting = adjust(world).body["id"]
    world.clock.now += timedelta(hours=24)
    before = world.stack.items()
    assert approve(world, waiting).code == "approval_expired"
    assert approve(world, waiting, "reject").code == "approval_expired"
    assert adjust(world).code == "approval_expired"
    assert listed(world)[0]["status"] == "expired"
    assert world.stack.items() == before
    assert adjust(world, key="k_2").status == 202


def test_a_closed_account_gets_no_approved_credit(world: World) -> None:
    waiting = adjust(world).body["id"]
    world.operate("PUT", "/accounts/acct_1", {"status": "closed"})
    before = world.stack.items()
    assert approve(world, waiting).code == "account_closed"
    assert world.stack.items() == before


def test_taking_credit_needs_no_one_else(world: World) -> None:
    assert adjust(world, "-500.00").status == 201
    assert left_of(world) == []


def test_the_list_is_newest_first_and_limited(world: World) -> None:
    for number in range(5):
        world.create_account(f"acct_x{number}")
        body = {"amount": "200.00", "reason": "Outage"}
        path = f"/accounts/acct_x{number}/adjustments"
        assert world.desk("POST", path, body, key="k", **FEMI).status == 202
        world.clock.now += timedelta(minutes=1)
    assert [item["account_id"] for item in listed(world)] == [f"acct_x{number}" for number in (4, 3, 2, 1, 0)]
    event = desk_event("GET", "/approvals", key=None)
    event["queryStringParameters"], event["rawQueryString"] = {"limit": "2"}, "limit=2"
    items = world.invoke("move_credit", event).body["items"]
    assert [item["account_id"] for item in items] == ["acct_x4", "acct_x3"]
