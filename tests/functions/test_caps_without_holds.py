"""Caps count what no hold covers: calls without a hold, to another number than its own, or that waited for a price."""

from datetime import timedelta

import pytest

from tests.functions.country_bench import COUNTER, DOLLAR, counters, finished, index, switch_on
from tests.functions.rerate_bench import COVERING
from tests.functions.test_young_money import DAY, ask, buy_young_money, minutes
from tests.harness.till import Till
from tests.harness.world import JAPAN, PREMIUM, UNCOVERED, UNITED_KINGDOM, World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
YOUNG = "SPENT#2026-11-23#YOUNG"


@pytest.fixture
def capped(world: World) -> World:
    """The world with 100.00 of credit and a cap of 5.00 on first calls to a country."""
    world.adjust("100.00", "credit")
    assert switch_on(world).status == 200
    return world


@pytest.fixture
def young(till: Till) -> Till:
    """30.00 of older credit, and 100.00 that a card bought just now; the cap is on."""
    buy_young_money(till)
    till.later(hours=1)
    return till


def premium(till: Till, call_id: str, seconds: int, to: str = PREMIUM) -> None:
    """Deliver a finished call that began as many seconds ago."""
    assert till.world.deliver(finished(call_id, seconds, to, till.world.clock.now)) == []


def wait_for_france(world: World) -> None:
    """Charge the waiting calls by a deck that covers France."""
    world.clock.now += timedelta(hours=1)
    world.stack.publish(COVERING, "france")
    world.clock.now += timedelta(hours=1)
    assert world.stack.invoke("rerate_calls", {}, seconds=300)["calls_rated"] == 1


def test_a_call_that_waited_for_its_price_counts_in_the_cap(capped: World) -> None:
    assert capped.deliver(finished("c_1", 600, UNCOVERED)) == []
    wait_for_france(capped)
    assert counters(capped) == {COUNTER.replace("JP", "FR"): (0, 4 * DOLLAR, 0, -4 * DOLLAR)}
    assert index(capped) == 0, "it makes no country known"


def test_a_call_that_waited_for_its_price_keeps_a_country_known(world: World) -> None:
    world.adjust("100.00", "credit")
    world.stack.publish(COVERING, "france")
    world.clock.now += timedelta(hours=1)
    assert world.deliver(finished("c_1", 600, UNCOVERED, world.clock.now)) == []
    assert switch_on(world).status == 200
    world.clock.now += timedelta(days=1)
    world.stack.publish(COVERING.replace(b"33,France", b"34,Spain"), "without france")
    world.clock.now += timedelta(hours=1)
    assert world.deliver(finished("c_2", 600, UNCOVERED, world.clock.now)) == []
    wait_for_france(world)
    [known] = world.of_kind("KNOWN")
    assert (known["SK"], known["last_on"]) == ("KNOWN#FR", "2026-11-24")


def test_a_call_to_another_number_than_its_hold_counts_in_the_cap(capped: World) -> None:
    capped.authorize("c_1", UNITED_KINGDOM, 600)
    assert capped.deliver(finished("c_1", 600, JAPAN)) == []
    assert counters(capped) == {COUNTER: (0, 123_000, 0, -123_000)}


def test_young_money_pays_a_call_without_a_hold_last(young: Till) -> None:
    premium(young, "c_1", minutes(12))
    assert counters(young.world) == {}, "older money paid for it"
    for _ in range(2):
        premium(young, "c_2", minutes(12))
    assert counters(young.world) == {YOUNG: (0, 19 * DOLLAR, 0, -19 * DOLLAR)}
    assert ask(young, "c_3")["reason"] == "young_money_cap"


def test_calls_of_one_batch_share_older_money_once(young: Till) -> None:
    calls = [finished(f"c_{number}", minutes(12), PREMIUM, young.world.clock.now) for number in range(2)]
    ordinary = finished("c_2", minutes(50), UNITED_KINGDOM, young.world.clock.now)
    assert young.world.deliver(ordinary, *calls) == []
    assert counters(young.world)[YOUNG][1] == 24 * DOLLAR, "5.00 + 24.50 + 24.50 less 30.00"


def test_what_a_call_costs_beyond_its_hold_counts_as_young(young: Till) -> None:
    assert ask(young, "c_1", minutes(10))["held"] == "20.50"
    premium(young, "c_1", minutes(20))
    assert counters(young.world)[YOUNG][1] == 10_500_000, "40.50 less 30.00"


def test_older_money_of_a_call_in_progress_pays_no_other(young: Till) -> None:
    assert ask(young, "c_1", minutes(12))["held"] == "24.50"
    premium(young, "c_2", minutes(5))
    assert counters(young.world)[YOUNG][1] == 5 * DOLLAR, "10.50 less the 5.50 that are left"


def test_a_correction_of_a_call_without_a_hold_gives_back_young_money(young: Till) -> None:
    premium(young, "c_1", minutes(20))
    assert counters(young.world)[YOUNG][1] == 10_500_000
    entry = young.world.entries()[-1]
    body = {"started_at": entry["SK"].split("#")[1], "duration_seconds": minutes(16), "reason": "The switch hung"}
    assert young.world.operate("POST", "/accounts/acct_1/calls/c_1/corrections", body, key="k_1").status == 201
    assert counters(young.world)[YOUNG][1] == 2_500_000


def test_ordinary_calls_and_old_cards_count_in_no_cap(young: Till) -> None:
    premium(young, "c_1", DAY // 10, UNITED_KINGDOM)
    young.later(days=7)
    premium(young, "c_2", minutes(40))
    assert counters(young.world) == {}


def test_posting_reads_the_balance_only_for_capped_calls(young: Till) -> None:
    world = young.world
    reads = []
    for number, to in enumerate((UNITED_KINGDOM, UNITED_KINGDOM, PREMIUM)):
        with world.recorded("rate_calls") as requests:
            premium(young, f"c_{number}", minutes(5), to)
        reads.append([name for name, _ in requests].count("BatchGetItem"))
    assert reads[2] == reads[1] + 1, "the first call reads the facts of the account"
