"""A round is bounded and watches the clock, and no failing item or busy account keeps others from being reached."""

import json
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest

from calling_credit.dynamodb import rounds
from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.lease_keys import position_key
from calling_credit.dynamodb.rounds import Round, part_of
from calling_credit.dynamodb.sweep_keys import sweep_pk
from calling_credit.instants import format_instant
from tests.harness.table import TABLE, Context
from tests.harness.wire import Wire
from tests.harness.world import World

pytestmark = pytest.mark.dynamodb
KIND = "hold"


def list_due(world: World, account_id: str, count: int, minutes: int) -> None:
    """List items of an account as due since some minutes."""
    for number in range(count):
        at = format_instant(world.clock.now - timedelta(minutes=minutes) + timedelta(milliseconds=number))
        item = {
            "PK": f"ACCOUNT#{account_id}",
            "SK": f"HOLD#c_{number}",
            "sweep_pk": sweep_pk(KIND, account_id),
            "sweep_sk": f"{at}#{account_id}#c_{number}",
        }
        world.stack.dynamodb.put_item(TableName=TABLE, Item=to_attributes(item))


def new_round(world: World, *, after_death: bool = False) -> Round:
    """A round with the client of a function."""
    client = world.stack.apps["expire_holds"].dynamodb
    return Round(client, TABLE, "expire_holds", world.clock.now, after_death=after_death)


def clock_of(items: int) -> Callable[[], float]:
    """Time for some items: it is over after that many looks."""
    looks = iter(range(items, -(10**6), -1))
    return lambda: float(next(looks))


def accounts_of(this_round: Round, seconds_left: Callable[[], float] = lambda: 60.0, *, fail: str = "") -> list[str]:
    """The accounts of the items of a round, in its order; those that begin with `fail` fail."""
    accounts = []
    for item in this_round.due(KIND, seconds_left):
        accounts.append(item["PK"]["S"].removeprefix("ACCOUNT#"))
        if fail and accounts[-1].startswith(fail):
            this_round.record_failure(KIND, accounts[-1])
    this_round.save()
    return accounts


def test_failing_items_at_the_head_do_not_starve_the_others(world: World) -> None:
    for number in range(40):
        list_due(world, f"bad_{number}", 1, minutes=60)
    for number in range(5):
        list_due(world, f"good_{number}", 1, minutes=1)
    reached: set[str] = set()
    for _ in range(8):
        reached |= set(accounts_of(new_round(world), clock_of(10), fail="bad"))
    assert {f"good_{number}" for number in range(5)} <= reached
    assert len(reached) == 45


def test_a_round_that_ends_in_time_begins_again(world: World) -> None:
    list_due(world, "acct_a", 3, minutes=5)
    assert len(accounts_of(new_round(world), clock_of(2))) < 3
    assert "Item" in world.stack.dynamodb.get_item(TableName=TABLE, Key=position_key("expire_holds"))
    assert len(accounts_of(new_round(world))) == 3, "the rest, then those before the position"
    assert new_round(world).positions == {}


def test_accounts_take_turns_but_all_time_is_used(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rounds, "MAX_OF_ACCOUNT", 4)
    list_due(world, "busy", 30, minutes=60)
    others = [f"acct_{number}" for number in range(8) if sweep_pk(KIND, f"acct_{number}") == sweep_pk(KIND, "busy")]
    for other in others:
        list_due(world, other, 1, minutes=1)
    order = accounts_of(new_round(world))
    assert others
    assert order == ["busy"] * 4 + others + ["busy"] * 26


def test_an_account_whose_items_fail_waits_for_the_next_round(world: World) -> None:
    list_due(world, "bad", 20, minutes=60)
    list_due(world, "good", 3, minutes=1)
    assert Counter(accounts_of(new_round(world), fail="bad")) == {"bad": rounds.MAX_FAILURES, "good": 3}


def test_a_round_reads_and_takes_a_bounded_number_of_items(
    world: World, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rounds, "PAGE_SIZE", 5)
    monkeypatch.setattr(rounds, "MAX_READ", 20)
    monkeypatch.setattr(rounds, "MAX_ITEMS", 8)
    monkeypatch.setattr(rounds, "MAX_OF_ACCOUNT", 2)
    list_due(world, "busy", 60, minutes=60)
    with wire.recording() as sent:
        assert len(accounts_of(new_round(world))) == 8
    assert sum(request.operation == "Query" for request in sent) <= 4 + 20 // 5
    assert len(sent) <= 12


def test_an_item_is_taken_once_in_a_round(world: World) -> None:
    list_due(world, "acct_a", 5, minutes=5)
    list_due(world, "acct_b", 5, minutes=5)
    one = new_round(world)
    first = accounts_of(one, clock_of(5))
    assert one.cut_short == {KIND}
    assert len(first) + len(accounts_of(one)) == 10
    assert one.cut_short == set()


def test_an_item_that_kills_a_run_is_left_out_of_the_next(world: World) -> None:
    for number in range(6):
        list_due(world, f"acct_{number}", 1, minutes=10)
    dying = new_round(world, after_death=True)
    items = dying.due(KIND, lambda: 60.0)
    killer = [next(items) for _ in range(3)][-1]["PK"]["S"].removeprefix("ACCOUNT#")
    reached = accounts_of(new_round(world, after_death=True))
    assert killer not in reached
    assert {f"acct_{number}" for number in range(6)} == {*accounts_of(new_round(world)), *reached}


def test_a_damaged_position_only_repeats_work(world: World) -> None:
    list_due(world, "acct_a", 3, minutes=5)
    for text in ("nonsense", "[]", '{"HOLD#0": 7}', '{"HOLD#0": "9999"}', '{"HOLD#9": "x"}'):
        item = position_key("expire_holds") | to_attributes({"position": text})
        world.stack.dynamodb.put_item(TableName=TABLE, Item=item)
        assert len(accounts_of(new_round(world))) == 3


def test_no_position_makes_a_round_take_what_is_not_due(world: World) -> None:
    list_due(world, "acct_a", 3, minutes=5)
    list_due(world, "acct_b", 3, minutes=-600)
    name, ahead = sweep_pk(KIND, "acct_b"), format_instant(world.clock.now + timedelta(days=300))
    places = [ahead, "~~", "9", "x" * 1_100, "\ud800", "\x00", " ", "!", "2026"]
    for place in places:
        for partition in (name, sweep_pk(KIND, "acct_a")):
            text = json.dumps({partition: place})
            item = position_key("expire_holds") | to_attributes({"position": text})
            world.stack.dynamodb.put_item(TableName=TABLE, Item=item)
            assert accounts_of(new_round(world)) == ["acct_a"] * 3, ascii(place)


def test_the_clock_of_an_earlier_run_expires_no_hold_of_a_call_in_progress(world: World) -> None:
    world.adjust("5.00", "k_1")
    world.authorize(seconds=60)
    ahead = json.dumps({sweep_pk(KIND, "acct_1"): format_instant(world.clock.now + timedelta(days=300))})
    item = position_key("expire_holds") | to_attributes({"position": ahead})
    world.stack.dynamodb.put_item(TableName=TABLE, Item=item)
    assert world.stack.invoke("expire_holds", {})["holds_expired"] == 0


def test_a_part_of_the_time_leaves_the_rest(world: World) -> None:
    context = Context(40.0)
    left = part_of(lambda: context.seconds, 0.5)
    assert left() == 20.0
    context.seconds = 15.0
    assert left() == -5.0
    assert part_of(lambda: -1.0, 0.5)() == -1.0
