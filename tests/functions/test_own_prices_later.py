"""An account's own prices price late, waiting, corrected, and rerated calls as those calls began."""

from datetime import timedelta
from typing import Any

import pytest

from tests.functions.corrections_bench import correct
from tests.functions.holds_bench import credit
from tests.functions.own_prices_bench import FACTS, FRANCE, GOLD, call_to, entry_of, gold, put
from tests.harness.world import DECK, MOBILE, UNCOVERED, UNITED_KINGDOM, World

__all__ = ["credit", "gold"]

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


def test_a_list_that_vanished_prices_nothing_until_it_is_back(gold: World) -> None:
    pointer = remove_pointer(gold)
    answer = gold.authorize(seconds=60)
    assert (answer.status, answer.body["code"]) == (503, "try_again")
    assert gold.of_kind("HOLD") == []
    assert gold.deliver(call_to(UNITED_KINGDOM)) == ["m_0"]
    restore_pointer(gold, pointer)
    assert gold.deliver(call_to(UNITED_KINGDOM)) == []
    assert entry_of(gold)["amount_micros"] == -60_000


def remove_pointer(world: World) -> bytes:
    """Remove the pointer of the list; return its content."""
    client, bucket = s3(world)
    body: bytes = client.get_object(Bucket=bucket, Key="lists/gold/active.json")["Body"].read()
    client.delete_object(Bucket=bucket, Key="lists/gold/active.json")
    world.stack.forget()
    return body


def restore_pointer(world: World, body: bytes) -> None:
    """Store the pointer of the list again."""
    client, bucket = s3(world)
    client.put_object(Bucket=bucket, Key="lists/gold/active.json", Body=body)


def s3(world: World) -> tuple[Any, str]:
    """The client and the name of the deck bucket."""
    decks = world.stack.apps["rate_calls"].decks
    return decks._client, decks._bucket


def test_a_waiting_call_is_charged_by_the_terms_of_its_start(gold: World) -> None:
    assert gold.deliver(call_to(UNCOVERED)) == []
    put(gold, price_list=None, markup_percent="0.00")
    gold.stack.publish_list("gold", GOLD + FRANCE.split(b"\n", 1)[1], "gold-2", gold.clock.now)
    gold.stack.publish(DECK + FRANCE.replace(b"0.40", b"0.90").split(b"\n", 1)[1], "deck-2", gold.clock.now)
    gold.clock.now += timedelta(hours=1)
    gold.stack.forget()
    assert gold.stack.invoke("rerate_calls", {}, seconds=300)["calls_rated"] == 1
    entry = entry_of(gold)
    assert (entry["amount_micros"], entry["price_list"], entry["list_version"]) == (-400_000, "gold", "gold-2")


def test_a_waiting_call_is_charged_by_no_other_record_of_it(gold: World) -> None:
    assert gold.deliver(call_to(UNCOVERED)) == []
    gold.stack.publish_list("gold", GOLD + FRANCE.split(b"\n", 1)[1], "gold-2", gold.clock.now)
    gold.clock.now += timedelta(hours=1)
    gold.stack.forget()
    assert gold.deliver(call_to(UNCOVERED, duration_seconds=59)) == ["m_0"], "other facts"
    assert gold.deliver(call_to(UNCOVERED)) == []
    assert entry_of(gold)["amount_micros"] == -400_000


def reprice(world: World, **asked: Any) -> dict[str, Any]:
    """Price the calls of acct_1 again."""
    event = {"account_id": "acct_1", "from": "2026-11-20", "to": "2026-11-30", "by": "ops", "apply": True, **asked}
    return world.stack.invoke("rerate_calls", {"reprice": event}, seconds=300)


def test_a_rerating_uses_the_terms_in_force_at_each_call(gold: World) -> None:
    for call_id, number in (("c_1", UNITED_KINGDOM), ("c_2", MOBILE)):
        assert gold.deliver(call_to(number, call_id)) == []
    put(gold, price_list=None, markup_percent="900.00")
    gold.clock.now += timedelta(hours=1)
    gold.stack.forget()
    assert reprice(gold)["changed"] == 0
    gold.stack.publish(DECK.replace(b"0.25,", b"0.50,"), "deck-2")
    told = reprice(gold, deck="deck-2")
    assert (told["changed"], told["unchanged"]) == (1, 1)
    assert entry_of(gold, "c_2")["rate_micros_per_minute"] == 562_500, "0.50 and 12.5 %"
    assert entry_of(gold, "c_1")["price_list"] == "gold"
    gold.balance()


def test_a_correction_keeps_the_price_of_the_call(gold: World) -> None:
    for call_id, number, price in (("c_1", UNITED_KINGDOM, "0.11"), ("c_2", MOBILE, "0.5625")):
        assert gold.deliver(call_to(number, call_id)) == []
        first = entry_of(gold, call_id)
        put(gold, price_list=None, markup_percent="0.00")
        gold.clock.now += timedelta(hours=1)
        answer = correct(gold, 120, call=call_id, key=call_id)
        assert answer.body["after"]["price"] == price
        again = entry_of(gold, call_id)
        assert {name: again.get(name) for name in FACTS} == {name: first.get(name) for name in FACTS}
