"""Old numbers and addresses are shortened, no money moves, and a shortened call is still recognized."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from calling_credit.accounts import retention
from calling_credit.accounts.retention import Round, months_before
from calling_credit.call_events import parse_event
from calling_credit.calls import Call, shortened_number
from calling_credit.changes.shortening import shortened_address
from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.ledger.entries import same_facts
from tests.domain.examples import EVENT
from tests.functions.calls_bench import CHARGE, calls
from tests.harness.actors import erase_number
from tests.harness.world import JAPAN, UNITED_KINGDOM, World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

SHORT = "+44207183…"


def two_years_later(world: World, **more: float) -> None:
    """Move the clock past the retention of numbers."""
    world.clock.now += timedelta(days=732, **more)


def shorten(world: World, seconds: float = 900) -> dict[str, Any]:
    """One run of the function."""
    return world.stack.invoke("shorten_numbers", {}, seconds)


def changed(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> dict[str, set[str]]:
    """The attributes that differ, by sort key, without the position of the rounds."""
    old = {(item["PK"], item["SK"]): item for item in before}
    return {
        item["SK"]: {name for name in item.keys() | old[key].keys() if item.get(name) != old[key].get(name)}
        for item in after
        for key in [(item["PK"], item["SK"])]
        if item["PK"] != "LEASE" and item != old[key]
    }


def test_old_numbers_are_shortened_and_no_money_moves(world: World) -> None:
    assert world.deliver({"call_id": "c_1"}, {"call_id": "c_2", "to": JAPAN}) == []
    two_years_later(world)
    new = {"call_id": "c_3", **at(world.clock.now - timedelta(hours=1))}
    assert world.deliver(new) == []
    before, balance = world.stack.items(), world.balance()
    assert shorten(world)["numbers"] == 2
    assert {key: names for key, names in changed(before, world.stack.items()).items() if key.startswith("ENTRY#")} == {
        f"ENTRY#2026-11-23T10:00:00.000Z#{call}": {"to", "facts_hash", "shortened_at"} for call in ("c_1", "c_2")
    }
    assert sorted(entry["to"] for entry in world.entries()) == ["+442071838750", SHORT, "+8131234…"]
    assert world.balance() == balance


def at(started: datetime) -> dict[str, Any]:
    """The times of the example call for another start."""
    return {
        "started_at": started.isoformat(),
        "answered_at": started.isoformat(),
        "ended_at": (started + timedelta(seconds=125)).isoformat(),
    }


def test_a_second_run_changes_nothing(world: World) -> None:
    assert world.deliver({}) == []
    two_years_later(world)
    assert shorten(world)["numbers"] == 1
    before = world.stack.items()
    assert shorten(world) == {"accounts": 1, "numbers": 0, "addresses": 0, "unfinished": 0}
    assert changed(before, world.stack.items()) == {}


def test_a_shortened_call_is_recognized_when_it_is_delivered_again(world: World) -> None:
    assert world.deliver({}) == []
    began = world.clock.now
    two_years_later(world)
    shorten(world)
    world.clock.now = began
    before = world.stack.items()
    assert world.deliver({}) == [], "a replay"
    assert world.deliver({"to": "+442071839999"}) == [], "what is left of the number is the same"
    assert world.deliver({"to": "+442071848750"}) == ["m_0"], "another number is a conflict"
    assert world.deliver({"duration_seconds": 124}) == ["m_0"], "another duration is a conflict"
    assert world.stack.items() == before
    assert world.balance() == -CHARGE


def test_the_hash_of_a_shortened_call_does_not_depend_on_its_last_digits() -> None:
    one, other = (parsed({"to": f"+44207183{digits}"}) for digits in ("8750", "0001"))
    assert one.facts_hash_shortened == other.facts_hash_shortened != one.facts_hash
    item = to_attributes({"facts_hash": one.facts_hash_shortened, "facts_version": 2, "shortened_at": "2028"})
    assert same_facts(item, other)
    assert not same_facts(item, parsed({"duration_seconds": 124}))


def parsed(changes: dict[str, Any]) -> Call:
    """A call of an event."""
    call = parse_event(EVENT | changes, datetime(2026, 11, 23, 12, tzinfo=UTC))
    assert isinstance(call, Call)
    return call


def test_an_erased_number_stays_erased(world: World) -> None:
    assert world.deliver({}) == []
    list(erase_number(world.stack.dynamodb, world.stack.table_name, "acct_1", UNITED_KINGDOM))
    before = world.entries()
    two_years_later(world)
    assert shorten(world)["numbers"] == 0
    assert world.entries() == before


def test_statement_and_details_show_shortened_numbers(world: World) -> None:
    assert world.deliver({}) == []
    two_years_later(world)
    shorten(world)
    period = {"from_": "2026-11-01", "to": "2026-11-30"}
    [row] = world.get("/usage/outbound_international_call", **period).body["items"]
    assert (row["to"], row["price"], row["country"]) == (SHORT, "0.30", "GB")
    text = world.get("/usage/outbound_international_call", accept="text/csv", **period).text
    assert SHORT in text
    assert UNITED_KINGDOM not in text
    assert world.get("/statement", **period).status == 200


def test_addresses_are_shortened_after_13_months(world: World) -> None:
    world.change("/lines/line_1", {"international_calling": False})
    old = [change["from"] for change in world.of_kind("ACTIVITY") if "from" in change]
    assert old
    world.clock.now += timedelta(days=390)
    assert shorten(world)["addresses"] == 0
    world.clock.now += timedelta(days=10)
    assert shorten(world)["addresses"] == len(old) + len(world.of_kind("CHANGE"))
    for change, name in [(one, "from") for one in world.of_kind("ACTIVITY")] + [
        (one, "changed_from") for one in world.of_kind("CHANGE")
    ]:
        assert name not in change or change[name].endswith(("/24", "/48")), change


def test_a_round_continues_where_the_time_was_used_up(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retention, "GROUP", 1)
    for account_id in ("acct_2", "acct_3"):
        world.create_account(account_id)
        assert world.deliver({"account_id": account_id, "call_id": "c_1", "from": None}) == []
    two_years_later(world)
    left = iter([1.0, -1.0, 1.0, -1.0, *[1.0] * 9])
    monkeypatch.setattr("calling_credit.clock.seconds_left", lambda *_: lambda: next(left))
    rounds = [shorten(world) for _ in range(3)]
    assert [one["accounts"] for one in rounds] == [1, 1, 1]
    assert [one["unfinished"] for one in rounds] == [1, 1, 0]
    assert sum(one["numbers"] for one in rounds) == 2


def test_each_page_of_many_calls_is_shortened(world: World) -> None:
    assert world.deliver(*calls(25)) == []
    two_years_later(world)
    assert shorten(world)["numbers"] == 25


@pytest.mark.parametrize(
    ("number", "short"),
    [
        (UNITED_KINGDOM, SHORT),
        ("+3545551234", "+354555…"),
        ("+14155550123", "+1415555…"),
        ("911", "911"),
        ("GB…50", "GB…50"),
        (SHORT, SHORT),
        ("", ""),
    ],
)
def test_only_whole_numbers_are_shortened(number: str, short: str) -> None:
    assert shortened_number(number) == short


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        ("2001:db8:1:2::3", "2001:db8:1::/48"),
        ("203.0.113.0/24", "203.0.113.0/24"),
        ("unknown", "unknown"),
        ("", ""),
    ],
)
def test_an_address_becomes_its_network(address: str, network: str) -> None:
    assert shortened_address(address) == network


def test_months_end_with_their_last_day() -> None:
    assert months_before(datetime(2028, 3, 31, 5, tzinfo=UTC), 1) == datetime(2028, 2, 29, tzinfo=UTC)
    assert months_before(datetime(2028, 1, 15, tzinfo=UTC), 13) == datetime(2026, 12, 15, tzinfo=UTC)


def test_a_longer_retention_shortens_nothing_twice_and_skips_nothing() -> None:
    now = datetime(2028, 6, 1, tzinfo=UTC)
    done = Round("", "2027-06-01T00:00:00.000Z", "", "2027-05-01T00:00:00.000Z")
    longer = done.following(now, 24)
    assert (longer.numbers_from, longer.numbers_until) == (done.numbers_until, done.numbers_until)
    assert done.following(now, 4).numbers_until == "2028-02-01T00:00:00.000Z"
    assert longer.following(now, 4) == longer, "a round that is not done keeps its bounds"
