"""Credit that a new card bought pays only so much a day for high-cost calls; older money pays first."""

from typing import Any

import pytest

from tests.functions.country_bench import counters, finished
from tests.functions.reversals_bench import refund
from tests.harness.cards import MASTERCARD
from tests.harness.till import Till
from tests.harness.world import PREMIUM, UNITED_KINGDOM

pytestmark = pytest.mark.dynamodb

DAY = 86_400
DOLLAR = 1_000_000
COUNTER = "SPENT#2026-11-24#YOUNG"
LIMITS = {"young_money_cap": "20.00", "call_price": "500.00", "daily_spend": "500.00"}


def buy_young_money(till: Till) -> None:
    """Give 30.00 of older credit, buy 100.00 with a card now, and switch the cap on."""
    till.world.adjust("30.00", "older")
    till.paid("100.00", till.card())
    assert till.world.operate("PUT", "/accounts/acct_1", {"limits": LIMITS}).status == 200
    till.world.change("/limits", {"high_cost_allowed": ["+1900"]})


@pytest.fixture
def young(till: Till) -> Till:
    """30.00 of older credit, and 100.00 that a card bought a day ago; the cap is on."""
    buy_young_money(till)
    till.later(days=1)
    return till


def minutes(count: int) -> int:
    """The seconds of this many minutes: a premium call costs 0.50 and 2.00 a minute."""
    return 60 * count


def ask(till: Till, call_id: str, seconds: int = DAY, to: str = PREMIUM) -> dict[str, Any]:
    """The answer of authorize."""
    shown: dict[str, Any] = till.world.authorize(call_id, to, seconds).body
    return shown


def test_older_money_pays_first_and_uncapped(young: Till) -> None:
    first = ask(young, "c_1", minutes(12))
    assert (first["held"], first.get("limited_by")) == ("24.50", None)
    assert counters(young.world) == {COUNTER: (20 * DOLLAR, 0, 0, 20 * DOLLAR)}
    second = ask(young, "c_2")
    assert (second["held"], second["limited_by"]) == ("24.50", "young_money_cap")
    assert counters(young.world) == {COUNTER: (20 * DOLLAR, 0, 19 * DOLLAR, DOLLAR)}
    third = ask(young, "c_3")
    assert (third["decision"], third["reason"]) == ("deny", "young_money_cap")
    assert "card" in third["message"]


def test_posting_counts_the_part_that_young_money_pays(young: Till) -> None:
    ask(young, "c_1", minutes(20))
    [hold] = young.world.of_kind("HOLD")
    assert (hold["amount_micros"], hold["young_micros"], hold["counted"]) == (40_500_000, 10_500_000, "Y")
    assert young.world.deliver(finished("c_1", minutes(16), PREMIUM, young.world.clock.now)) == []
    entry = young.world.entries()[-1]
    assert (entry["amount_micros"], entry["counted"], entry["young_micros"]) == (-32_500_000, "Y", 2_500_000)
    assert counters(young.world) == {COUNTER: (20 * DOLLAR, 2_500_000, 0, 17_500_000)}


def test_released_hold_gives_back_what_it_took(young: Till) -> None:
    ask(young, "c_1")
    assert counters(young.world)[COUNTER][3] < 2 * DOLLAR
    young.later(days=2)
    young.world.stack.invoke("expire_holds", {})
    assert counters(young.world) == {COUNTER: (20 * DOLLAR, 0, 0, 20 * DOLLAR)}


def test_extension_takes_young_money_after_older_money(young: Till) -> None:
    ask(young, "c_1", minutes(12))
    young.later(minutes=11)
    assert ask(young, "c_1", minutes(9))["held"] == "40.50"
    assert counters(young.world) == {COUNTER: (20 * DOLLAR, 0, 10_500_000, 9_500_000)}
    [hold] = young.world.of_kind("HOLD")
    assert (hold["young_micros"], hold["counted_on"]) == (10_500_000, "2026-11-24")


def test_card_older_than_seven_days_is_not_capped(young: Till) -> None:
    young.later(days=6, seconds=1)
    assert ask(young, "c_1", minutes(50)).get("limited_by") is None
    assert counters(young.world) == {}


def test_second_payment_of_an_old_card_is_not_young(young: Till) -> None:
    young.later(days=10)
    [item] = young.world.of_kind("PAYMENT")
    card = young.top_ups()[0]["payment_method_id"]
    assert item["topup_id"]
    young.paid("50.00", card)
    assert ask(young, "c_1", minutes(70)).get("limited_by") is None


def test_ordinary_destinations_are_not_capped(young: Till) -> None:
    assert ask(young, "c_1", minutes(1000), UNITED_KINGDOM).get("limited_by") is None
    assert counters(young.world) == {}


def test_credit_without_a_card_is_never_young(till: Till) -> None:
    till.world.adjust("130.00", "credit")
    till.world.operate("PUT", "/accounts/acct_1", {"limits": LIMITS})
    till.world.change("/limits", {"high_cost_allowed": ["+1900"]})
    assert ask(till, "c_1", minutes(60)).get("limited_by") is None


def test_refunded_money_of_a_new_card_is_no_longer_young(young: Till) -> None:
    [charge] = young.objects("charge")
    refund(young, charge["id"], 4_000)
    young.call_all_back()
    assert young.world.balance() == 90 * DOLLAR
    assert ask(young, "c_1", minutes(15))["held"] == "30.50"
    assert counters(young.world)[COUNTER][2] == 500_000
    young.later(hours=1)
    refund(young, charge["id"], 6_000)
    young.call_all_back()
    [money] = young.world.of_kind("CARD_MONEY")
    assert [micros for name, micros in money.items() if name.endswith("#micros")] == [0]


def test_first_payments_of_an_earlier_release_count_when_switched_on(till: Till) -> None:
    card = till.card()
    till.paid("100.00", card)
    stack = till.world.stack
    stack.dynamodb.delete_item(
        TableName=stack.table_name, Key={"PK": {"S": "ACCOUNT#acct_1"}, "SK": {"S": "CARD_MONEY"}}
    )
    till.later(days=30)
    till.world.operate("PUT", "/accounts/acct_1", {"limits": LIMITS})
    till.world.change("/limits", {"high_cost_allowed": ["+1900"]})
    till.paid("100.00", card)
    assert ask(till, "c_1", minutes(90)).get("limited_by") is None
    other = till.card(MASTERCARD)
    till.paid("100.00", other)
    assert ask(till, "c_2", minutes(45))["limited_by"] == "young_money_cap"


def test_two_calls_at_once_share_older_money_once(young: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = type(young.world.stack.apps["authorize_call"].reader)
    snapshot, others = reader.snapshot, iter(["c_2"])

    def slowly(self: Any, *arguments: Any) -> Any:
        read = snapshot(self, *arguments)
        for other in others:
            assert ask(young, other, minutes(12))["held"] == "24.50"
        return read

    monkeypatch.setattr(reader, "snapshot", slowly)
    assert ask(young, "c_1", minutes(12))["held"] == "24.50"
    assert counters(young.world) == {COUNTER: (20 * DOLLAR, 0, 19 * DOLLAR, DOLLAR)}


def test_a_correction_gives_back_young_money_first(young: Till) -> None:
    ask(young, "c_1", minutes(20))
    young.world.deliver(finished("c_1", minutes(20), PREMIUM, young.world.clock.now))
    assert counters(young.world)[COUNTER][1] == 10_500_000
    entry = young.world.entries()[-1]
    body = {"started_at": entry["SK"].split("#")[1], "duration_seconds": minutes(16), "reason": "The switch hung"}
    assert young.world.operate("POST", "/accounts/acct_1/calls/c_1/corrections", body, key="k_1").status == 201
    assert counters(young.world)[COUNTER] == (20 * DOLLAR, 2_500_000, 0, 17_500_000)
