"""Granted credit that is kept apart: how calls use it, and how it expires."""

from datetime import timedelta

import pytest

from tests.functions.accounts_bench import ADJUSTMENTS
from tests.functions.lots_bench import (
    GRACE,
    STARTED,
    call_of,
    expired,
    expiring,
    granted,
    keep_held,
    lots,
    spend,
    sweep,
)
from tests.functions.moves_bench import at_desk, transfer
from tests.harness.world import World

pytestmark = pytest.mark.dynamodb


def test_calls_use_what_expires_first_and_then_the_next(world: World) -> None:
    for amount, days in (("50.00", None), ("30.00", 20), ("20.00", 30), ("40.00", 40), ("60.00", 10)):
        granted(world, amount, days)
    spend(world, 90)
    assert expiring(world) == ["20.00", "40.00"], "60 and then 30 are used"
    assert world.balance() == 110_000_000
    assert sweep(world, timedelta(days=60)) == {"ended": 2, "expired": 2}
    assert (expired(world), world.balance()) == ([-20_000_000, -40_000_000], 50_000_000)


def test_what_calls_left_of_three_lots_expires(world: World) -> None:
    granted(world, "50.00", 10)
    granted(world, "30.00", 20)
    granted(world, "20.00", 30)
    spend(world, 70)
    assert (expiring(world), world.balance()) == (["10.00", "20.00"], 30_000_000)


def test_a_call_that_is_delivered_twice_uses_a_lot_once(world: World) -> None:
    granted(world, "200.00", 10)
    spend(world, 50)
    spend(world, 50)
    assert (expiring(world), world.balance()) == (["150.00"], 150_000_000)


def test_bought_credit_is_used_last(world: World) -> None:
    world.adjust("10.00", "bought")
    granted(world, "5.00")
    granted(world, "5.00", 5, kind="promotional")
    spend(world, 7)
    assert expiring(world) == []
    assert transfer_all(world) == "10.00"


def transfer_all(world: World) -> str:
    """The credit that a transfer may take."""
    world.create_account("acct_2")
    detail = transfer(world, "99999.00").body["detail"]
    return str(detail.split(" ")[0])


def test_a_transfer_never_takes_granted_credit(world: World) -> None:
    world.create_account("acct_2")
    world.adjust("10.00", "bought")
    granted(world, "30.00")
    refused = transfer(world, "10.01")
    assert (refused.status, refused.code) == (409, "insufficient_credit")
    assert "10.00 of credit is available" in refused.body["detail"]
    assert transfer(world, "10.00", key="k_2").status == 201
    assert (world.balance(), world.balance("acct_2")) == (30_000_000, 10_000_000)


def test_a_repeated_expiry_takes_nothing_more(world: World) -> None:
    lot = granted(world, "5.00", 10)
    assert sweep(world, timedelta(days=10)) == {"postponed": 1}, "the grace has begun"
    assert sweep(world, GRACE - timedelta(milliseconds=1)) == {}
    assert sweep(world, timedelta(milliseconds=1)) == {"expired": 1}
    after = world.stack.items()
    assert sweep(world, timedelta(days=1)) == {}
    assert world.stack.items() == after
    [entry] = [entry for entry in world.entries() if entry["kind"] == "credit_expired"]
    assert entry["SK"].endswith(f"#{lot}#1")
    assert (entry["debit"], entry["credit"]) == ("customer_credit", "expired_credit")
    assert (entry["category"], world.balance()) == ("credit_expired", 0)


def test_held_credit_does_not_expire_until_it_is_released(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1", {"admission": True})
    granted(world, "5.00", 1)
    world.clock.now += timedelta(days=1) + GRACE
    assert world.authorize("c_1", seconds=1200).body["decision"] == "allow"
    assert sweep(world) == {"expired": 1}
    assert expired(world) == [-3_000_000], "two dollars are held"
    assert sweep(world, timedelta(minutes=59)) == {}
    assert world.deliver(call_of(600, started_at="2026-11-24T18:00:00.000Z")) == []
    assert sweep(world, timedelta(minutes=1)) == {"expired": 1}
    assert expired(world) == [-3_000_000, -1_000_000], "the call used one dollar"
    assert (world.balance(), sweep(world, timedelta(days=8))) == (0, {})


def test_expired_credit_that_stays_held_is_left_after_a_week(world: World) -> None:
    granted(world, "5.00", 10)
    keep_held(world, 5_000_000)
    world.clock.now += timedelta(days=10) + GRACE
    rounds = [sweep(world, timedelta(hours=step)) for step in (0, 1, 1, 160, 6, 1)]
    assert rounds == [*[{"postponed": 1}] * 4, {"ended": 1}, {}]
    keep_held(world, -5_000_000)
    world.adjust("9.00", "bought")
    assert (sweep(world, timedelta(days=1)), expired(world), world.balance()) == ({}, [], 14_000_000)


def test_an_expiry_makes_no_debt(world: World) -> None:
    granted(world, "5.00", 10)
    world.adjust("-4.00", "taken")
    assert sweep(world, timedelta(days=10) + GRACE) == {"expired": 1}
    assert (expired(world), world.balance()) == ([-1_000_000], 0)
    world.adjust("-1.00", "in debt")
    assert sweep(world, timedelta(hours=1)) == {}
    assert (expired(world), world.balance()) == ([-1_000_000], -1_000_000)


def test_an_expiry_is_no_call_that_recharges(world: World) -> None:
    granted(world, "5.00", 10)
    sweep(world, timedelta(days=10) + GRACE)
    [balance] = world.of_kind("BALANCE")
    assert balance["bought_back_at"] == balance.get("calls_seen", 0) == 0


@pytest.mark.parametrize(
    ("terms", "code"),
    [
        ({"kind": "bought"}, "invalid_field"),
        ({"kind": 1}, "invalid_field"),
        ({"expires_at": "tomorrow"}, "invalid_timestamp"),
        ({"expires_at": 1}, "invalid_timestamp"),
        ({"expires_at": "2026-02-30"}, "invalid_timestamp"),
        ({"expires_at": "2026-11-22"}, "invalid_timestamp"),
        ({"expires_at": "2032-01-01"}, "invalid_timestamp"),
        ({"amount": "-1.00"}, "invalid_field"),
    ],
)
def test_wrong_terms_are_422_and_write_nothing(world: World, terms: dict[str, str], code: str) -> None:
    before = world.stack.items()
    body = {"amount": "1.00", "reason": "A gift", "kind": "granted"} | terms
    answer = world.operate("POST", ADJUSTMENTS, body, key="k_1")
    assert (answer.status, answer.code) == (422, code)
    assert world.stack.items() == before


def test_a_date_means_its_last_moment(world: World) -> None:
    body = {"amount": "1.00", "reason": "A gift", "expires_at": "2027-01-31"}
    assert world.operate("POST", ADJUSTMENTS, body, key="k_1").status == 201
    assert world.get("/balance").body["expiring"] == [{"amount": "1.00", "at": "2027-01-31T23:59:59.999Z"}]


def test_a_repeated_grant_is_one_lot_even_after_its_end(world: World) -> None:
    body = {"amount": "5.00", "reason": "A gift", "expires_at": "2026-12-01"}
    first = world.operate("POST", ADJUSTMENTS, body, key="k_1")
    world.clock.now += timedelta(days=30)
    again = world.operate("POST", ADJUSTMENTS, body, key="k_1")
    assert (again.status, again.body) == (201, first.body)
    assert len(lots(world)) == 1
    other = world.operate("POST", ADJUSTMENTS, body | {"kind": "promotional"}, key="k_1")
    assert (other.status, other.code) == (409, "idempotency_key_reused")


def test_a_charge_that_is_taken_back_returns_to_its_lot(world: World) -> None:
    granted(world, "5.00", 10)
    spend(world, 3)
    assert expiring(world) == ["2.00"]
    waiver = {"waive": True, "reason": "A bad line", "started_at": STARTED}
    assert world.desk("POST", "/accounts/acct_1/calls/c_1/corrections", waiver, key="k_9").status == 201
    assert expiring(world) == ["5.00"]


def test_an_approved_grant_has_its_lot(world: World) -> None:
    body = {"amount": "160.00", "reason": "A gift", "kind": "promotional", "expires_at": "2026-12-31"}
    waiting = world.desk("POST", "/accounts/acct_1/adjustments", body, key="k_1")
    assert waiting.status == 202
    grace = {"sub": "staff-2", "email": "grace@phone.example"}
    approved = at_desk(world, "POST", f"/approvals/{waiting.body['id']}/approve", key=None, **grace)
    assert (approved.status, approved.body["request"]["kind"]) == (200, "promotional")
    [lot] = lots(world).values()
    assert (lot["kind"], lot["ends_at"]) == ("promotional", "2026-12-31T23:59:59.999Z")
    assert expiring(world) == ["160.00"]
