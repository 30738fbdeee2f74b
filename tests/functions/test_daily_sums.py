"""With `breakdown`, posting keeps the sums of each day by user, line, and country, and each new charge moves them."""

from datetime import timedelta
from typing import Any

import pytest

from calling_credit.accounts.daily_sums import first_trusted_day
from calling_credit.audit.book import Book
from calling_credit.audit.proof import DifferenceCode, prove_sums
from tests.domain.examples import deck_csv
from tests.functions.calls_bench import transactions
from tests.harness.daily_sums import stored_sums
from tests.harness.world import JAPAN, PREMIUM, UNCOVERED, World

pytestmark = pytest.mark.dynamodb


def switch(world: World, *, is_on: bool, account: str = "acct_1") -> None:
    """Switch daily sums on or off, and let the facts that posting knows expire."""
    assert world.operate("PUT", f"/accounts/{account}", {"breakdown": is_on}).body["breakdown"] is is_on
    world.clock.now += timedelta(seconds=61)


def sums(world: World) -> dict[str, dict[str, int]]:
    """The daily sums of the account, after a check that they are those of its entries."""
    world.balance()
    return {item["SK"]: stored_sums(item) for item in world.of_kind("SPENT_DAY")}


def test_accounts_keep_no_daily_sums_by_default(world: World) -> None:
    world.deliver({})
    assert world.of_kind("SPENT_DAY") == []
    assert "sums" not in world.entries()[0]


def test_one_item_holds_the_sums_of_a_day(world: World) -> None:
    switch(world, is_on=True)
    with world.recorded("rate_calls") as requests:
        world.deliver({}, {"call_id": "c_2", "to": PREMIUM, "user_id": "user_2", "line_id": "line_2"})
    assert transactions(requests) == [6]
    assert sums(world) == {
        "SPENT_DAY#2026-11-23": {
            "I#u#user_1#n": 1,
            "I#u#user_1#s": 180,
            "I#u#user_1#m": 300_000,
            "I#l#line_1#n": 1,
            "I#l#line_1#s": 180,
            "I#l#line_1#m": 300_000,
            "I#c#GB#n": 1,
            "I#c#GB#s": 180,
            "I#c#GB#m": 300_000,
            "P#u#user_2#n": 1,
            "P#u#user_2#s": 180,
            "P#u#user_2#m": 6_500_000,
            "P#l#line_2#n": 1,
            "P#l#line_2#s": 180,
            "P#l#line_2#m": 6_500_000,
            "P#c#US#n": 1,
            "P#c#US#s": 180,
            "P#c#US#m": 6_500_000,
        }
    }


def test_a_call_delivered_again_counts_once(world: World) -> None:
    switch(world, is_on=True)
    world.deliver({}, {"call_id": "c_2"})
    before = sums(world)
    world.clock.now += timedelta(minutes=5)
    assert world.deliver({}, {"call_id": "c_2"}) == []
    assert sums(world) == before


def test_the_fifty_first_name_of_a_day_counts_as_the_rest(world: World) -> None:
    switch(world, is_on=True)
    world.deliver(*({"call_id": f"c_{number:02d}", "user_id": f"user_{number:02d}"} for number in range(48)))
    world.deliver(*({"call_id": f"c_{number:02d}", "user_id": f"user_{number:02d}"} for number in range(48, 53)))
    [day] = sums(world).values()
    users = {name.split("#")[2] for name in day if name.startswith("I#u#")}
    assert users == {*(f"user_{number:02d}" for number in range(50)), "*"}
    assert (day["I#u#*#n"], day["I#c#GB#n"]) == (3, 53)
    assert [entry["sums"] for entry in world.entries()] == [7] * 50 + [6] * 3


def correct(world: World, call_key: str, body: dict[str, Any]) -> None:
    """Correct a call."""
    request = {"started_at": world.entries()[0]["SK"].split("#")[1], "reason": "wrong", **body}
    answer = world.operate("POST", f"/accounts/acct_1/calls/{call_key}/corrections", request, key=call_key)
    assert answer.status == 201, answer.text


def test_corrections_move_the_names_that_the_charge_moved(world: World) -> None:
    switch(world, is_on=True)
    world.deliver(*({"call_id": f"c_{number:02d}", "user_id": f"user_{number:02d}"} for number in range(52)))
    correct(world, "c_51", {"duration_seconds": 30})
    correct(world, "c_00", {"waive": True})
    [day] = sums(world).values()
    assert (day["I#u#*#n"], day["I#u#*#m"]) == (2, 300_000 + 100_000)
    assert "I#u#user_00#m" not in day
    assert day["I#u#user_00#n"] == 1


def test_charges_before_the_switch_never_count(world: World) -> None:
    world.deliver({}, {"call_id": "c_2"})
    switch(world, is_on=True)
    correct(world, "c_1", {"duration_seconds": 30})
    assert sums(world) == {}
    world.deliver({"call_id": "c_3"})
    switch(world, is_on=False)
    world.deliver({"call_id": "c_4"})
    correct(world, "c_3", {"duration_seconds": 30})
    [day] = sums(world).values()
    assert (day["I#u#user_1#n"], day["I#u#user_1#m"]) == (1, 100_000)


def test_waiting_calls_count_when_a_deck_prices_them(world: World) -> None:
    switch(world, is_on=True)
    world.deliver({"to": UNCOVERED}, {"call_id": "c_2", "to": JAPAN})
    world.stack.publish(deck_csv({"prefix": "33", "destination": "France", "country": "FR"}), "deck-2")
    world.clock.now += timedelta(minutes=20)
    world.stack.invoke("rerate_calls", {})
    [day] = sums(world).values()
    assert (day["I#c#FR#n"], day["I#c#JP#n"]) == (1, 1)


def test_the_switch_is_recorded_with_the_time_from_which_it_counts(world: World) -> None:
    switch(world, is_on=True)
    [change] = [one for one in world.changes("account_changed") if "breakdown" in one["new"]]
    assert (change["old"], change["new"]) == ({"breakdown": False}, {"breakdown": True})
    since = world.of_kind("ACCOUNT")[0]["breakdown_since"]
    world.operate("PUT", "/accounts/acct_1", {"breakdown": True, "status": "closed"})
    assert world.of_kind("ACCOUNT")[0]["breakdown_since"] == since
    switch(world, is_on=False)
    assert "breakdown_since" not in world.of_kind("ACCOUNT")[0]
    assert world.operate("PUT", "/accounts/acct_1", {"breakdown": "yes"}).code == "invalid_field"


@pytest.mark.parametrize(
    ("since", "day"),
    [
        ("2026-11-23T12:00:00.000Z", "2026-11-26"),  # 12:30 a day later, which is 02:30 of the 25th farthest east.
        ("2026-11-23T09:30:00.000Z", "2026-11-25"),
        ("2026-11-23T09:30:00.001Z", "2026-11-26"),
        ("2026-12-31T23:59:00.000Z", "2027-01-03"),
    ],
)
def test_the_sums_of_a_day_are_trusted_if_it_began_well_after_the_switch(since: str, day: str) -> None:
    assert first_trusted_day(since).isoformat() == day


def test_the_proof_names_daily_sums_that_someone_changed(world: World) -> None:
    switch(world, is_on=True)
    world.deliver({})
    for change, expected in ((0, []), (1, [DifferenceCode.DAILY_SUMS])):
        book = Book("acct_1")
        for item in world.stack.items("acct_1"):
            if item["SK"].startswith("SPENT_DAY#"):
                item["I#u#user_1#m"] += change
            book.add(item)
        assert [difference.code for difference in prove_sums(book)] == expected


def test_the_proof_names_a_day_without_its_daily_sums(world: World) -> None:
    switch(world, is_on=True)
    world.deliver({})
    book = Book("acct_1")
    for item in world.stack.items("acct_1"):
        if not item["SK"].startswith("SPENT_DAY#"):
            book.add(item)
    [difference] = prove_sums(book)
    assert (difference.code, difference.object_id) == (DifferenceCode.DAILY_SUMS, "daily sums of 2026-11-23")
