"""rerate_calls charges calls once that waited for a price."""

from datetime import timedelta
from typing import Any

import pytest

from tests.domain.examples import deck_csv
from tests.functions.rerate_bench import COVERING, FRANCE, check_usage, prices
from tests.harness.actors import erase_number
from tests.harness.world import DECK, UNCOVERED, World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


def sweep(world: World) -> dict[str, Any]:
    """Run the scheduled sweep."""
    return world.stack.invoke("rerate_calls", {"version": "0", "source": "aws.scheduler"}, seconds=300)


def waiting(world: World) -> int:
    """The number of unrated calls."""
    return sum("sweep_pk" in item for item in world.of_kind("UNRATED"))


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


def test_a_waiting_call_is_charged_by_no_other_record_of_it(world: World) -> None:
    first, other = {"to": UNCOVERED}, {"to": UNCOVERED, "duration_seconds": 124}
    assert (world.deliver(first), world.deliver(other)) == ([], ["m_0"])
    world.stack.publish(COVERING, "covering", world.clock.now)
    world.clock.now += timedelta(minutes=16)
    assert world.deliver(other) == ["m_0"]
    assert (world.balance(), waiting(world)) == (0, 1)
    assert sweep(world) == {"calls_rated": 1}
    assert (world.balance(), world.deliver(first), world.deliver(other)) == (-1_200_000, [], ["m_0"])


def test_a_waiting_call_abroad_that_becomes_free_is_charged_zero(world: World) -> None:
    world.deliver({"to": UNCOVERED})
    world.stack.publish(deck_csv(FRANCE | {"rate_per_minute": "0", "category": "included"}), "free")
    assert sweep(world) == {"calls_rated": 1}
    world.stack.publish(DECK, "uncovering again")
    assert world.deliver({"to": UNCOVERED}) == []
    assert (waiting(world), world.balance(), sweep(world)) == (0, 0, {})
    [entry] = world.entries()
    assert (entry["amount_micros"], entry["category"]) == (0, "included")


def test_a_waiting_call_at_home_that_becomes_free_leaves_the_list_for_good(world: World) -> None:
    ohio = {"prefix": "1216", "destination": "Ohio", "country": "US", "rate_per_minute": "0", "category": "included"}
    world.deliver({"to": "+12165550123"})
    world.stack.publish(deck_csv(ohio), "free")
    assert sweep(world) == {"calls_free": 1}
    world.stack.publish(DECK, "uncovering again")
    assert world.deliver({"to": "+12165550123"}) == []
    assert (waiting(world), world.entries(), sweep(world)) == (0, [], {})


@pytest.mark.parametrize(
    ("line", "caller", "price"),
    [("line_1", "+442071838750", "0.50"), ("line_1", None, "0.50"), ("line_x", "+442071838750", "0.70")],
)
def test_a_waiting_call_keeps_its_origin(world: World, line: str, caller: str | None, price: str) -> None:
    """The line's country prices it, and the caller's only for an unknown line."""
    by_origin = [
        FRANCE | {"origin": "US", "rate_per_minute": "0.50"},
        FRANCE | {"origin": "GB", "rate_per_minute": "0.70"},
    ]
    world.deliver({"to": UNCOVERED, "from": caller, "line_id": line, "answered_at": None, "duration_seconds": 60})
    world.stack.publish(deck_csv(FRANCE, *by_origin), "by origin")
    assert sweep(world) == {"calls_rated": 1}
    assert world.balance() == -int(price.replace("0.", "")) * 10_000
    [entry] = world.entries()
    assert entry["origin"] == {"0.50": "US", "0.70": "GB"}[price]


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
