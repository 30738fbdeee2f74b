"""Damaged prices of an account refuse its calls alone, as an unreadable item, and price none by the deck."""

from datetime import timedelta
from typing import Any

import pytest

from calling_credit.accounts.cache import AccountFacts
from calling_credit.dynamodb.attributes import to_attribute
from calling_credit.dynamodb.unreadable import UnreadableItem
from tests.functions.corrections_bench import correct
from tests.functions.holds_bench import credit
from tests.functions.own_prices_bench import FRANCE, ask, call_to, entry_of, gold, put
from tests.functions.test_own_prices_later import reprice
from tests.functions.test_unreadable_holds import damage, listed
from tests.harness.world import DECK, UNCOVERED, UNITED_KINGDOM, World, number_of

__all__ = ["credit", "gold"]

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
WHOLE: dict[str, Any] = {"price_list": "gold", "markup_hundredths": 1250, "from": "2026-11-22T12:02:00.000Z"}
LATER = WHOLE | {"from": "2026-11-22T13:00:00.000Z"}
RETRY = {"version": "0", "source": "aws.scheduler"}
DAMAGES: dict[str, dict[str, Any]] = {
    "no list": {"M": {}},
    "a text": {"S": "gold"},
    "a number": {"N": "1250"},
    "a list of texts": to_attribute(["gold"]),
    "empty terms": to_attribute([{}]),
    "two in the wrong order": to_attribute([WHOLE, LATER]),
    "the same twice": to_attribute([WHOLE, WHOLE]),
    "the older ones damaged": to_attribute([LATER, WHOLE | {"markup_hundredths": 100_001}]),
    **{
        f"no {name}": to_attribute([{other: value for other, value in WHOLE.items() if other != name}])
        for name in ("markup_hundredths", "from")
    },
    **{
        f"{name} {value!r}": to_attribute([WHOLE | {name: value}])
        for name, value in (
            ("from", "yesterday"),
            ("from", "2026-11-22"),
            ("from", "2026-11-22T12:02:00+05:00"),
            ("from", 20261122),
            ("markup_hundredths", "1250"),
            ("markup_hundredths", -5_001),
            ("markup_hundredths", True),
            ("price_list", ""),
            ("price_list", "cost"),
            ("price_list", "../decks"),
            ("price_list", 5),
        )
    },
    "half a percent": {
        "L": [{"M": {"markup_hundredths": {"N": "12.5"}, "from": {"S": WHOLE["from"]}}}],
    },
    "a list that is null": {
        "L": [{"M": {"price_list": {"NULL": True}, "markup_hundredths": {"N": "0"}, "from": {"S": WHOLE["from"]}}}],
    },
}


def test_damaged_terms_refuse_the_calls_of_their_account_alone(gold: World, caplog: pytest.LogCaptureFixture) -> None:
    gold.create_account("acct_2")
    gold.adjust("50.00", "credit_2", "acct_2")
    for number, (name, form) in enumerate(DAMAGES.items()):
        damage(gold, "ACCOUNT#acct_1", "ACCOUNT", price_terms=form)
        gold.stack.forget()
        theirs = call_to(UNITED_KINGDOM, f"n_{number}", account_id="acct_2", **{"from": number_of("acct_2")})
        caplog.clear()
        assert gold.deliver(call_to(UNITED_KINGDOM), theirs, call_to(UNCOVERED, "c_2")) == ["m_0", "m_2"], name
        assert "unreadable_item" in caplog.messages, name
        answer = ask(gold, f"h_{number}")
        assert (answer.status, answer.body["code"]) == (500, "unreadable_item"), name
        assert ask(gold, f"a_{number}", account_id="acct_2", seconds=60).body["decision"] == "allow", name
    assert len(gold.entries("acct_2")) == 1 + len(DAMAGES)
    assert {key for key, _, _ in listed(gold)} == {"ACCOUNT#acct_1|ACCOUNT"}
    damage(gold, "ACCOUNT#acct_1", "ACCOUNT", price_terms=to_attribute([WHOLE]))
    gold.stack.forget()
    assert gold.deliver(call_to(UNITED_KINGDOM)) == []
    assert entry_of(gold)["amount_micros"] == -60_000


def test_a_waiting_call_of_damaged_terms_waits_and_stops_no_other(gold: World) -> None:
    gold.create_account("acct_2")
    theirs = call_to(UNCOVERED, "n_1", account_id="acct_2", **{"from": number_of("acct_2")})
    assert gold.deliver(call_to(UNCOVERED), theirs) == []
    damage(gold, "ACCOUNT#acct_1", "ACCOUNT", price_terms=DAMAGES["from '2026-11-22'"])
    gold.stack.publish(DECK + FRANCE.split(b"\n", 1)[1], "deck-2", gold.clock.now)
    gold.clock.now += timedelta(hours=1)
    gold.stack.forget()
    assert gold.stack.invoke("rerate_calls", RETRY, seconds=300)["calls_rated"] == 1
    assert (len(gold.entries("acct_2")), len(gold.entries())) == (1, 1), "acct_1 has only its credit"
    damage(gold, "ACCOUNT#acct_1", "ACCOUNT", price_terms=to_attribute([WHOLE]))
    gold.stack.forget()
    assert gold.stack.invoke("rerate_calls", RETRY, seconds=300)["calls_rated"] == 1
    assert entry_of(gold)["amount_micros"] == -450_000, "0.40 and 12.5 %"


def test_a_repair_between_two_reads_charges_no_waiting_call_by_the_deck(
    gold: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert gold.deliver(call_to(UNCOVERED)) == []
    damage(gold, "ACCOUNT#acct_1", "ACCOUNT", price_terms=DAMAGES["a text"])
    gold.stack.publish(DECK + FRANCE.split(b"\n", 1)[1], "deck-2", gold.clock.now)
    gold.clock.now += timedelta(hours=1)
    gold.stack.forget()
    read = AccountFacts.price_terms

    def read_then_repair(*asked: Any) -> Any:
        found = read(*asked)
        damage(gold, "ACCOUNT#acct_1", "ACCOUNT", price_terms=to_attribute([WHOLE]))
        return found

    monkeypatch.setattr(AccountFacts, "price_terms", read_then_repair)
    assert gold.stack.invoke("rerate_calls", RETRY, seconds=300).get("calls_rated", 0) == 0
    assert gold.stack.invoke("rerate_calls", RETRY, seconds=300)["calls_rated"] == 1
    assert entry_of(gold)["amount_micros"] == -450_000, "0.40 and 12.5 %"


def test_requests_of_an_account_with_damaged_terms_change_nothing(gold: World) -> None:
    assert gold.deliver(call_to(UNITED_KINGDOM)) == []
    damage(gold, "ACCOUNT#acct_1", "ACCOUNT", price_terms=DAMAGES["markup_hundredths -5001"])
    before = gold.stack.items("acct_1")
    answers = [
        put(gold, markup_percent="5.00"),
        put(gold, name="Halcyon"),
        gold.get("/account/rates", country="GB"),
        gold.get("/forecast"),
        correct(gold, 120),
    ]
    assert [(answer.status, answer.body["code"]) for answer in answers] == [(500, "unreadable_item")] * len(answers)
    with pytest.raises(UnreadableItem):
        reprice(gold)
    assert gold.stack.items("acct_1") == before
    assert gold.get("/rates", country="GB").status == 200
