"""A corrected call in later work: erased, delivered again, rerated, and charged by an earlier release."""

from typing import Any

import pytest

from tests.functions.corrections_bench import correct, details, figures
from tests.functions.rerate_bench import COVERING, DEARER, RANGE, charged, check_usage
from tests.harness.actors import erase_number
from tests.harness.wire import Killed, Pass, Sent, Wire
from tests.harness.world import JAPAN, UNCOVERED, UNITED_KINGDOM, World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

CATEGORY = b"outbound_international_call"


def test_an_erased_call_can_be_corrected_and_stays_erased(world: World) -> None:
    charged(world)
    list(erase_number(world.stack.dynamodb, world.stack.table_name, "acct_1", UNITED_KINGDOM))
    assert correct(world, 60).body["after"] == figures(60, "0.10")
    assert details(world)["to"] == "GB…50"
    assert UNITED_KINGDOM not in str(world.stack.items())
    correct(world, 60, call="c_2", key="k_2")
    list(erase_number(world.stack.dynamodb, world.stack.table_name, "acct_1", JAPAN))
    assert JAPAN not in str(world.stack.items())


def test_the_original_event_and_the_corrected_one_are_replays(world: World) -> None:
    charged(world)
    corrected = {"duration_seconds": 60, "ended_at": "2026-11-23T10:01:04.000Z"}
    assert world.deliver(corrected) == ["m_0"], "a conflict until the operator has corrected the call"
    correct(world, 60)
    before = world.stack.items()
    assert world.deliver({}) == []
    assert world.deliver(corrected) == []
    assert world.deliver(corrected | {"duration_seconds": 61, "ended_at": "2026-11-23T10:01:05.000Z"}) == ["m_0"]
    assert world.deliver(corrected | {"to": JAPAN}) == ["m_0"]
    assert world.stack.items() == before
    correct(world, 70, key="k_2")
    before = world.stack.items()
    assert world.deliver(corrected) == [], "it was right once"
    assert world.stack.items() == before


# --- Rerating ---------------------------------------------------------------------------------------------------------


def rerate(world: World, **asked: Any) -> dict[str, Any]:
    """Rerate the calls by the active deck, and return the answer."""
    event = {"reprice": RANGE | {"apply": True, "deck": "active"} | asked}
    answer: dict[str, Any] = world.stack.invoke("rerate_calls", event, seconds=300)
    return answer


def promised_call(world: World) -> str:
    """Authorize and charge a call; return the sort key of its entry."""
    world.adjust("5.00", "credit")
    assert world.authorize().body["max_seconds"] == 600
    assert world.deliver({}) == []
    [entry] = [entry for entry in world.entries() if entry["kind"] == "call_charged"]
    assert entry["amount_micros"] == -300_000
    return str(entry["SK"])


def change_entry(world: World, sort_key: str, expression: str, **values: Any) -> None:
    """Change an entry as another release would have written it."""
    key = {"PK": {"S": "ACCOUNT#acct_1"}, "SK": {"S": sort_key}}
    more: Any = {"ExpressionAttributeValues": values} if values else {}
    world.stack.dynamodb.update_item(TableName=world.stack.table_name, Key=key, UpdateExpression=expression, **more)


@pytest.mark.parametrize("release", ["now", "v1.0.0"])
def test_a_rerating_keeps_the_price_that_a_hold_promised(world: World, release: str) -> None:
    """Rerating a month to fix one prefix raised calls that had been promised and charged by their hold."""
    entry = promised_call(world)
    if release == "now":
        change_entry(world, entry, "SET promised = :yes", **{":yes": {"BOOL": True}})
    else:
        change_entry(world, entry, "REMOVE minimum_seconds, increment_seconds, promised, granted_seconds")
    world.stack.publish(DEARER, "dearer")
    assert world.deliver({"call_id": "c_2", "to": JAPAN}) == []
    before = world.stack.items()
    answer = rerate(world)
    assert (answer["looked_at"], answer["changed"], answer["promised"], answer["left_alone"]) == (2, 0, 1, 1)
    assert world.stack.items() == before
    assert rerate(world, even_promised=True)["changed"] == 1
    assert details(world)["price"] == "0.60"
    assert rerate(world)["promised"] == 0, "the hold's price stands no more"


def test_an_entry_of_v1_whose_hold_is_gone_is_rerated_like_any_other(world: World) -> None:
    entry = promised_call(world)
    change_entry(world, entry, "REMOVE minimum_seconds, increment_seconds, promised, granted_seconds")
    hold = {"PK": {"S": "ACCOUNT#acct_1"}, "SK": {"S": "HOLD#c_1"}}
    world.stack.dynamodb.delete_item(TableName=world.stack.table_name, Key=hold)
    world.stack.publish(DEARER, "dearer")
    assert rerate(world)["changed"] == 1


@pytest.mark.parametrize("is_held", [True, False])
def test_an_entry_of_v1_is_corrected_by_the_row_that_priced_it(world: World, *, is_held: bool) -> None:
    if is_held:
        entry = promised_call(world)
    else:
        assert world.deliver({}) == []
        [entry] = [one["SK"] for one in world.entries()]
    change_entry(world, entry, "REMOVE minimum_seconds, increment_seconds, promised, granted_seconds")
    world.stack.publish(DEARER, "dearer")
    assert correct(world, None).body["after"] == figures(125, "0.00")
    assert correct(world, 61, key="k_2").body["after"] == figures(61, "0.20")
    assert correct(world, 59, key="k_3").body["after"] == figures(59, "0.10")


def test_an_entry_of_v1_whose_deck_is_gone_can_only_be_waived(world: World) -> None:
    assert world.deliver({}) == []
    [entry] = [one["SK"] for one in world.entries()]
    change_entry(world, entry, "REMOVE minimum_seconds, increment_seconds SET deck = :gone", **{":gone": {"S": "gone"}})
    before = world.stack.items()
    assert (correct(world, 60).status, correct(world, 60).code) == (409, "price_not_stored")
    assert world.stack.items() == before
    assert correct(world, None).body["after"] == figures(125, "0.00")


def test_a_call_beyond_its_hold_is_corrected_with_the_same_tolerance(world: World) -> None:
    entry = promised_call(world)
    granted = {":granted": {"N": "120"}, ":yes": {"BOOL": True}}
    change_entry(world, entry, "SET granted_seconds = :granted, promised = :yes", **granted)
    assert correct(world, 122).body["after"] == figures(122, "0.20"), "the switch obeyed"
    assert correct(world, 123, key="k_2").body["after"] == figures(123, "0.30")
    assert correct(world, 121, key="k_3").body["after"] == figures(121, "0.20")
    world.stack.publish(DEARER, "dearer")
    assert rerate(world)["corrected"] == 1
    assert rerate(world, even_corrected=True)["promised"] == 1
    assert rerate(world, even_corrected=True, even_promised=True)["changed"] == 1
    assert details(world)["price"] == "0.40", "120 seconds at 0.20"


def test_waived_calls_are_charged_again_only_by_a_flag(world: World) -> None:
    charged(world)
    correct(world, None)
    correct(world, 60, call="c_2", key="k_2")
    world.stack.publish(DEARER, "dearer")
    answer = rerate(world)
    assert {name: answer[name] for name in ("changed", "waived", "corrected", "unchanged")} == {
        "changed": 1,
        "waived": 1,
        "corrected": 1,
        "unchanged": 1,
    }
    assert details(world)["price"] == "0.00"
    assert rerate(world, even_corrected=True)["changed"] == 2
    assert details(world)["price"] == "0.60"
    assert rerate(world)["corrected"] == 2
    check_usage(world)


def test_a_call_that_a_rerating_made_free_keeps_its_corrected_duration(world: World) -> None:
    charged(world)
    world.stack.publish(COVERING.replace(b"0.10,", b"0,", 1).replace(CATEGORY, b"included", 1), "free")
    rerate(world)
    assert correct(world, 60).body == {
        **correct(world, 60).body,
        "before": figures(125, "0.00"),
        "after": figures(60, "0.00"),
        "difference": "0.00",
    }
    world.stack.publish(DEARER, "dearer")
    assert rerate(world)["corrected"] == 1
    rerate(world, even_corrected=True)
    assert (details(world)["price"], details(world)["duration_seconds"]) == ("0.20", 60)
    check_usage(world)


def test_a_waiting_call_is_named_as_such(world: World) -> None:
    assert world.deliver({"to": UNCOVERED}) == []
    refused = correct(world, 60)
    assert (refused.status, refused.code) == (404, "unknown_call")
    assert "waits for a price" in refused.body["detail"]


def test_a_repeated_correction_closes_the_list_that_a_dead_one_left_open(world: World, wire: Wire) -> None:
    started = "2026-11-22T22:00:00.000Z"
    times = {"started_at": started, "answered_at": started, "ended_at": "2026-11-23T10:00:01.000Z"}
    assert world.deliver({"duration_seconds": 43_201, **times}) == []

    def die(sent: Sent, passed: Pass) -> Any:
        if "SUSPICIOUS#" in str(sent.body):
            raise Killed
        return passed()

    with wire.interfering(die), pytest.raises(Killed):
        correct(world, 65, started_at=started)
    wire.dead = False
    balance = world.balance()
    assert balance == -200_000, "the correction is posted"
    assert "sweep_pk" in world.of_kind("SUSPICIOUS")[0]
    for _ in range(2):
        assert correct(world, 65, started_at=started).status == 201
    assert "sweep_pk" not in world.of_kind("SUSPICIOUS")[0]
    assert world.balance() == balance
