"""Granted credit that an operator takes back: at most what calls have left, and nothing of it expires afterwards."""

from datetime import timedelta
from typing import Any

import pytest

from tests.functions.accounts_bench import ADJUSTMENTS, at_once
from tests.functions.lots_bench import STARTED, call_of, expired, expiring, granted, lots, spend, sweep
from tests.functions.moves_bench import transfer
from tests.functions.test_promotions import create, redeem
from tests.harness.http import Answer
from tests.harness.world import JAPAN, World

pytestmark = pytest.mark.dynamodb

OVER = timedelta(days=11)


def take_back(world: World, lot_id: str, amount: str, key: str = "k_back", account: str = "acct_1") -> Answer:
    """Take back from a lot."""
    body = {"amount": f"-{amount}", "reason": "By mistake", "lot_id": lot_id}
    return world.operate("POST", f"/accounts/{account}/adjustments", body, key=key)


def test_a_mistaken_grant_that_is_taken_back_never_expires(world: World) -> None:
    world.adjust("50.00", "bought")
    lot = granted(world, "30.00", 10)
    answer = take_back(world, lot, "30.00")
    assert (answer.status, answer.body["amount"], answer.body["balance"]) == (201, "-30.00", "50.00")
    assert expiring(world) == []
    sweep(world, OVER)
    assert (expired(world), world.balance()) == ([], 50_000_000)
    [entry] = [entry for entry in world.entries() if entry["amount_micros"] < 0]
    assert (entry["kind"], entry["lot_id"]) == ("balance_adjusted", lot)
    named = [change["new"].get("lot_id") for change in world.changes("adjustment_posted")]
    assert sorted(named, key=str) == [None, None, lot]


def test_a_part_is_taken_back_and_the_rest_still_expires(world: World) -> None:
    lot = granted(world, "30.00", 10)
    spend(world, 5)
    assert take_back(world, lot, "10.00").status == 201
    assert expiring(world) == ["15.00"]
    assert take_back(world, lot, "4.00", "k_more").status == 201
    spend(world, 3, "c_2")
    sweep(world, OVER)
    assert (expired(world), world.balance()) == ([-8_000_000], 0)
    assert [part["amount_micros"] for part in lots(world)[lot]["removed"]] == [10_000_000, 4_000_000]


def test_no_more_than_calls_have_left_is_taken_back(world: World) -> None:
    world.adjust("50.00", "bought")
    lot = granted(world, "30.00", 10)
    spend(world, 5)
    before = world.stack.items()
    refused = take_back(world, lot, "25.0001")
    assert (refused.status, refused.code) == (409, "lot_used")
    assert "25.00 of this credit is left" in refused.body["detail"]
    assert world.stack.items() == before
    assert take_back(world, lot, "25.00").status == 201
    again = take_back(world, lot, "0.01", "k_more")
    assert (again.status, again.code) == (409, "lot_used")


def test_what_has_expired_is_not_taken_back(world: World) -> None:
    lot = granted(world, "30.00", 10)
    sweep(world, OVER)
    assert take_back(world, lot, "0.01").code == "lot_used"


def test_a_repeated_take_back_takes_once(world: World) -> None:
    lot = granted(world, "30.00", 10)
    first = take_back(world, lot, "30.00")
    after = world.stack.items()
    again = take_back(world, lot, "30.00")
    assert (again.status, again.body, world.stack.items()) == (201, first.body, after)
    other = granted(world, "30.00", 20)
    reused = take_back(world, other, "30.00")
    assert (reused.status, reused.code) == (409, "idempotency_key_reused")


def test_two_take_backs_at_once_never_take_more_than_is_left(world: World) -> None:
    world.adjust("50.00", "bought")
    lot = granted(world, "30.00", 10)
    answers = at_once(*(lambda key=f"k_{number}": take_back(world, lot, "20.00", key) for number in range(3)))
    assert sorted(answer.status for answer in answers) == [201, 409, 409]
    same = at_once(*[lambda: take_back(world, lot, "10.00", "k_same")] * 3)
    assert [answer.status for answer in same] == [201] * 3
    assert (world.balance(), expiring(world)) == (50_000_000, [])


def test_a_take_back_beside_calls_leaves_used_credit(world: World) -> None:
    lot = granted(world, "10.00", 10)
    answer, *_ = at_once(lambda: take_back(world, lot, "10.00"), *[lambda: spend(world, 4)] * 2)
    if answer.status == 201:
        assert (world.balance(), expiring(world)) == (-4_000_000, [])
    else:
        assert (answer.code, world.balance(), expiring(world)) == ("lot_used", 6_000_000, ["6.00"])


def test_a_call_that_is_made_free_returns_to_the_lot(world: World) -> None:
    lot = granted(world, "10.00", 10)
    spend(world, 4)
    assert take_back(world, lot, "6.00").status == 201
    waiver = {"waive": True, "reason": "A bad line", "started_at": STARTED}
    assert world.desk("POST", "/accounts/acct_1/calls/c_1/corrections", waiver, key="k_9").status == 201
    assert expiring(world) == ["4.00"]
    assert take_back(world, lot, "4.00", "k_more").status == 201
    assert (world.balance(), expiring(world)) == (0, [])


def test_credit_that_never_expires_and_promotions_are_taken_back(world: World) -> None:
    world.create_account("acct_2")
    lot = granted(world, "20.00")
    assert take_back(world, lot, "20.00").status == 201
    create(world, total="20.00")
    redeem(world)
    [promotion] = [one for one in lots(world) if one.startswith("pr_")]
    assert take_back(world, promotion, "10.00", "k_more").status == 201
    assert (world.balance(), expiring(world)) == (0, [])
    world.adjust("5.00", "bought")
    assert transfer(world, "5.00").status == 201, "nothing of the lots stays behind"


def test_a_grant_into_a_debt_is_taken_back_whole(world: World) -> None:
    world.adjust("-10.00", "in debt")
    lot = granted(world, "30.00", 10)
    assert take_back(world, lot, "30.00").status == 201
    assert world.balance() == -10_000_000
    world.adjust("50.00", "bought")
    assert sweep(world, OVER) == {"ended": 1}
    assert world.balance() == 40_000_000


def test_a_lot_of_another_account_is_unknown(world: World) -> None:
    world.create_account("acct_2")
    granted(world, "5.00", 10)
    lot = granted(world, "30.00", 20)
    for account, lot_id in (("acct_2", lot), ("acct_1", "adj_" + "0" * 32)):
        refused = take_back(world, lot_id, "1.00", account=account)
        assert (refused.status, refused.code) == (404, "unknown_lot")


def test_the_last_fraction_of_a_cent_is_taken_back(world: World) -> None:
    lot = granted(world, "30.00", 10)
    call = call_of(61) | {"to": JAPAN}
    assert world.deliver(call) == []
    [left] = expiring(world)
    assert left == "29.9875"
    assert take_back(world, lot, left).status == 201
    assert (world.balance(), expiring(world)) == (0, [])


@pytest.mark.parametrize(
    "changes",
    [
        {"lot_id": "adj_1"},
        {"lot_id": 7},
        {"lot_id": ""},
        {"amount": "30.00"},
        {"kind": "granted"},
        {"expires_at": "2026-12-31"},
    ],
)
def test_a_wrong_take_back_is_422_and_writes_nothing(world: World, changes: dict[str, Any]) -> None:
    lot = granted(world, "30.00", 10)
    before = world.stack.items()
    body = {"amount": "-30.00", "reason": "By mistake", "lot_id": lot} | changes
    answer = world.operate("POST", ADJUSTMENTS, body, key="k_back")
    assert (answer.status, answer.code) == (422, "invalid_field")
    assert world.stack.items() == before


def test_the_desk_shows_what_was_taken_back_and_the_rest(world: World) -> None:
    lot = granted(world, "30.00", 10)
    spend(world, 5)
    take_back(world, lot, "10.00")
    claims: dict[str, Any] = {"custom:account_id": None, "cognito:groups": ["support"], "token_use": "id", "sub": "s-1"}
    [shown] = world.ask("read_accounts", "GET", "/operator/accounts/acct_1", **claims).body["lots"]
    assert (shown["used"], shown["taken_back"], shown["left"]) == ("5.00", "10.00", "15.00")
