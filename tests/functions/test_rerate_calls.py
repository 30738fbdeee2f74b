"""rerate_calls charges calls that waited for a price once, and prices charged calls again so that only the difference
moves, once however often it is asked.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import boto3
import pytest

from calling_credit.audit.proof import prove_sums
from calling_credit.audit.read_book import read_book
from calling_credit.ledger.erasure import erase_number
from tests.domain.examples import deck_csv
from tests.functions.test_forecast import simulate
from tests.harness.faults import ask_anew, points
from tests.harness.queue import delivery, failures
from tests.harness.table import sample_event
from tests.harness.wire import Sent, Wire
from tests.harness.world import DECK, JAPAN, MOBILE, PREMIUM, UNCOVERED, UNITED_KINGDOM, World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

FRANCE = {"prefix": "33", "destination": "France", "country": "FR", "rate_per_minute": "0.40"}
COVERING = DECK + deck_csv(FRANCE).split(b"\n", 1)[1]
DEARER = COVERING.replace(b"0.10,", b"0.20,").replace(b"0.0123,", b"0.0001,").replace(b"0.25,", b"0,")
RANGE = {"account_id": "acct_1", "from": "2026-11-20", "to": "2026-11-30"}


def sweep(world: World) -> dict[str, Any]:
    """What the schedule does."""
    return world.stack.invoke("rerate_calls", {"version": "0", "source": "aws.scheduler"}, seconds=300)


def reprice(world: World, *, apply: bool = True, **asked: Any) -> dict[str, Any]:
    """One round of pricing the calls of an account again."""
    event = {"reprice": RANGE | {"apply": apply} | {name.rstrip("_"): value for name, value in asked.items()}}
    return world.stack.invoke("rerate_calls", event, seconds=300)


def waiting(world: World) -> int:
    """How many calls are listed as unrated."""
    return sum("sweep_pk" in item for item in world.of_kind("UNRATED"))


def prices(world: World, category: str = "outbound_international_call", **query: Any) -> dict[str, str]:
    """The price of each call that GET /usage details list, each listed once."""
    rows = [row for page in world.pages(f"/usage/{category}", **query) for row in page["items"]]
    found = {row["call_id"]: row["price"] for row in rows}
    assert len(found) == len(rows)
    return found


def check_usage(world: World) -> None:
    """Totals, counts and seconds of the summary are those of the calls that the details list."""
    summary = world.get("/usage").body
    for category in summary["categories"]:
        rows = [row for page in world.pages(f"/usage/{category['category']}") for row in page["items"]]
        assert (category["calls"], category["billed_seconds"]) == (
            len(rows),
            sum(row["billed_seconds"] for row in rows),
        )
        assert micros(category["total"]) == sum(micros(row["price"]) for row in rows)
    assert micros(summary["total"]) == sum(micros(category["total"]) for category in summary["categories"])
    statement = world.get("/statement").body
    assert micros(statement["closing_balance"]) == world.balance()
    book = read_book(world.stack.dynamodb, world.stack.table_name, "acct_1")
    assert book is not None
    assert [str(difference) for difference in prove_sums(book)] == []


def micros(text: str) -> int:
    """Micro-dollars of a text of the API."""
    whole, _, part = text.lstrip("-").partition(".")
    return (-1 if text.startswith("-") else 1) * (int(whole) * 1_000_000 + int(f"{part:0<6}"))


# --- Calls that waited ------------------------------------------------------------------------------------------------


def test_an_unrated_call_is_charged_once_a_deck_covers_it(world: World) -> None:
    assert world.deliver({"to": UNCOVERED}, {"call_id": "c_2", "to": "+4930123456"}) == []
    assert (sweep(world), waiting(world), world.balance()) == ({"calls_not_covered": 2}, 2, 0)
    world.stack.publish(COVERING, "covering")
    assert sweep(world) == {"calls_rated": 1, "calls_not_covered": 1}
    assert (waiting(world), world.balance()) == (1, -1_200_000)
    [entry] = world.entries()
    assert (entry["deck"], entry["prefix"], entry["SK"]) == ("covering", "33", "ENTRY#2026-11-23T10:00:00.000Z#c_1")
    assert prices(world) == {"c_1": "1.20"}
    before = world.stack.items()
    assert sweep(world) == {"calls_not_covered": 1}
    assert world.stack.items() == before
    check_usage(world)


def test_a_redelivered_charged_call_is_recognized(world: World) -> None:
    world.deliver({"to": UNCOVERED})
    world.stack.publish(COVERING, "covering")
    sweep(world)
    before = world.stack.items()
    assert world.deliver({"to": UNCOVERED}) == []
    world.stack.publish(DECK, "uncovering again")
    assert world.deliver({"to": UNCOVERED}) == []
    assert world.stack.items() == before


def test_a_waiting_call_that_a_redelivery_charged_leaves_the_list(world: World) -> None:
    world.deliver({"to": UNCOVERED})
    world.stack.publish(COVERING, "covering")
    assert world.deliver({"to": UNCOVERED}) == []
    assert (waiting(world), world.balance()) == (1, -1_200_000)
    assert sweep(world) == {"calls_charged_before": 1}
    assert (waiting(world), world.balance(), len(world.entries())) == (0, -1_200_000, 1)


def test_a_waiting_call_that_becomes_free_leaves_the_list_for_good(world: World) -> None:
    world.deliver({"to": UNCOVERED})
    world.stack.publish(deck_csv(FRANCE | {"rate_per_minute": "0", "category": "included"}), "free")
    assert sweep(world) == {"calls_free": 1}
    world.stack.publish(DECK, "uncovering again")
    assert world.deliver({"to": UNCOVERED}) == []
    assert (waiting(world), world.entries(), sweep(world)) == (0, [], {})


def test_an_announced_first_price_charges_waiting_calls_on_its_date(world: World) -> None:
    world.deliver({"to": UNCOVERED})
    world.stack.publish(deck_csv({}, FRANCE | {"effective_from": "2026-11-24"}), "announced")
    assert sweep(world) == {"calls_not_covered": 1}
    world.clock.now += timedelta(days=1)
    assert sweep(world) == {"calls_rated": 1}
    assert world.balance() == -1_200_000


def test_an_erased_number_is_not_mistaken_for_a_short_code(world: World) -> None:
    world.deliver({"to": UNCOVERED})
    list(erase_number(world.stack.dynamodb, world.stack.table_name, "acct_1", UNCOVERED))
    world.stack.publish(COVERING, "covering")
    assert (sweep(world), waiting(world)) == ({"calls_not_covered": 1}, 1)


def test_an_erased_caller_is_charged_what_callers_of_that_country_are(world: World) -> None:
    world.deliver({"to": UNCOVERED})
    list(erase_number(world.stack.dynamodb, world.stack.table_name, "acct_1", "+14155550100"))
    assert world.of_kind("UNRATED")[0]["from"] == "US…00"
    dear_elsewhere = deck_csv(FRANCE | {"rate_per_minute": "9.00"}, FRANCE | {"origin": "US"})
    world.stack.publish(dear_elsewhere, "by origin")
    assert sweep(world) == {"calls_rated": 1}
    assert world.balance() == -1_200_000


def test_more_waiting_calls_than_fit_one_transaction_of_several_accounts(world: World) -> None:
    world.create_account("acct_2")
    calls = [{"call_id": f"c_{number}", "to": UNCOVERED} for number in range(120)]
    calls += [{"call_id": f"c_{number}", "to": UNCOVERED, "account_id": "acct_2"} for number in range(3)]
    assert world.deliver(*calls) == []
    world.stack.publish(COVERING, "covering")
    assert world.deliver(*calls[:7]) == []
    assert sweep(world) == {"calls_rated": 116, "calls_charged_before": 7}
    assert (world.balance(), world.balance("acct_2")) == (-120 * 1_200_000, -3 * 1_200_000)
    assert waiting(world) == 0


def test_at_the_time_limit_the_rest_waits_for_the_next_round(world: World) -> None:
    world.deliver(*({"call_id": f"c_{number}", "to": UNCOVERED} for number in range(60)))
    world.stack.publish(COVERING, "covering")
    assert world.stack.invoke("rerate_calls", {}, seconds=20) == {"calls_left": 60}
    assert (waiting(world), sweep(world)) == (60, {"calls_rated": 60})


# --- Charged calls, priced again --------------------------------------------------------------------------------------


def charged(world: World) -> None:
    """Calls of several kinds, charged by the first deck, and one that waits."""
    calls = [
        {},
        {"call_id": "c_2", "to": JAPAN},
        {"call_id": "c_3", "to": MOBILE},
        {"call_id": "c_4", "to": PREMIUM},
        {"call_id": "c_5", "to": UNCOVERED},
    ]
    assert world.deliver(*calls) == []


def test_without_apply_nothing_is_written(world: World) -> None:
    charged(world)
    world.stack.publish(DEARER, "dearer")
    before = world.stack.items()
    told = reprice(world, apply=False)
    assert (told["looked_at"], told["changed"], told["change"], told["position"]) == (4, 3, "0.4754", None)
    assert world.stack.items() == before
    assert reprice(world, apply=True) | {"examples": []} == told | {"examples": []}


def test_only_the_difference_moves_and_details_show_the_current_price(world: World) -> None:
    charged(world)
    assert prices(world) == {"c_1": "0.30", "c_2": "0.0256", "c_3": "0.75"}
    old, entries = world.balance(), world.entries()
    world.stack.publish(DEARER, "dearer")
    told = reprice(world)
    assert world.balance() - old == micros(told["change"]) == -300_000 + 25_400 + 750_000
    assert prices(world) == {"c_1": "0.60", "c_2": "0.0002"}
    check_usage(world)
    assert [entry for entry in world.entries() if "#rerate#" not in entry["SK"]] == entries, "law 9"
    rows = {row["call_id"]: row for row in world.get("/usage/outbound_international_call").body["items"]}
    assert (rows["c_1"]["rate_per_minute"], rows["c_1"]["rate_deck"]) == ("0.20", "dearer")
    listed = [item for item in world.get("/statement").body["items"] if item["id"].startswith("c_1")]
    assert [(item["id"], item["kind"], item["amount"]) for item in listed] == [
        ("c_1", "call_charged", "-0.30"),
        ("c_1#rerate#0001#credit", "call_taken_back", "0.30"),
        ("c_1#rerate#0001#debit", "call_charged", "-0.60"),
    ]
    assert listed[1]["description"].startswith("Taken back: Outbound International Call to United Kingdom, +44")
    assert listed[2]["description"].endswith(", priced again")


def test_a_repeated_run_changes_nothing_and_a_later_one_starts_from_it(world: World) -> None:
    charged(world)
    old, first = world.balance(), prices(world)
    world.stack.publish(DEARER, "dearer")
    reprice(world)
    before = world.stack.items()
    assert reprice(world)["changed"] == 0
    assert world.stack.items() == before
    world.stack.publish(COVERING, "covering")
    assert reprice(world)["changed"] == 3
    assert (world.balance(), prices(world)) == (old, first)
    check_usage(world)
    world.stack.publish(DEARER, "dearer again")
    assert reprice(world)["changed"] == 3
    assert prices(world) == {"c_1": "0.60", "c_2": "0.0002"}
    check_usage(world)


def test_a_call_may_move_to_another_category_and_back(world: World) -> None:
    charged(world)
    premium = COVERING.replace(b"outbound_international_call", b"satellite_call", 1)
    for version, deck, there in (("moved", premium, True), ("back", COVERING, False), ("again", premium, True)):
        world.stack.publish(deck, version)
        reprice(world)
        assert prices(world, "satellite_call") == ({"c_1": "0.30"} if there else {})
        assert ("c_1" in prices(world)) != there
        assert [row["calls"] for row in world.get("/usage").body["categories"]] == ([2, 1, 1] if there else [3, 1])
        check_usage(world)


def test_a_rule_is_tried_out_on_calls_as_they_are_charged_now(world: World) -> None:
    charged(world)
    world.deliver({"call_id": "c_0", "started_at": "2026-11-23T09:00:00.000Z"})
    played = simulate(world).body
    world.stack.publish(DEARER, "dearer")
    reprice(world)
    again = simulate(world).body
    assert (played["calls"], again["calls"]) == (5, 4), "the one that costs nothing now is no charge any more"
    assert (played["refused_calls"], again["refused_calls"]) == (0, 0)


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_details_page_by_page_list_each_call_once(world: World, limit: int) -> None:
    charged(world)
    world.deliver(*({"call_id": f"c_1{mark}"} for mark in (".", "+", "-", "0", "@", "a")))
    for version, deck in (("dearer", DEARER), ("covering", COVERING), ("dearer again", DEARER)):
        world.stack.publish(deck, version)
        reprice(world)
    assert prices(world, limit=limit) == prices(world)
    assert len(prices(world)) == 8
    csv = world.get("/usage/outbound_international_call", accept="text/csv").text
    assert csv.count("\r\n") == 9


def test_the_proof_finds_a_day_that_counts_reversals_wrongly(world: World) -> None:
    charged(world)
    world.stack.publish(DEARER, "dearer")
    reprice(world)
    day = next(item for item in world.of_kind("DAY") if item["SK"].endswith("#outbound_international_call"))
    world.stack.dynamodb.update_item(
        TableName=world.stack.table_name,
        Key={"PK": {"S": day["PK"]}, "SK": {"S": day["SK"]}},
        UpdateExpression="ADD taken_back :one",
        ExpressionAttributeValues={":one": {"N": "1"}},
    )
    book = read_book(world.stack.dynamodb, world.stack.table_name, "acct_1")
    assert book is not None
    [difference] = prove_sums(book)
    assert "3 of them taking back" in difference.expected
    assert "4 of them taking back" in difference.found


def test_an_erased_number_leaves_every_entry_of_its_calls(world: World) -> None:
    charged(world)
    world.stack.publish(DEARER, "dearer")
    reprice(world)
    assert len(list(erase_number(world.stack.dynamodb, world.stack.table_name, "acct_1", UNITED_KINGDOM))) == 3
    assert UNITED_KINGDOM not in str(world.stack.items())
    assert prices(world) == {"c_1": "0.60", "c_2": "0.0002"}
    check_usage(world)


def test_dates_are_the_accounts_and_other_days_stay(world: World) -> None:
    times = {"answered_at": "2026-11-21T02:00:00.000Z", "ended_at": "2026-11-21T02:02:05.000Z"}
    world.operate("PUT", "/accounts/acct_1", {"time_zone": "America/New_York"})
    world.stack.forget()
    assert world.deliver({}, {"call_id": "c_2", "started_at": "2026-11-21T02:00:00.000Z", **times}) == []
    world.stack.publish(DEARER, "dearer")
    assert reprice(world, from_="2026-11-21", to="2026-11-21")["looked_at"] == 0
    assert reprice(world, from_="2026-11-20", to="2026-11-20")["changed"] == 1
    assert prices(world) == {"c_1": "0.30", "c_2": "0.60"}
    assert {entry["local_date"] for entry in world.entries() if "c_2" in entry["SK"]} == {"2026-11-20"}


def test_calls_are_priced_again_by_a_named_deck(world: World) -> None:
    from calling_credit.rates import deck_store  # noqa: PLC0415
    from tests.harness.table import BUCKET, _s3  # noqa: PLC0415

    charged(world)
    version = deck_store.deck_version(DEARER, world.clock.now)
    deck_store.put_deck(_s3(), BUCKET, version, DEARER)
    assert reprice(world, deck=version)["deck"] == version
    assert prices(world) == {"c_1": "0.60", "c_2": "0.0002"}


def test_calls_without_a_price_and_erased_calls_stay_unchanged(world: World) -> None:
    charged(world)
    list(erase_number(world.stack.dynamodb, world.stack.table_name, "acct_1", UNITED_KINGDOM))
    world.stack.publish(DEARER.replace(b"\n81,", b"\n82,"), "without Japan")
    told = reprice(world)
    assert (told["looked_at"], told["changed"], told["left_alone"]) == (4, 1, 2)
    assert prices(world) == {"c_1": "0.30", "c_2": "0.0256"}


def test_a_long_range_is_priced_round_by_round(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world.stack.apps["rerate_calls"], "CALLS_AT_ONCE", 7)
    assert world.deliver(*({"call_id": f"c_{number:03d}"} for number in range(20))) == []
    world.stack.publish(DEARER, "dearer")
    rounds: list[int] = []
    position = None
    while not rounds or position is not None:
        told = reprice(world, position=position)
        rounds.append(told["changed"])
        position = told["position"]
    assert rounds == [7, 7, 6]
    assert world.balance() == -20 * 600_000


def test_more_corrections_than_fit_one_transaction(world: World) -> None:
    assert world.deliver(*({"call_id": f"c_{number:03d}"} for number in range(130))) == []
    world.stack.publish(DEARER, "dearer")
    assert reprice(world)["changed"] == 130
    assert world.balance() == -130 * 600_000
    check_usage(world)


# --- Whatever fails, whoever else is at work --------------------------------------------------------------------------


def timeless(world: World) -> list[dict[str, Any]]:
    """The table but for when it was written; the book adds up."""
    world.balance()
    names = {"recorded_at", "updated_at", "settled_at"}
    return [{name: value for name, value in item.items() if name not in names} for item in world.stack.items()]


@pytest.mark.parametrize("what", ["sweep", "reprice"])
def test_law_10_a_repeat_after_any_failure_ends_in_the_same_ledger(world: World, wire: Wire, what: str) -> None:
    charged(world)
    world.deliver({"call_id": "c_6", "to": UNCOVERED})
    world.stack.publish(DEARER, "dearer")
    event = {"reprice": RANGE | {"apply": True}} if what == "reprice" else {}
    raw = world.stack.dynamodb.scan(TableName=world.stack.table_name)["Items"]
    wire.sent.clear()
    world.stack.invoke("rerate_calls", event, seconds=300)
    scenario, expected = list(wire.sent), timeless(world)
    for point in points(scenario):
        put_back(world, raw)
        point.context.seconds = 300
        with wire.interfering(point):
            ask_anew(world.stack, wire, "rerate_calls", event, seconds=300)
        for passed in point.late:
            passed()
        assert point.hits, point.name
        assert timeless(world) == expected, point.name


def put_back(world: World, raw: list[Any]) -> None:
    """The table as it was."""
    client, name = world.stack.dynamodb, world.stack.table_name
    known = {(item["PK"]["S"], item["SK"]["S"]) for item in raw}
    for item in client.scan(TableName=name)["Items"]:
        if (item["PK"]["S"], item["SK"]["S"]) not in known:
            client.delete_item(TableName=name, Key={"PK": item["PK"], "SK": item["SK"]})
    for item in raw:
        client.put_item(TableName=name, Item=item)
    world.stack.forget()


def interrupted(world: World, wire: Wire, event: dict[str, Any], other: Callable[[], Any]) -> None:
    """`other` happens once, between any two requests of an invocation: every gap is tried from the same table."""
    raw = world.stack.dynamodb.scan(TableName=world.stack.table_name)["Items"]
    wire.sent.clear()
    world.stack.invoke("rerate_calls", event, seconds=300)
    gaps = len(wire.sent)
    put_back(world, raw)
    world.stack.invoke("rerate_calls", event, seconds=300)
    other()
    expected = timeless(world)
    for at in range(gaps):
        put_back(world, raw)
        seen = 0

        def between(sent: Sent, passed: Any, at: int = at) -> Any:
            nonlocal seen
            seen += 1
            if seen == at + 1:
                wire.interfere = None
                other()
            return passed()

        with wire.interfering(between):
            world.stack.invoke("rerate_calls", event, seconds=300)
        other()
        world.stack.invoke("rerate_calls", event, seconds=300)
        found = timeless(world)
        assert without_outcomes(found) == without_outcomes(expected), f"gap {at}"


def without_outcomes(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Items but for who was first."""
    return [
        {name: value for name, value in item.items() if name not in ("outcome", "facts_hash", "run")} for item in items
    ]


def test_a_waiting_call_and_its_redelivery_at_the_same_time_are_one_charge(world: World, wire: Wire) -> None:
    charged(world)
    world.stack.publish(COVERING, "covering")
    again = delivery({"call_id": "c_5", "to": UNCOVERED})
    interrupted(world, wire, {}, lambda: failures(world.stack.invoke("rate_calls", again)))


def test_before_a_deck_is_published_nothing_can_be_rated_and_nothing_fails(world: World) -> None:
    boto3.client("s3").delete_object(Bucket="calling-credit-test-decks", Key="active.json")
    world.stack.forget()
    assert world.stack.invoke("rerate_calls", {}) == {}


def test_two_runs_at_once_take_no_charge_back_twice(world: World, wire: Wire) -> None:
    charged(world)
    world.stack.publish(DEARER, "dearer")
    event = {"reprice": RANGE | {"apply": True}}
    other = {"reprice": RANGE | {"apply": True, "from": "2026-11-01"}}
    interrupted(world, wire, event, lambda: world.stack.invoke("rerate_calls", other, seconds=300))


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"from": "2026-11-31"}, "invalid_date"),
        ({"from": "2026-12-01"}, "invalid_date_range"),
        ({"account_id": "acct_nobody"}, "unknown_account"),
        ({"deck": "20200101T000000Z-000000000000"}, "unknown_deck"),
        ({"account_id": "a#b"}, "invalid_request"),
        ({"apply": "yes"}, "invalid_request"),
        ({"month": "2026-11"}, "invalid_request"),
    ],
)
def test_an_invalid_request_is_reported_and_changes_nothing(world: World, asked: dict[str, Any], code: str) -> None:
    charged(world)
    before = world.stack.items()
    told = world.stack.invoke("rerate_calls", {"reprice": RANGE | {"apply": True} | asked}, seconds=300)
    assert (told["code"], told["detail"][-1]) == (code, ".")
    assert world.stack.items() == before


def test_the_sample_event_is_a_dry_run(world: World) -> None:
    charged(world)
    world.stack.publish(DEARER, "dearer")
    before = world.stack.items()
    assert world.stack.invoke("rerate_calls", sample_event("rerate_calls"), seconds=300)["changed"] == 3
    assert world.stack.items() == before
