"""An operator corrects the duration of a charged call, or waives its charge, once per Idempotency-Key."""

from typing import Any

import pytest

from tests.functions.corrections_bench import STARTED, correct, details, figures
from tests.functions.rerate_bench import COVERING, DEARER, RANGE, charged, check_usage
from tests.harness.world import World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


def test_a_phantom_call_is_corrected_and_only_the_difference_moves(world: World) -> None:
    times = {"answered_at": "2026-11-22T22:00:00.000Z", "ended_at": "2026-11-23T10:00:01.000Z"}
    started = times["answered_at"]
    assert world.deliver({"duration_seconds": 43_201, "started_at": started, **times}) == []
    assert world.balance() == -721 * 100_000
    answer = correct(world, 65, started_at=started)
    assert (answer.status, answer.body) == (
        201,
        {
            "call_key": "c_1",
            "started_at": started,
            "before": figures(43_201, "72.10"),
            "after": figures(65, "0.20"),
            "difference": "71.90",
            "balance": "-0.20",
        },
    )
    assert world.balance() == -200_000
    row = details(world)
    assert (row["duration_seconds"], row["billed_seconds"], row["price"], row["corrected"]) == (65, 120, "0.20", True)
    check_usage(world)


def test_a_corrected_call_leaves_the_list_of_suspicious_calls(world: World) -> None:
    times = {"answered_at": "2026-11-22T22:00:00.000Z", "ended_at": "2026-11-23T10:00:01.000Z"}
    started = times["answered_at"]
    assert world.deliver({"duration_seconds": 43_201, "started_at": started, **times}) == []
    [listed] = world.of_kind("SUSPICIOUS")
    assert "sweep_pk" in listed
    assert correct(world, 65, started_at=started).status == 201
    [listed] = world.of_kind("SUSPICIOUS")
    assert "sweep_pk" not in listed
    assert listed["outcome"] == "corrected"


def test_the_statement_shows_both_sides_and_the_record_says_who_and_why(world: World) -> None:
    charged(world)
    first = world.entries()
    correct(world, 60, reason="Vermittlung hängte nicht auf")
    listed = [item for item in world.get("/statement").body["items"] if item["id"].startswith("c_1")]
    assert [(item["id"], item["kind"], item["amount"], item["billed_seconds"]) for item in listed] == [
        ("c_1", "call_charged", "-0.30", 180),
        ("c_1#rerate#0001#credit", "call_taken_back", "0.30", -180),
        ("c_1#rerate#0001#debit", "call_charged", "-0.10", 60),
    ]
    assert listed[1]["description"].startswith("Taken back: Outbound International Call to United Kingdom")
    assert listed[2]["description"].endswith(", corrected")
    assert [entry for entry in world.entries() if "#rerate#" not in entry["SK"]] == first, "law 9"
    [record] = world.of_kind("CORRECTION")
    assert (record["corrected_by"], record["reason"], record["call_key"], record["happened_at"]) == (
        "client:3n4exampleoperator",
        "Vermittlung hängte nicht auf",
        "c_1",
        STARTED,
    )
    again = [entry for entry in world.entries() if "#rerate#" in entry["SK"]]
    assert {f"CORRECTION#{entry['correction']}" for entry in again} == {record["SK"]}


def test_a_waived_call_stays_in_the_details_at_no_charge(world: World) -> None:
    charged(world)
    before = world.balance()
    answer = correct(world, None)
    assert (answer.body["before"], answer.body["after"]) == (figures(125, "0.30"), figures(125, "0.00"))
    assert world.balance() == before + 300_000
    row = details(world)
    assert (row["price"], row["billed_seconds"], row["corrected"]) == ("0.00", 0, True)
    summary = {row["category"]: row["calls"] for row in world.get("/usage").body["categories"]}
    assert summary["outbound_international_call"] == 3
    check_usage(world)


@pytest.mark.parametrize("waive_first", [False, True])
def test_a_later_correction_corrects_the_result_of_the_earlier_one(world: World, *, waive_first: bool) -> None:
    charged(world)
    old = world.balance()
    assert correct(world, None if waive_first else 3_600).status == 201
    answer = correct(world, 61, key="k_2")
    assert answer.body["before"] == (figures(125, "0.00") if waive_first else figures(3_600, "6.00"))
    assert answer.body["after"] == figures(61, "0.20")
    assert world.balance() == old + 100_000
    assert details(world)["duration_seconds"] == 61
    check_usage(world)
    assert correct(world, None, key="k_3").body["after"] == figures(61, "0.00")
    assert correct(world, 125, key="k_4").body["after"] == figures(125, "0.30")
    assert world.balance() == old
    check_usage(world)


def test_a_correction_that_states_nothing_new_posts_nothing(world: World) -> None:
    charged(world)
    entries = world.entries()
    answer = correct(world, 125)
    assert (answer.status, answer.body["before"], answer.body["difference"]) == (201, figures(125, "0.30"), "0.00")
    assert answer.body["after"] == answer.body["before"]
    assert world.entries() == entries
    assert correct(world, 60, key="k_2").status == 201
    before = world.stack.items()
    assert correct(world, 125).body["after"] == figures(125, "0.30"), "its key has been used"
    assert world.stack.items() == before
    correct(world, None, key="k_3")
    count = len(world.entries())
    assert correct(world, None, key="k_4").body["difference"] == "0.00"
    assert len(world.entries()) == count


def test_a_repeated_request_answers_the_same_and_posts_nothing(world: World) -> None:
    charged(world)
    first = correct(world, 60)
    correct(world, None, key="k_2")
    before = world.stack.items()
    again = correct(world, 60)
    assert (again.status, again.body | {"balance": ""}) == (201, first.body | {"balance": ""})
    assert world.stack.items() == before


@pytest.mark.parametrize(
    "other",
    [
        {"seconds": 61},
        {"seconds": None},
        {"reason": "Another"},
        {"call": "c_2"},
        {"started_at": "2026-11-23T10:00:01Z"},
    ],
)
def test_a_key_with_another_correction_is_a_conflict(world: World, other: dict[str, Any]) -> None:
    charged(world)
    correct(world, 60)
    before = world.stack.items()
    answer = correct(world, **other)
    assert (answer.status, answer.code) == (409, "idempotency_key_reused")
    assert world.stack.items() == before
    assert correct(world, 60, started_at="2026-11-23T11:00:00+01:00").status == 201, "the same moment"


def test_zero_seconds_cost_nothing_not_even_the_fee(world: World) -> None:
    fee = COVERING.replace(b"0.10,0.0000", b"0.10,0.0500")
    assert fee != COVERING
    world.stack.publish(fee, "with a fee")
    charged(world)
    assert correct(world, 0).body["after"] == figures(0, "0.00")
    assert correct(world, 1, key="k_2").body["after"] == figures(1, "0.15")
    check_usage(world)


@pytest.mark.parametrize(
    ("call", "started_at"),
    [
        ("c_9", STARTED),
        ("c_1", "2026-11-23T10:00:00.001Z"),
        ("c_5", STARTED),
        ("c", STARTED),
        ("c_1%23rerate%230001%23debit", STARTED),
    ],
)
def test_a_call_that_was_not_charged_is_404(world: World, call: str, started_at: str) -> None:
    charged(world)
    correct(world, 60, key="earlier")
    before = world.stack.items()
    answer = correct(world, 60, call=call, started_at=started_at)
    assert (answer.status, answer.code) == (404, "unknown_call")
    assert world.stack.items() == before
    assert correct(world, 60, account="acct_x").code == "unknown_account"


def test_an_adjustment_or_a_payment_is_no_call(world: World) -> None:
    charged(world)
    adjustment = world.adjust("5.00", "k")
    [entry] = [entry for entry in world.entries() if entry["SK"].endswith(adjustment)]
    answer = correct(world, 60, call=adjustment, started_at=entry["SK"].split("#")[1])
    assert answer.code == "unknown_call"


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"started_at": None}, "missing_field"),
        ({"started_at": "yesterday"}, "invalid_timestamp"),
        ({"started_at": "2026-11-23T10:00:00"}, "invalid_timestamp"),
        ({"started_at": 1}, "invalid_timestamp"),
        ({"duration_seconds": None}, "missing_field"),
        ({"duration_seconds": -1}, "invalid_duration"),
        ({"duration_seconds": "60"}, "invalid_duration"),
        ({"duration_seconds": 60.5}, "invalid_duration"),
        ({"duration_seconds": True}, "invalid_duration"),
        ({"duration_seconds": 10**9}, "invalid_duration"),
        ({"waive": True}, "invalid_field"),
        ({"waive": False}, "invalid_field"),
        ({"duration_seconds": None, "waive": "yes"}, "invalid_field"),
        ({"reason": None}, "missing_field"),
        ({"reason": ""}, "invalid_field"),
        ({"reason": "x" * 201}, "invalid_field"),
    ],
)
def test_a_bad_correction_is_refused_with_its_code(world: World, changes: dict[str, Any], code: str) -> None:
    charged(world)
    before = world.stack.items()
    answer = correct(world, 60, **changes)
    assert (answer.status, answer.code) == (422, code)
    assert world.stack.items() == before


def test_a_correction_needs_the_scope_and_a_key(world: World) -> None:
    charged(world)
    before = world.stack.items()
    assert correct(world, 60, key=None).code == "missing_idempotency_key"
    body = {"started_at": STARTED, "duration_seconds": 60, "reason": "x"}
    path = "/accounts/acct_1/calls/c_1/corrections"
    assert world.operate("POST", path, body, key="k", scope="calls/authorize").code == "scope_required"
    assert world.stack.items() == before


def test_a_whole_number_may_be_written_as_60_0(world: World) -> None:
    charged(world)
    assert correct(world, 60, duration_seconds=60.0).body["after"] == figures(60, "0.10")


def test_a_correction_keeps_the_price_under_a_newer_deck(world: World) -> None:
    charged(world)
    world.stack.publish(DEARER, "dearer")
    assert correct(world, 60).body["after"] == figures(60, "0.10")
    assert details(world)["rate_deck"] != "dearer"


def test_a_correction_after_a_rerating_prices_by_the_rerated_row(world: World) -> None:
    charged(world)
    world.stack.publish(DEARER, "dearer")
    world.stack.invoke("rerate_calls", {"reprice": RANGE | {"apply": True, "deck": "active"}}, seconds=300)
    assert correct(world, 60).body["before"] == figures(125, "0.60")
    assert details(world)["price"] == "0.20"
    check_usage(world)
