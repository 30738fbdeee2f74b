"""Granted credit at the edges: what an expiry never starts, and codes that look like others."""

from datetime import timedelta
from typing import Any

import pytest

from tests.functions.accounts_bench import at_once
from tests.functions.lots_bench import GRACE, expired, granted, lots, spend, sweep
from tests.functions.moves_bench import GRACE as GRACE_OF_STAFF
from tests.functions.moves_bench import at_desk
from tests.functions.test_promotions import END, WELCOME, create, promotion, redeem
from tests.harness.cards import VISA
from tests.harness.recharging import image, recharges, talk
from tests.harness.till import Till
from tests.harness.world import World

pytestmark = pytest.mark.dynamodb


def test_an_expiry_below_the_threshold_waits_for_a_call(till: Till) -> None:
    """The balance is just above the threshold of an armed rule, and most of it expires."""
    world = till.world
    world.adjust("1.00", "bought")
    granted(world, "20.00", 10)
    talk(till, 1)
    till.set_rule(till.card(VISA))
    till.stream()
    assert recharges(till) == []
    for step in (timedelta(days=10), GRACE, timedelta(hours=1), timedelta(days=1)):
        sweep(world, step)
        till.stream()
        till.sweep(minutes=1)
    assert len(expired(world)) == 1
    assert (recharges(till), image(till)["bought_back_at"]) == ([], image(till)["calls_seen"])
    talk(till, 1)
    till.stream()
    assert [status for status, _ in recharges(till)] == ["succeeded"]


@pytest.mark.parametrize("setting", [{"frozen": True}, {"status": "closed"}])
def test_credit_of_a_frozen_or_closed_account_expires(world: World, setting: dict[str, Any]) -> None:
    granted(world, "20.00", 10)
    world.operate("PUT", "/accounts/acct_1", setting)
    sweep(world, timedelta(days=10))
    assert sweep(world, GRACE) == {"expired": 1}
    assert world.balance() == 0


@pytest.mark.parametrize(
    "code", ["CLA\u00df-10", "CLA\u017f\u017f-10", "CLAS\u2010S-10", "CLASS\u201010", "CLASS-\uff11\uff10"]
)
def test_a_code_in_other_letters_is_another_code(world: World, code: str) -> None:
    """Capitals of some letters are ASCII: a sharp s becomes SS, a long one S."""
    create(world, code="CLASS-10")
    answer = redeem(world, code)
    assert answer.status == 404
    assert create(world, code=code).code == "invalid_field"


@pytest.mark.parametrize("code", ["CLASS/10", "CLASS/../10", "%2e%2e", "CLASS-10/redeem", " ", "\u0000CLASS-10"])
def test_a_path_that_is_no_code_is_404(world: World, code: str) -> None:
    create(world, code="CLASS-10")
    assert redeem(world, code).status == 404
    assert world.entries() == []


def test_a_code_is_the_same_in_any_case_and_with_spaces_around_it(world: World) -> None:
    assert create(world, code="class-10").body["code"] == "CLASS-10"
    assert redeem(world, " Class-10 ").status == 201
    assert redeem(world, "cLASS-10").code == "promotion_used"
    assert promotion(world, "CLASS-10")["redeemed"] == 1


def test_a_code_gives_nothing_at_its_last_moment(world: World) -> None:
    ends = world.clock.now + timedelta(hours=1)
    create(world, expires_at=ends.isoformat())
    world.clock.now = ends
    assert redeem(world).code == "promotion_expired"
    world.clock.now = ends - timedelta(milliseconds=1)
    assert redeem(world).status == 201
    world.create_account("acct_2")
    sweep(world, timedelta(milliseconds=1) + GRACE)
    assert world.balance() == 0


def test_a_total_that_is_no_multiple_gives_whole_amounts(world: World) -> None:
    create(world, total="25.00")
    for account in ("acct_2", "acct_3"):
        world.create_account(account)
    answers = [redeem(world, account=account).status for account in ("acct_1", "acct_2", "acct_3")]
    assert answers == [201, 201, 409]
    assert promotion(world)["left_micros"] == 5_000_000


def test_tries_are_taken_only_by_guesses(world: World) -> None:
    """An admin who sends a used code again and again can still redeem others."""
    create(world, total="20.00")
    create(world, code="OTHER-10", total="20.00")
    assert redeem(world, key="k_1").status == 201
    for _ in range(15):
        assert redeem(world, key="k_1").status == 201
        assert redeem(world).code == "promotion_used"
    assert redeem(world, "OTHER-10").status == 201


def test_one_request_approved_twice_under_two_keys_creates_one_code(world: World) -> None:
    first, second = (create(world, key=key, total="100.01") for key in ("k_1", "k_2"))
    assert (first.status, second.status) == (202, 202)
    paths = [f"/approvals/{one.body['id']}/approve" for one in (first, second)]
    assert at_desk(world, "POST", paths[0], key=None, **GRACE_OF_STAFF).status == 200
    late = at_desk(world, "POST", paths[1], key=None, **GRACE_OF_STAFF)
    assert (late.status, late.code) == (409, "promotion_exists")
    assert promotion(world)["left_micros"] == 100_010_000


def test_a_code_that_ended_while_it_waited_is_not_created(world: World) -> None:
    ends = world.clock.now + timedelta(hours=1)
    waiting = create(world, total="100.01", expires_at=ends.isoformat())
    world.clock.now += timedelta(hours=2)
    late = at_desk(world, "POST", f"/approvals/{waiting.body['id']}/approve", key=None, **GRACE_OF_STAFF)
    assert (late.status, late.code) == (422, "invalid_timestamp")
    assert redeem(world).code == "unknown_promotion"


def test_redeeming_beside_calls_keeps_the_sum(world: World) -> None:
    create(world)
    world.adjust("50.00", "bought")
    at_once(lambda: redeem(world), lambda: spend(world, 3, "c_1"), lambda: spend(world, 4, "c_2"))
    [lot] = lots(world).values()
    assert lot["charged_at_grant"] in (0, 3_000_000, 4_000_000, 7_000_000)
    assert (world.balance(), lot["ends_at"]) == (53_000_000, END)
    assert WELCOME["amount"] == "10.00"


@pytest.mark.parametrize(
    ("ends", "status"),
    [
        ("2026-11-23T12:00:00.000Z", 422),
        ("2026-11-23T12:00:00.0009Z", 422),
        ("2026-11-23T12:00:00.001Z", 201),
        ("2026-11-23T13:00:01+01:00", 201),
        ("2026-11-23T12:59:59+01:00", 422),
        ("2026-11-23", 201),
        ("2031-11-24", 201),
        ("9999-12-31T23:59:59-23:59", 422),
        ("0001-01-01T00:00:00+23:59", 422),
        ("0001-01-01", 422),
        ("2026-11-23T12:00:01", 422),
        ("20261224", 422),
        ("2026-W52-1", 422),
        ("", 422),
    ],
)
def test_a_time_of_expiry_is_ahead_in_a_known_form(world: World, ends: str, status: int) -> None:
    body = {"amount": "1.00", "reason": "A gift", "expires_at": ends}
    answer = world.operate("POST", "/accounts/acct_1/adjustments", body, key="k_1")
    assert answer.status == status, answer.text
    assert len(lots(world)) == (status == 201)
