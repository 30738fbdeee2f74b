"""Pricing charged calls again moves only the difference, once per run."""

from typing import Any

import pytest

from calling_credit.audit.proof import prove_sums
from calling_credit.audit.read_book import read_book
from tests.functions.rerate_bench import COVERING, DEARER, RANGE, charged, check_usage, micros, prices
from tests.functions.test_forecast import simulate
from tests.harness.actors import erase_number
from tests.harness.world import UNITED_KINGDOM, World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


def reprice(world: World, *, apply: bool = True, **asked: Any) -> dict[str, Any]:
    """Price the calls of an account again, one round."""
    event = {"reprice": RANGE | {"apply": apply} | {name.rstrip("_"): value for name, value in asked.items()}}
    return world.stack.invoke("rerate_calls", event, seconds=300)


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
    assert prices(world) == {"c_1": "0.60", "c_2": "0.0002", "c_3": "0.00"}
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
    assert prices(world) == {"c_1": "0.60", "c_2": "0.0002", "c_3": "0.00"}
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
    assert (played["calls"], again["calls"]) == (5, 5), "the one that costs nothing now is charged 0"
    assert (played["refused_calls"], again["refused_calls"]) == (0, 0)


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_details_page_by_page_list_each_call_once(world: World, limit: int) -> None:
    charged(world)
    world.deliver(*({"call_id": f"c_1{mark}"} for mark in (".", "+", "-", "0", "@", "a")))
    for version, deck in (("dearer", DEARER), ("covering", COVERING), ("dearer again", DEARER)):
        world.stack.publish(deck, version)
        reprice(world)
    assert prices(world, limit=limit) == prices(world)
    assert len(prices(world)) == 9
    csv = world.get("/usage/outbound_international_call", accept="text/csv").text
    assert csv.count("\r\n") == 10


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
    assert "3 of them take back a charge" in difference.expected
    assert "4 of them take back a charge" in difference.found


def test_an_erased_number_leaves_every_entry_of_its_calls(world: World) -> None:
    charged(world)
    world.stack.publish(DEARER, "dearer")
    reprice(world)
    assert len(list(erase_number(world.stack.dynamodb, world.stack.table_name, "acct_1", UNITED_KINGDOM))) == 3
    assert UNITED_KINGDOM not in str(world.stack.items())
    assert prices(world) == {"c_1": "0.60", "c_2": "0.0002", "c_3": "0.00"}
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
    assert prices(world) == {"c_1": "0.60", "c_2": "0.0002", "c_3": "0.00"}


def test_calls_without_a_price_and_erased_calls_stay_unchanged(world: World) -> None:
    charged(world)
    list(erase_number(world.stack.dynamodb, world.stack.table_name, "acct_1", UNITED_KINGDOM))
    world.stack.publish(DEARER.replace(b"\n81,", b"\n82,"), "without Japan")
    told = reprice(world)
    assert (told["looked_at"], told["changed"], told["left_alone"]) == (4, 1, 2)
    assert prices(world) == {"c_1": "0.30", "c_2": "0.0256", "c_3": "0.00"}


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
