"""Staff find a call by its key, or by number and time, and get the explanation that its items support."""

from typing import Any

import pytest

from calling_credit.dynamodb.attributes import to_attributes
from tests.functions.corrections_bench import STARTED, correct
from tests.functions.desk_bench import ask, read
from tests.functions.rerate_bench import charged
from tests.functions.usage_bench import call_at
from tests.harness.world import INCLUDED, MOBILE, UNCOVERED, UNITED_KINGDOM, World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


def call(world: World, key: str = "c_1", **query: Any) -> Any:
    """The explanation of a call."""
    return read(world, f"/acct_1/calls/{key}", **query)


def calls(world: World, number: str = UNITED_KINGDOM, at: str = STARTED, **query: Any) -> Any:
    """The explanations of the calls to a number."""
    return read(world, "/acct_1/calls", number=number, at=at, **query)


def test_a_charged_call_is_explained_by_its_key(world: World) -> None:
    charged(world)
    shown = call(world, at=STARTED)
    assert (shown["call_key"], shown["started_at"], shown["outcome"], shown["price"]) == (
        "c_1",
        STARTED,
        "charged",
        "0.30",
    )
    assert shown["sentence"] == (
        "Ada called +442071838750 (United Kingdom) on 2026-11-23 at 10:00:00 (UTC) for 2 min 5 s; billed 180 s (at "
        "least 60 s, then steps of 60 s) at 0.10 a minute: 0.30 USD."
    )
    assert shown["event"]["user"] == {"id": "user_1", "name": "Ada"}
    assert shown["row"]["deck"] == "deck-1"
    assert shown["calculation"]["exact"] is True
    assert call(world) == shown, "found among the newest calls"
    assert call(world, at="2026-11-23T10:10:00+00:00") == shown, "found near the stated time"
    assert call(world, at="2026-11-23T11:00:00+01:00") == shown


def test_a_held_call_is_found_by_the_time_of_its_hold(world: World) -> None:
    world.adjust("10.00", "k_1")
    assert world.authorize("c_1").body["decision"] == "allow"
    shown = call(world)
    assert (shown["outcome"], shown["price"], shown["hold"]["amount"]) == ("in_progress", None, "1.00")
    assert "1.00 USD are held for it" in shown["sentence"]
    world.deliver({})
    shown = call(world)
    assert shown["outcome"] == "charged"
    assert shown["hold"] is None or shown["hold"]["status"] in ("live", "released")


def test_corrections_and_waivers_are_told_with_person_and_reason(world: World) -> None:
    charged(world)
    correct(world, 60)
    correct(world, None, key="k_2", reason="Never connected")
    shown = call(world, at=STARTED)
    assert (shown["outcome"], shown["price"]) == ("waived", "0.00")
    assert [entry["why"] for entry in shown["entries"]] == ["charged", "corrected", "corrected", "corrected", "waived"]
    assert [one["reason"] for one in shown["corrections"]] == ["The switch hung", "Never connected"]
    assert {one["by"] for one in shown["corrections"]} == {"client:3n4exampleoperator"}
    assert [(one["before"]["price"], one["after"]["price"]) for one in shown["corrections"]] == [
        ("0.30", "0.10"),
        ("0.10", "0.00"),
    ]
    assert "the charge was waived, so the call costs nothing" in shown["sentence"]
    assert "Waived on 2026-11-23" in shown["sentence"]


def test_a_call_without_a_price_is_explained(world: World) -> None:
    charged(world)
    shown = call(world, "c_5")
    assert (shown["outcome"], shown["price"], shown["event"]["to"]) == ("unrated", None, UNCOVERED)
    assert "No rate deck has a price" in shown["sentence"]
    assert calls(world, UNCOVERED)["items"] == [shown]


def test_a_suspicious_call_is_marked(world: World) -> None:
    times = {"answered_at": "2026-11-22T22:00:00.000Z", "ended_at": "2026-11-23T10:00:01.000Z"}
    world.deliver({"duration_seconds": 43_201, "started_at": times["answered_at"], **times})
    shown = call(world)
    assert (shown["event"]["suspicious"], shown["suspicion"]["can_confirm"]) == (True, True)
    assert "hard to believe" in shown["sentence"]


def test_a_refused_call_is_explained_from_its_refusals(world: World) -> None:
    deny(world, "2026-11-23T09:00:00.000Z", "c_9", "account_frozen")
    deny(world, "2026-11-23T09:00:05.000Z", "c_9", "account_frozen")
    for shown in (call(world, "c_9"), *calls(world, at="2026-11-23T09:00:00Z")["items"]):
        assert (shown["outcome"], len(shown["denials"])) == ("refused", 2)
        assert "was refused 2 times" in shown["sentence"]


def test_calls_are_found_by_number_and_time_nearest_first(world: World) -> None:
    charged(world)
    world.deliver(call_at("c_8", "2026-11-23T09:55"))
    found = calls(world, at="2026-11-23T09:56:00Z")
    assert [item["call_key"] for item in found["items"]] == ["c_8", "c_1"]
    assert (found["from"], found["to"], found["more"]) == (
        "2026-11-23T09:41:00.000Z",
        "2026-11-23T10:11:00.000Z",
        False,
    )
    assert [item["call_key"] for item in calls(world, MOBILE)["items"]] == ["c_3"]
    assert calls(world, "+442071838751")["items"] == []
    assert calls(world, at="2026-11-23T16:00:00Z")["items"] == []
    assert [item["call_key"] for item in calls(world, at="2026-11-23T16:00:00Z", within=600)["items"]] == ["c_1", "c_8"]
    assert calls(world, "011 44 20 7183 8750")["items"], "as it is dialed at home"


def test_of_many_calls_the_nearest_twenty_are_explained(world: World) -> None:
    world.deliver(*(call_at(f"c_{number}", f"2026-11-23T10:{number:02d}") for number in range(25)))
    with world.recorded("read_accounts") as requests:
        found = calls(world, within=60)
    assert [item["call_key"] for item in found["items"]] == [f"c_{number}" for number in range(20)]
    assert found["more"] is True
    assert len(requests) <= 10


def test_an_erased_number_is_found_and_shown_masked(world: World) -> None:
    charged(world)
    erased = ask(world, "POST", "/operator/accounts/acct_1/numbers/erase", {"number": UNITED_KINGDOM})
    assert erased.status == 200, erased.text
    [shown] = calls(world)["items"]
    assert (shown["event"]["to"], shown["event"]["number_erased"], shown["price"]) == ("GB…50", True, "0.30")
    assert UNITED_KINGDOM not in str(shown)


def test_calls_of_other_accounts_are_not_found(world: World) -> None:
    charged(world)
    world.operate("PUT", "/accounts/acct_2", {"time_zone": "UTC"})
    assert read(world, "/acct_2/calls", number=UNITED_KINGDOM, at=STARTED)["items"] == []
    for address in ("/operator/accounts/acct_2/calls/c_1", f"/operator/accounts/acct_2/calls/c_1?at={STARTED}"):
        assert ask(world, "GET", address).code == "unknown_call"


def test_included_calls_are_named_as_not_recorded(world: World) -> None:
    world.deliver({"to": INCLUDED})
    answer = ask(world, "GET", "/operator/accounts/acct_1/calls/c_1")
    assert (answer.status, answer.code) == (404, "unknown_call")
    assert "included" in answer.text


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("number=%2B442071838750", "missing_field"),
        ("at=2026-11-23T10:00:00Z", "missing_field"),
        ("number=&at=2026-11-23T10:00:00Z", "invalid_number"),
        ("number=x%00&at=2026-11-23T10:00:00Z", "invalid_number"),
        (f"number={'4' * 300}&at=2026-11-23T10:00:00Z", "invalid_number"),
        ("number=%2B442071838750&at=yesterday", "invalid_timestamp"),
        ("number=%2B442071838750&at=2026-11-23T10:00:00", "invalid_timestamp"),
        ("number=%2B442071838750&at=0001-01-01T00:00:00Z", "invalid_timestamp"),
        ("number=%2B442071838750&at=9999-12-31T23:59:59Z", "invalid_timestamp"),
        ("number=%2B442071838750&at=2026-11-23T10:00:00Z&within=0", "invalid_query"),
        ("number=%2B442071838750&at=2026-11-23T10:00:00Z&within=721", "invalid_query"),
        ("number=%2B442071838750&at=2026-11-23T10:00:00Z&within=%C2%B2", "invalid_query"),
    ],
)
def test_hostile_searches_are_refused_by_name(world: World, query: str, code: str) -> None:
    answer = ask(world, "GET", f"/operator/accounts/acct_1/calls?{query}")
    assert (answer.status, answer.code) == (422, code)
    assert answer.body["detail"].split(" ")[0] in ("number", "at", "within")


@pytest.mark.parametrize("key", ["c_1~", "%23", "é", "x" * 97, "c 1"])
def test_impossible_keys_are_unknown_calls(world: World, key: str) -> None:
    answer = ask(world, "GET", f"/operator/accounts/acct_1/calls/{key}")
    assert (answer.status, answer.code) in ((404, "unknown_call"), (404, "unknown_address"))


def deny(world: World, at: str, call_key: str, reason: str, to: str = UNITED_KINGDOM) -> None:
    """Store a refusal as admission does."""
    item = {"PK": "ACCOUNT#acct_1", "SK": f"DENIED#{at}#{call_key}", "line_id": "line_1", "to": to, "reason": reason}
    world.stack.dynamodb.put_item(TableName=world.stack.table_name, Item=to_attributes(item))
