"""The operator adjusts a balance exactly once per Idempotency-Key."""

from datetime import timedelta
from typing import Any

import pytest

from tests.functions.accounts_bench import ADJUSTMENTS, at_once
from tests.harness.http import Answer
from tests.harness.table import sample_event
from tests.harness.world import World

pytestmark = pytest.mark.dynamodb


def adjust(
    world: World, amount: Any = "25.00", reason: Any = "goodwill", key: str | None = "k_1", path: str = ADJUSTMENTS
) -> Answer:
    """Request an adjustment."""
    return world.operate("POST", path, {"amount": amount, "reason": reason}, key=key)


def test_the_sample_request_credits_an_account(world: World) -> None:
    world.create_account("acct_meridian")
    answer = world.invoke("manage_accounts", sample_event("manage_accounts"))
    assert answer.status == 201
    assert set(answer.body) == {"id", "amount", "balance"}
    assert (answer.body["amount"], answer.body["balance"]) == ("25.00", "25.00")
    assert world.balance("acct_meridian") == 25_000_000


def test_an_adjustment_is_one_entry_with_its_reason_on_the_local_day(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1", {"time_zone": "Pacific/Kiritimati"})
    answer = adjust(world, "-2.5001")
    assert (answer.status, answer.body["amount"], answer.body["balance"]) == (201, "-2.5001", "-2.5001")
    [entry] = world.entries()
    assert (entry["kind"], entry["category"], entry["amount_micros"]) == ("balance_adjusted", "adjustment", -2_500_100)
    assert (entry["local_date"], entry["reason"]) == ("2026-11-24", "goodwill")
    assert world.balance() == -2_500_100


def test_the_same_key_and_body_again_is_the_same_adjustment(world: World) -> None:
    first = adjust(world)
    after = world.stack.items()
    world.clock.now += timedelta(days=40)
    again = adjust(world, "25")
    assert (again.status, again.body) == (201, first.body)
    assert world.stack.items() == after


@pytest.mark.parametrize("change", [{"amount": "25.01"}, {"amount": "-25.00"}, {"reason": "other"}])
def test_the_same_key_with_another_body_is_a_conflict_and_changes_nothing(world: World, change: dict[str, str]) -> None:
    adjust(world)
    after = world.stack.items()
    answer = adjust(world, **change)
    assert (answer.status, answer.code) == (409, "idempotency_key_reused")
    assert world.stack.items() == after


def test_another_account_or_another_key_is_another_adjustment(world: World) -> None:
    world.create_account("acct_2")
    answers = [adjust(world), adjust(world, key="k_2"), adjust(world, path="/accounts/acct_2/adjustments")]
    assert len({answer.body["id"] for answer in answers}) == 3
    assert (world.balance(), world.balance("acct_2")) == (50_000_000, 25_000_000)


def test_account_and_key_with_equal_concatenations_are_distinct(world: World) -> None:
    world.create_account("acct_11")
    first = adjust(world, key="1x")
    second = adjust(world, key="x", path="/accounts/acct_11/adjustments")
    assert first.body["id"] != second.body["id"]


def test_two_of_the_same_key_at_once_are_one_adjustment(world: World) -> None:
    answers = at_once(*[lambda: adjust(world)] * 6)
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body["id"] for answer in answers}) == 1
    assert (len(world.entries()), world.balance()) == (1, 25_000_000)


def test_concurrent_amounts_under_one_key_are_one_adjustment(world: World) -> None:
    answers = at_once(lambda: adjust(world, "1.00"), lambda: adjust(world, "2.00"))
    assert sorted(answer.status for answer in answers) == [201, 409]
    assert len(world.entries()) == 1
    assert world.balance() in (1_000_000, 2_000_000)


def test_different_adjustments_at_once_all_count(world: World) -> None:
    answers = at_once(*(lambda key=f"k_{number}": adjust(world, "1.00", key=key) for number in range(8)))
    assert [answer.status for answer in answers] == [201] * 8
    assert world.balance() == 8_000_000


@pytest.mark.parametrize(
    ("amount", "reason", "code"),
    [
        ("0", "x", "amount_out_of_range"),
        ("100000.01", "x", "amount_out_of_range"),
        ("-100000.01", "x", "amount_out_of_range"),
        ("0.00001", "x", "invalid_amount"),
        ("1e3", "x", "invalid_amount"),
        (25, "x", "invalid_amount"),
        (25.5, "x", "invalid_amount"),
        ("NaN", "x", "invalid_amount"),
        (None, "x", "invalid_amount"),
        ("1", None, "missing_field"),
        ("1", "", "invalid_field"),
        ("1", "x" * 201, "invalid_field"),
        ("1", "\U00020000" * 200, "invalid_field"),
        ("1", "a\nb", "invalid_field"),
        ("1", 5, "invalid_field"),
    ],
    ids=lambda value: ascii(value)[:20],
)
def test_an_invalid_adjustment_is_422_and_writes_nothing(world: World, amount: Any, reason: Any, code: str) -> None:
    before = world.stack.items()
    answer = adjust(world, amount, reason)
    assert (answer.status, answer.code) == (422, code)
    assert world.stack.items() == before
    assert adjust(world).status == 201, "the key is not used up"


@pytest.mark.parametrize(
    ("key", "code"),
    [
        (None, "missing_idempotency_key"),
        ("", "missing_idempotency_key"),
        ("k" * 256, "invalid_idempotency_key"),
        ("k\u00e9", "invalid_idempotency_key"),
        ("k\t", "invalid_idempotency_key"),
    ],
    ids=ascii,
)
def test_an_adjustment_needs_a_key_of_1_to_255_printable_characters(world: World, key: str | None, code: str) -> None:
    before = world.stack.items()
    answer = adjust(world, key=key)
    assert (answer.status, answer.code) == (400, code)
    assert world.stack.items() == before
    assert adjust(world, key="k" * 255).status == 201


def test_an_adjustment_of_an_unknown_account_is_404_and_writes_nothing(world: World) -> None:
    answer = adjust(world, path="/accounts/acct_x/adjustments")
    assert (answer.status, answer.code) == (404, "unknown_account")
    assert world.stack.items("acct_x") == []


def test_a_closed_account_can_still_be_adjusted(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1", {"status": "closed"})
    assert adjust(world).status == 201
