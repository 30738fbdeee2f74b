"""A statement opens, lists every movement, and closes at the balance."""

from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from calling_credit.money import format_money
from tests.domain.examples import EVENT
from tests.functions.usage_bench import call_at, money
from tests.harness.cards import CHALLENGED, DECLINED, MASTERCARD
from tests.harness.till import Till
from tests.harness.world import PREMIUM, UNCOVERED, World

pytestmark = pytest.mark.dynamodb


NOTHING: tuple[Decimal, list[dict[str, Any]], Decimal] = (Decimal(0), [], Decimal(0))


def statement(world: World, first: str, last: str, limit: int = 50) -> tuple[Decimal, list[dict[str, Any]], Decimal]:
    """Opening, items, and closing of a statement, after a check of its laws."""
    pages = list(world.pages("/statement", from_=first, to=last, limit=limit))
    assert all(set(page) == {"opening_balance", "items", "closing_balance", "as_of", "next_cursor"} for page in pages)
    assert {(page["opening_balance"], page["as_of"]) for page in pages} == {
        (pages[0]["opening_balance"], pages[0]["as_of"])
    }
    items = [item for page in pages for item in page["items"]]
    opening, closing = money(pages[0]["opening_balance"]), money(pages[-1]["closing_balance"])
    assert opening + sum(money(item["amount"]) for item in items) == closing
    assert all(first <= item["date"] <= last for item in items)
    assert all(earlier["at"] <= later["at"] for earlier, later in pairwise(items))
    return opening, items, closing


def money_text(amount: Decimal) -> str:
    """An amount in the API's format."""
    return format_money(int(amount * 1_000_000))


def some_history(world: World) -> None:
    """Two adjustments and calls of three months, one of them delivered late."""
    world.deliver(
        *(
            call_at(f"c_{month}{day}", f"2026-{month}-{day}T10:00")
            for month in ("09", "10", "11")
            for day in ("05", "20")
        )
    )
    world.adjust("10.00", "k_1")
    world.adjust("-2.50", "k_2")
    world.deliver(call_at("c_p", "2026-11-10T10:00", to=PREMIUM))


def test_a_statement_opens_lists_and_closes(world: World) -> None:
    some_history(world)
    opening, items, closing = statement(world, "2026-11-01", "2026-11-30")
    assert (opening, closing) == (money("-0.40"), money("4.40"))
    assert [item["amount"] for item in items[:3]] == ["-0.10", "-2.50", "-0.10"]
    assert sorted(item["amount"] for item in items[3:]) == ["-2.50", "10.00"]


def test_each_month_opens_at_the_last_close_and_ends_at_the_balance(world: World) -> None:
    some_history(world)
    months = [("2026-09-01", "2026-09-30"), ("2026-10-01", "2026-10-31"), ("2026-11-01", "2026-11-30")]
    figures = [statement(world, *month) for month in months]
    assert figures[0][0] == 0
    for before, after in pairwise(figures):
        assert before[2] == after[0]
    assert figures[-1][2] == money(world.get("/balance").body["balance"])


@pytest.mark.parametrize("limit", [1, 2, 3, 50])
def test_the_pages_of_a_statement_together_are_the_statement(world: World, limit: int) -> None:
    some_history(world)
    assert statement(world, "2026-09-01", "2026-11-30", limit) == statement(world, "2026-09-01", "2026-11-30")


def test_a_late_entry_changes_its_own_month_and_shows_its_recording(world: World) -> None:
    some_history(world)
    november = statement(world, "2026-11-01", "2026-11-30")
    world.clock.now += timedelta(days=2)
    world.deliver(call_at("c_late", "2026-10-07T10:00"))
    opening, items, closing = statement(world, "2026-10-01", "2026-10-31")
    [late] = [item for item in items if item["id"] == "c_late"]
    assert (late["date"], late["recorded_at"]) == ("2026-10-07", "2026-11-25T12:00:00.000Z")
    assert closing - opening == money("-0.30")
    assert statement(world, "2026-11-01", "2026-11-30") == (
        november[0] - money("0.10"),
        november[1],
        november[2] - money("0.10"),
    )


def test_an_entry_recorded_while_paging_is_left_out_of_the_statement(world: World) -> None:
    some_history(world)
    first = world.get("/statement", from_="2026-09-01", to="2026-11-30", limit=2).body
    world.clock.now += timedelta(seconds=1)
    world.deliver(call_at("c_new", "2026-11-22T10:00"))
    items, cursor, page = list(first["items"]), first["next_cursor"], first
    while cursor:
        page = world.get("/statement", from_="2026-09-01", to="2026-11-30", limit=2, cursor=cursor).body
        items, cursor = items + page["items"], page["next_cursor"]
    assert "c_new" not in [item["id"] for item in items]
    assert money(page["closing_balance"]) == sum(money(item["amount"]) for item in items)
    assert page["closing_balance"] == first["closing_balance"]


def test_a_statement_by_day_shows_each_days_effect_on_the_balance(world: World) -> None:
    some_history(world)
    world.clock.now += timedelta(days=2)
    world.deliver(call_at("c_late", "2026-10-07T10:00"))
    found = world.get("/statement", from_="2026-10-01", to="2026-11-30", by="day").body
    assert set(found) == {"opening_balance", "days", "closing_balance", "as_of"}
    assert found["opening_balance"] == money_text(statement(world, "2026-10-01", "2026-11-30")[0])
    for day in found["days"]:
        assert day["closing_balance"] == money_text(statement(world, day["date"], day["date"])[2])
    moved = {item["date"] for item in statement(world, "2026-10-01", "2026-11-30")[1]}
    assert [day["date"] for day in found["days"]] == sorted(moved)
    assert found["closing_balance"] == found["days"][-1]["closing_balance"] == world.get("/balance").body["balance"]


def test_a_statement_by_day_in_which_nothing_moved_closes_as_it_opened(world: World) -> None:
    some_history(world)
    found = world.get("/statement", from_="2026-11-21", to="2026-11-22", by="day").body
    assert (found["days"], found["opening_balance"]) == ([], found["closing_balance"])
    assert world.get("/statement", from_="2026-11-01", to="2026-11-30", by="week").code == "invalid_query"


def test_a_statement_describes_calls_and_adjustments(world: World) -> None:
    world.deliver({})
    adjustment_id = world.adjust("10.00", "k_1")
    _, [call, adjustment], _ = statement(world, "2026-11-23", "2026-11-23")
    assert call == {
        "id": "c_1",
        "at": "2026-11-23T10:00:00.000Z",
        "date": "2026-11-23",
        "kind": "call_charged",
        "category": "outbound_international_call",
        "amount": "-0.30",
        "description": f"Outbound International Call to United Kingdom, {EVENT['to']}",
        "recorded_at": "2026-11-23T12:00:00.000Z",
        "debit": "customer_credit",
        "credit": "call_revenue",
        "line_id": "line_1",
        "user_id": "user_1",
        "billed_seconds": 180,
    }
    assert adjustment["id"] == adjustment_id
    assert (adjustment["kind"], adjustment["amount"], adjustment["description"]) == (
        "balance_adjusted",
        "10.00",
        "Adjustment: test",
    )
    assert (adjustment["debit"], adjustment["credit"]) == ("operator_adjustments", "customer_credit")


def test_a_statement_describes_payments_by_hand_and_automatic_ones(till: Till) -> None:
    paid = till.paid("25.00", till.card())
    till.later(minutes=1)
    till.paid("30.00", till.card(DECLINED))
    till.set_rule(till.card(MASTERCARD), threshold="30.00")
    till.stream()
    opening, [by_hand, automatic], closing = statement(till.world, "2026-11-23", "2026-11-23")
    assert (opening, closing) == (money("0.00"), money("75.00"))
    assert by_hand == {
        "id": paid["id"],
        "at": "2026-11-23T12:00:00.000Z",
        "date": "2026-11-23",
        "kind": "top_up_paid",
        "category": "top_up",
        "amount": "25.00",
        "description": "Top-up, Visa ending 4242",
        "recorded_at": "2026-11-23T12:00:00.000Z",
        "debit": "card_payments",
        "credit": "customer_credit",
    }
    assert (automatic["kind"], automatic["category"], automatic["amount"], automatic["description"]) == (
        "top_up_paid",
        "top_up",
        "50.00",
        "Automatic recharge, Mastercard ending 4444",
    )
    assert till.top_up(automatic["id"])["kind"] == "automatic"


def test_a_payment_stands_on_the_day_it_was_made_whenever_it_was_settled(till: Till) -> None:
    shown = till.paid("25.00", till.card(CHALLENGED))
    till.later(hours=23)
    till.challenge(shown["id"])
    till.call_all_back()
    _, [item], _ = statement(till.world, "2026-11-23", "2026-11-23")
    assert (item["at"], item["recorded_at"]) == ("2026-11-23T12:00:00.000Z", "2026-11-24T11:00:00.000Z")


def test_a_statement_of_days_to_come_opens_and_closes_at_the_balance(world: World) -> None:
    some_history(world)
    opening, items, closing = statement(world, "2030-01-01", "2030-01-31")
    assert (opening, items, closing) == (money("4.40"), [], money("4.40"))


def test_a_statement_before_anything_happened_is_zero(world: World) -> None:
    some_history(world)
    assert statement(world, "2020-01-01", "2020-12-31") == NOTHING


def test_an_unrated_call_moves_nothing_on_the_statement(world: World) -> None:
    world.deliver({"to": UNCOVERED})
    assert statement(world, "2026-11-01", "2026-11-30") == NOTHING
