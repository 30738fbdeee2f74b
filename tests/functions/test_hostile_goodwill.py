"""Goodwill, attacked: around waivers, corrections, and reratings, for calls that have none to give, and in amounts."""

from typing import Any

import pytest

from calling_credit.dynamodb.attributes import WRITE_UNIT_BYTES, item_bytes, to_attributes
from tests.functions.accounts_bench import at_once
from tests.functions.corrections_bench import correct
from tests.functions.moves_bench import CLIENT, FEMI, GRACE, STARTED, changes, goodwill, left_of, transfer
from tests.functions.rerate_bench import COVERING, DEARER, RANGE, charged, check_usage
from tests.harness.world import MOBILE, World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

FREE = COVERING.replace(b"0.10,", b"0,").replace(b"0.25,", b"0,")
HALF = COVERING.replace(b"0.10,", b"0.05,")


def rerate(world: World, deck: bytes, version: str) -> None:
    """Price all calls of the account by a new deck."""
    world.stack.publish(deck, version)
    command = RANGE | {"deck": "active", "apply": True, "by": "ops"}
    world.stack.invoke("rerate_calls", {"reprice": command}, seconds=300)


def net(world: World, call: str = "c_1") -> int:
    """The sum of all entries of a call and its goodwill, in micro-dollars."""
    own = [entry for entry in world.entries() if f"#{call}" in entry["SK"] or entry.get("call_key") == call]
    return sum(entry["amount_micros"] for entry in own)


def test_waiving_and_charging_again_gives_no_second_goodwill(world: World) -> None:
    charged(world)
    goodwill(world, "0.30")
    correct(world, None, key="w_1")
    correct(world, 125, key="w_2")
    assert goodwill(world, "0.30", key="k_2").code == "goodwill_given"
    assert net(world) == -300_000
    correct(world, None, key="w_3")
    assert net(world) == 0
    check_usage(world)


@pytest.mark.parametrize("amount", ["0.30", "0.15", "0.000001"])
def test_corrections_in_any_order_never_give_more_than_the_charge(world: World, amount: str) -> None:
    charged(world)
    assert goodwill(world, amount).status == 201
    for number, seconds in enumerate((1, 600, 0, None, 61, 3_600, None, 125)):
        assert correct(world, seconds, key=f"w_{number}").status == 201
        assert net(world) <= 0
        assert world.of_kind("GOODWILL")[0]["standing_micros"] <= -net(world) + 300_000
    check_usage(world)


def test_reratings_in_any_order_never_give_more_than_the_charge(world: World) -> None:
    charged(world)
    assert goodwill(world, "0.30").status == 201
    for number, deck in enumerate((HALF, DEARER, FREE, DEARER, HALF)):
        rerate(world, deck, f"deck-{number + 2}")
        assert net(world) <= 0
        check_usage(world)


def test_a_rerating_and_a_goodwill_at_once_never_give_more_than_the_charge(world: World) -> None:
    charged(world)
    world.stack.publish(FREE, "deck-2")
    command = {"reprice": RANGE | {"deck": "active", "apply": True, "by": "ops"}}
    at_once(lambda: goodwill(world, "0.30"), lambda: world.stack.invoke("rerate_calls", command, seconds=300))
    assert net(world) == 0
    check_usage(world)


def test_two_people_at_once_give_goodwill_once(world: World) -> None:
    charged(world)
    answers = at_once(
        *[lambda at=at, one=one: goodwill(world, "0.30", key=f"k_{at}", **one) for at, one in enumerate((FEMI, GRACE))]
    )
    assert sorted(answer.status for answer in answers) == [201, 409]
    assert net(world) == 0
    assert sum(100_000_000 - left for one in ("1", "2") for left in left_of(world, f"STAFF#staff-{one}")) == 300_000


@pytest.mark.parametrize(
    "amount",
    [
        "0",
        "0.0",
        "-0.000001",
        "0.0000001",
        "0.300001",
        "99999999999999",
        "1e-2",
        "Infinity",
        " 0.1",
        "0,1",
        True,
        [],
        {},
    ],
)
def test_a_wrong_amount_gives_nothing(world: World, amount: Any) -> None:
    charged(world)
    before = world.stack.items()
    assert goodwill(world, amount).status == 422
    assert world.stack.items() == before


def test_the_smallest_goodwill_is_a_millionth_of_a_dollar(world: World) -> None:
    charged(world)
    assert goodwill(world, "0.000001").status == 201
    assert net(world) == -299_999


def test_a_call_that_waits_for_a_price_gets_no_goodwill(world: World) -> None:
    charged(world)
    before = world.stack.items()
    assert goodwill(world, call="c_5").code == "unknown_call"
    assert goodwill(world, call="c_5", body={"started_at": STARTED}).code == "unknown_call"
    assert world.stack.items() == before


def test_a_call_of_another_account_gets_no_goodwill(world: World) -> None:
    world.create_account("acct_2")
    assert world.deliver({"account_id": "acct_2", "line_id": "line_1", "call_id": "c_9"}) == []
    before = world.stack.items()
    assert goodwill(world, call="c_9").code == "unknown_call"
    assert goodwill(world, call="c_9", body={"started_at": STARTED}).code == "unknown_call"
    assert world.stack.items() == before
    assert goodwill(world, call="c_9", account="acct_2").status == 201


@pytest.mark.parametrize("key", ["adj_1", "c_1%23rerate%230001%23debit", "..", "h_", "C_1", "c_1%00", "c_1 "])
def test_a_key_that_is_no_call_gets_no_goodwill(world: World, key: str) -> None:
    charged(world)
    world.adjust("5.00", "opening")
    before = world.stack.items()
    assert goodwill(world, call=key).status in (400, 404, 422)
    assert world.stack.items() == before


def test_goodwill_is_no_call_that_gets_goodwill(world: World) -> None:
    charged(world)
    given = goodwill(world, "0.30").body["id"]
    before = world.stack.items()
    assert goodwill(world, call=given, key="k_2").code == "unknown_call"
    assert world.stack.items() == before


def test_two_calls_with_one_id_each_get_their_goodwill(world: World) -> None:
    later = {"started_at": "2026-11-23T11:00:00.000Z", "answered_at": None, "ended_at": "2026-11-23T11:02:09.000Z"}
    assert world.deliver({}, later | {"to": MOBILE}) == []
    assert goodwill(world, "0.30", body={"started_at": STARTED}).status == 201
    second = goodwill(world, "0.75", key="k_2")
    assert (second.status, second.body["started_at"]) == (201, later["started_at"])
    assert goodwill(world, "0.01", key="k_3").code == "goodwill_given"
    assert sum(entry["amount_micros"] for entry in world.entries()) == 0


def test_goodwill_in_another_time_zone_is_of_its_own_day(world: World) -> None:
    world.create_account("acct_2", time_zone="Pacific/Kiritimati")
    assert world.deliver({"account_id": "acct_2"}) == []
    assert goodwill(world, account="acct_2").status == 201
    [entry] = [one for one in world.entries("acct_2") if one["category"] == "goodwill"]
    assert entry["local_date"] == "2026-11-24"
    world.balance("acct_2")


def test_goodwill_is_one_change_with_its_actor(world: World) -> None:
    charged(world)
    for _ in range(3):
        goodwill(world)
    goodwill(world, key="k_2")
    assert changes(world) == [("goodwill_given", "staff:staff-1")]


def test_the_largest_goodwill_and_transfer_are_one_write_unit_each(world: World) -> None:
    account, other, call = "a" * 64, "b" * 64, "c" * 96
    reason = {"reason": "語" * 166}
    for name in (account, other):
        world.create_account(name)
    assert world.deliver({"account_id": account, "call_id": call}) == []
    assert goodwill(world, account=account, call=call, body={"reason": "語" * 167}).code == "invalid_field"
    assert goodwill(world, "0.199999", account=account, call=call, body=reason).status == 201
    assert correct(world, None, account=account, call=call).status == 201
    world.adjust("10000.00", "opening", account)
    assert transfer(world, "9999.99", sender=account, receiver=other, key="k_2", body=reason, **CLIENT).status == 201
    moves = [
        to_attributes(entry)
        for name in (account, other)
        for entry in world.entries(name)
        if entry["category"] in ("goodwill", "transfer")
    ]
    assert len(moves) == 4
    assert max(map(item_bytes, moves)) < WRITE_UNIT_BYTES
