"""What customers read: balance, usage, details, statement and lines of their own account, and the public price list."""

import csv
import io
import json
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import boto3
import pytest

from calling_credit.money import format_money
from tests.domain.examples import EVENT, NOW, deck_csv
from tests.harness.cards import CHALLENGED, DECLINED, MASTERCARD, VISA
from tests.harness.http import http_event
from tests.harness.table import sample_event
from tests.harness.till import Till
from tests.harness.world import INCLUDED, JAPAN, MOBILE, PREMIUM, UNCOVERED, World

pytestmark = pytest.mark.dynamodb
MONTH = {"from_": "2026-11-01", "to": "2026-11-30"}
INTERNATIONAL = "/usage/outbound_international_call"
NOTHING: tuple[Decimal, list[dict[str, Any]], Decimal] = (Decimal(0), [], Decimal(0))
READS = ["/balance", "/usage", INTERNATIONAL, "/statement", "/lines"]


def call_at(call_id: str, started_at: str, **changes: Any) -> dict[str, Any]:
    """A call of no seconds' setup that lasted one minute."""
    day, hour, rest = started_at[:11], int(started_at[11:13]), started_at[13:16]
    ended = f"{day}{hour:02d}{rest}:59Z"
    times = {"started_at": f"{started_at[:16]}:00Z", "answered_at": f"{started_at[:16]}:00Z", "ended_at": ended}
    return {"call_id": call_id, **times, "duration_seconds": 59, **changes}


def money(text: str) -> Decimal:
    """A decimal string as a number."""
    return Decimal(text)


# --- Balance ----------------------------------------------------------------------------------------------------------


def test_the_balance_has_exactly_the_documented_shape(world: World) -> None:
    world.adjust("25.00", "k_1")
    world.clock.now += timedelta(minutes=1)
    world.deliver({})
    answer = world.get("/balance")
    assert answer.status == 200
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.body == {
        "account_id": "acct_1",
        "currency": "USD",
        "time_zone": "UTC",
        "balance": "24.70",
        "held": "0.00",
        "available": "24.70",
        "auto_recharge": {
            "enabled": False,
            "threshold": None,
            "amount": None,
            "status": "disabled",
            "reason": None,
            "next_attempt_at": None,
        },
        "updated_at": "2026-11-23T12:01:00.000Z",
    }


def test_the_balance_shows_the_recharge_rule_and_why_it_waits(till: Till) -> None:
    card = till.card(DECLINED)
    till.set_rule(card, threshold="10.00", amount="50.00")
    rule = {"enabled": True, "threshold": "10.00", "amount": "50.00"}
    active = {"status": "active", "reason": None, "next_attempt_at": None}
    assert till.world.get("/balance").body["auto_recharge"] == rule | active
    till.stream()
    waits = {"status": "paused", "reason": "backing_off", "next_attempt_at": "2026-11-23T13:00:00.000Z"}
    assert till.world.get("/balance").body["auto_recharge"] == rule | waits
    till.set_rule(till.card(VISA))
    till.stream()
    shown = till.world.get("/balance").body
    assert (shown["balance"], shown["available"], shown["auto_recharge"]) == ("50.00", "50.00", rule | active)
    till.rule(enabled=False)
    assert till.world.get("/balance").body["auto_recharge"] == rule | {
        "enabled": False,
        "status": "disabled",
        "reason": None,
        "next_attempt_at": None,
    }


def test_a_balance_below_zero_has_a_sign(world: World) -> None:
    world.deliver({})
    assert world.get("/balance").body["balance"] == "-0.30"


# --- Usage ------------------------------------------------------------------------------------------------------------


def test_the_sample_request_is_answered_with_the_months_usage(world: World) -> None:
    world.create_account("acct_meridian")
    world.deliver({"account_id": "acct_meridian"})
    answer = world.invoke("list_usage", sample_event("list_usage"))
    assert answer.status == 200
    assert answer.body == {
        "currency": "USD",
        "total": "0.30",
        "categories": [
            {
                "category": "outbound_international_call",
                "label": "Outbound International Call",
                "calls": 1,
                "billed_seconds": 180,
                "total": "0.30",
            }
        ],
        "days": [{"date": "2026-11-23", "total": "0.30"}],
    }


def test_usage_adds_up_calls_by_category_and_day_and_leaves_payments_out(world: World) -> None:
    world.adjust("25.00", "k_1")
    world.deliver(
        call_at("c_1", "2026-11-01T00:00"),
        call_at("c_2", "2026-11-01T23:59"),
        call_at("c_3", "2026-11-22T10:00", to=PREMIUM),
        call_at("c_4", "2026-11-22T11:00", to=JAPAN),
        call_at("c_5", "2026-11-22T12:00", to=INCLUDED),
        call_at("c_6", "2026-10-31T23:59"),
    )
    usage = world.get("/usage", **MONTH).body
    assert usage["days"] == [{"date": "2026-11-01", "total": "0.20"}, {"date": "2026-11-22", "total": "2.5123"}]
    assert [(row["category"], row["calls"], row["billed_seconds"], row["total"]) for row in usage["categories"]] == [
        ("outbound_international_call", 3, 180, "0.2123"),
        ("outbound_premium_call", 1, 60, "2.50"),
    ]
    assert usage["total"] == "2.7123"


def test_usage_without_dates_is_this_month_so_far_in_the_accounts_zone(world: World) -> None:
    world.create_account("acct_k", time_zone="Pacific/Kiritimati")
    world.clock.now = NOW.replace(month=12, day=1, hour=0) - timedelta(hours=13)
    world.deliver(
        {**call_at("c_1", "2026-11-30T09:59"), "account_id": "acct_k"},
        {**call_at("c_2", "2026-11-30T10:00"), "account_id": "acct_k"},
    )
    assert world.get("/usage", account="acct_k").body["days"] == [{"date": "2026-12-01", "total": "0.10"}]


def test_usage_of_days_to_come_is_empty_and_allowed(world: World) -> None:
    assert world.get("/usage", from_="2030-01-01", to="2030-12-31").body == {
        "currency": "USD",
        "total": "0.00",
        "categories": [],
        "days": [],
    }


def test_a_category_of_the_operators_own_is_shown_title_cased(world: World) -> None:
    world.stack.publish(deck_csv({"category": "satellite_call"}), "deck-2")
    world.deliver({})
    assert [row["label"] for row in world.get("/usage", **MONTH).body["categories"]] == ["Satellite Call"]


def test_paid_top_ups_are_not_usage(till: Till) -> None:
    till.paid("25.00", till.card())
    till.world.deliver({})
    usage = till.world.get("/usage", **MONTH).body
    assert (usage["total"], usage["days"]) == ("0.30", [{"date": "2026-11-23", "total": "0.30"}])
    assert [row["category"] for row in usage["categories"]] == ["outbound_international_call"]
    assert till.world.get("/balance").body["balance"] == "24.70"


# --- Details ----------------------------------------------------------------------------------------------------------


def test_details_list_each_call_newest_first_with_what_explains_its_price(world: World) -> None:
    world.deliver(
        {}, call_at("c_0", "2026-11-22T10:00", user_id="user_x"), call_at("c_p", "2026-11-22T10:00", to=PREMIUM)
    )
    body = world.get(INTERNATIONAL, **MONTH).body
    assert body["next_cursor"] is None
    assert [item["call_id"] for item in body["items"]] == ["c_1", "c_0"]
    assert body["items"][0] == {
        "call_id": "c_1",
        "started_at": "2026-11-23T10:00:00.000Z",
        "to": EVENT["to"],
        "destination": "United Kingdom",
        "country": "GB",
        "duration_seconds": 125,
        "billed_seconds": 180,
        "rate_per_minute": "0.10",
        "connection_fee": "0.00",
        "price": "0.30",
        "user": {"id": "user_1", "name": "Ada"},
        "rate_deck": "deck-1",
    }
    assert body["items"][1]["user"] == {"id": "user_x", "name": None}


def test_details_of_one_user_are_that_users_alone(world: World) -> None:
    world.deliver({}, {"call_id": "c_2", "user_id": "user_2"})
    items = world.get(INTERNATIONAL, **MONTH, user_id="user_2").body["items"]
    assert [item["call_id"] for item in items] == ["c_2"]
    assert world.get(INTERNATIONAL, **MONTH, user_id="user_9").body["items"] == []


def test_details_of_a_category_without_calls_are_an_empty_list(world: World) -> None:
    assert world.get("/usage/satellite_call", **MONTH).body == {"items": [], "next_cursor": None}


def test_details_stand_on_the_local_dates_of_the_account(world: World) -> None:
    world.create_account("acct_ny", time_zone="America/New_York")
    moments = {
        "c_1": "2026-11-01T03:59",
        "c_2": "2026-11-01T04:00",
        "c_3": "2026-11-02T04:59",
        "c_4": "2026-11-02T05:00",
    }
    world.deliver(*({**call_at(name, moment), "account_id": "acct_ny"} for name, moment in moments.items()))
    body = world.get(INTERNATIONAL, account="acct_ny", from_="2026-11-01", to="2026-11-01").body
    assert [item["call_id"] for item in body["items"]] == ["c_3", "c_2"]


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 7, 200])
def test_the_pages_of_details_together_are_the_list(world: World, limit: int) -> None:
    world.deliver(*({"call_id": f"c_{number}", "to": JAPAN if number % 3 else PREMIUM} for number in range(10)))
    pages = list(world.pages(INTERNATIONAL, **MONTH, limit=limit))
    assert all(len(page["items"]) <= limit for page in pages)
    listed = [item["call_id"] for page in pages for item in page["items"]]
    assert sorted(listed) == sorted(f"c_{number}" for number in range(10) if number % 3)


def test_a_call_posted_while_paging_is_neither_skipped_nor_listed_twice(world: World) -> None:
    world.deliver(*({**call_at(f"c_{hour}", f"2026-11-22T{hour:02d}:00")} for hour in range(4)))
    first = world.get(INTERNATIONAL, **MONTH, limit=2).body
    world.deliver(call_at("c_new", "2026-11-22T09:00"), call_at("c_old", "2026-11-21T09:00"))
    second = world.get(INTERNATIONAL, **MONTH, limit=200, cursor=first["next_cursor"]).body
    assert [item["call_id"] for item in first["items"] + second["items"]] == ["c_3", "c_2", "c_1", "c_0", "c_old"]


def test_details_as_csv_have_every_column_and_page_with_a_header(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1/users/user_1", {"name": '=HYPERLINK("http://x")'})
    world.deliver(*({**call_at(f"c_{hour}", f"2026-11-22T{hour:02d}:00")} for hour in range(5)))
    rows: list[dict[str, str]] = []
    cursor = None
    for _ in range(3):
        answer = world.get(INTERNATIONAL, accept="text/csv", **MONTH, limit=2, cursor=cursor)
        assert (answer.status, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8")
        rows += csv.DictReader(io.StringIO(answer.text, newline=""))
        cursor = answer.headers.get("x-next-cursor")
    assert cursor is None
    assert [row["call_id"] for row in rows] == ["c_4", "c_3", "c_2", "c_1", "c_0"]
    assert rows[0] == {
        "call_id": "c_4",
        "started_at": "2026-11-22T04:00:00.000Z",
        "to": EVENT["to"],
        "destination": "United Kingdom",
        "country": "GB",
        "duration_seconds": "59",
        "billed_seconds": "60",
        "rate_per_minute": "0.10",
        "connection_fee": "0.00",
        "price": "0.10",
        "user_id": "user_1",
        "user_name": '\'=HYPERLINK("http://x")',
        "rate_deck": "deck-1",
    }


def test_csv_pages_hold_up_to_10_000_rows_and_json_pages_200(world: World) -> None:
    assert world.get(INTERNATIONAL, accept="text/csv", **MONTH, limit=10_000).status == 200
    assert world.get(INTERNATIONAL, accept="text/csv", **MONTH, limit=10_001).code == "invalid_limit"
    assert world.get(INTERNATIONAL, **MONTH, limit=201).code == "invalid_limit"


# --- Statement --------------------------------------------------------------------------------------------------------


def statement(world: World, first: str, last: str, limit: int = 50) -> tuple[Decimal, list[dict[str, Any]], Decimal]:
    """Opening, every item, and closing of the last page; the laws of a statement checked on the way."""
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
    """An amount as the API writes it."""
    return format_money(int(amount * 1_000_000))


def some_history(world: World) -> None:
    """Two adjustments and calls of three months, one of them late."""
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


# --- Rates ------------------------------------------------------------------------------------------------------------


def public_rates(world: World, **query: str) -> Any:
    """What anyone is told of prices, without any token."""
    event = http_event("list_usage", "GET", "/rates")
    del event["requestContext"]["authorizer"]
    event["queryStringParameters"] = {name.rstrip("_"): value for name, value in query.items()}
    return world.invoke("list_usage", event)


def test_any_visitor_can_read_present_and_later_prices_of_a_number(world: World) -> None:
    rows = [{"rate_per_minute": "0.020001"}, {"rate_per_minute": "0.03", "effective_from": "2027-01-01"}]
    world.stack.publish(deck_csv(*rows), "deck-2")
    answer = public_rates(world, number="+442071838750")
    assert answer.status == 200
    assert answer.body["next_cursor"] is None
    assert answer.body["items"][0] == {
        "destination": "United Kingdom",
        "country": "GB",
        "prefix": "44",
        "rate_per_minute": "0.020001",
        "connection_fee": "0.00",
        "minimum_seconds": 60,
        "increment_seconds": 60,
        "effective_from": "2020-01-01T00:00:00.000Z",
        "included": False,
    }
    assert [item["rate_per_minute"] for item in answer.body["items"]] == ["0.020001", "0.03"]


def test_the_first_price_of_a_number_is_the_charged_one(world: World) -> None:
    for number in (EVENT["to"], MOBILE, JAPAN, PREMIUM):
        [item] = public_rates(world, number=number).body["items"]
        world.deliver({"call_id": f"c_{number}", "to": number})
        charged = next(entry for entry in world.entries() if entry["to"] == number)
        assert (item["prefix"], item["destination"]) == (charged["prefix"], charged["destination"])
        assert money(item["rate_per_minute"]) == money(str(charged["rate_micros_per_minute"])).scaleb(-6)


def test_an_included_number_is_free_and_an_unpriced_one_has_no_items(world: World) -> None:
    [item] = public_rates(world, number=INCLUDED).body["items"]
    assert (item["included"], item["rate_per_minute"]) == (True, "0.00")
    assert public_rates(world, number=UNCOVERED).body == {"items": [], "next_cursor": None}


def test_prices_that_depend_on_the_caller_are_listed_for_that_caller(world: World) -> None:
    world.stack.publish(deck_csv({}, {"origin": "CA", "rate_per_minute": "0.07"}), "deck-2")
    assert public_rates(world, number=EVENT["to"], from_="+14165550100").body["items"][0]["rate_per_minute"] == "0.07"
    assert public_rates(world, number=EVENT["to"], from_="14155550100").body["items"][0]["rate_per_minute"] == "0.02"
    [listed] = public_rates(world, country="GB", from_="+14165550100").body["items"]
    assert listed["rate_per_minute"] == "0.07"


@pytest.mark.parametrize(("begins", "prices"), [("2020-01-01", ["0.07"]), ("2027-06-01", ["0.02", "0.03", "0.07"])])
def test_only_prices_that_apply_to_the_caller_are_listed(world: World, begins: str, prices: list[str]) -> None:
    later = {"effective_from": "2027-01-01", "rate_per_minute": "0.03"}
    own = {"origin": "CA", "effective_from": begins, "rate_per_minute": "0.07"}
    after = {"effective_from": "2028-01-01", "rate_per_minute": "0.04"}
    world.stack.publish(deck_csv({}, later, own, after), "deck-2")
    listed = public_rates(world, country="GB", from_="+14165550100").body["items"]
    assert [item["rate_per_minute"] for item in listed] == prices
    assert len(public_rates(world, country="GB", from_="+14155550100").body["items"]) == 3


def test_a_country_is_listed_page_by_page(world: World) -> None:
    first = public_rates(world, country="GB", limit="1").body
    second = public_rates(world, country="GB", limit="1", cursor=first["next_cursor"]).body
    assert [item["prefix"] for item in first["items"] + second["items"]] == ["44", "447"]
    assert second["next_cursor"] is None
    assert public_rates(world, country="US", cursor=first["next_cursor"]).code == "invalid_cursor"


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, "invalid_query"),
        ({"number": "+442071838750", "country": "GB"}, "invalid_query"),
        ({"number": "911"}, "invalid_number"),
        ({"number": ""}, "invalid_number"),
        ({"number": "+442071838750", "from_": "911"}, "invalid_number"),
        ({"country": "UK"}, "unknown_country"),
        ({"country": ""}, "unknown_country"),
        ({"country": "GB", "limit": "0"}, "invalid_limit"),
        ({"country": "GB", "cursor": "x"}, "invalid_cursor"),
    ],
    ids=str,
)
def test_a_question_about_prices_that_cannot_be_answered_is_422(world: World, query: dict[str, str], code: str) -> None:
    answer = public_rates(world, **query)
    assert (answer.status, answer.code) == (422, code)


def test_before_a_deck_is_published_prices_are_unavailable(world: World) -> None:
    boto3.client("s3").delete_object(Bucket="calling-credit-test-decks", Key="active.json")
    world.stack.forget()
    answer = public_rates(world, number=EVENT["to"])
    assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "no_active_deck", "60")
    assert world.get("/balance").status == 200


# --- Lines ------------------------------------------------------------------------------------------------------------


def test_lines_are_listed_with_their_users_page_by_page(world: World) -> None:
    for number in range(2, 8):
        line = {"number": f"+1415555010{number}", "user_id": f"user_{number % 2}"}
        assert world.operate("PUT", f"/accounts/acct_1/lines/line_{number}", line).status == 201
    for limit in (1, 3, 7, 200):
        pages = list(world.pages("/lines", limit=limit))
        assert [item["line_id"] for page in pages for item in page["items"]] == [f"line_{n}" for n in range(1, 8)]
        assert all(len(page["items"]) <= limit for page in pages)
    [page] = world.pages("/lines")
    assert page["items"][0] == {
        "line_id": "line_1",
        "number": "+14155550100",
        "user": {"id": "user_1", "name": "Ada"},
        "international_calling": True,
    }
    assert page["items"][1]["user"] == {"id": "user_0", "name": None}


# --- Who may read what ------------------------------------------------------------------------------------------------


def with_claims(world: World, path: str, **claims: Any) -> Any:
    """A read with other claims in the token."""
    return world.invoke("list_usage", http_event("list_usage", "GET", path, claims=claims))


NOBODY: list[tuple[dict[str, Any], str]] = [
    ({"token_use": "access"}, "id_token_required"),
    ({"token_use": None}, "id_token_required"),
    ({"custom:account_id": None}, "account_missing"),
    ({"custom:account_id": ""}, "account_missing"),
]


@pytest.mark.parametrize("path", READS)
def test_an_access_token_or_a_user_of_no_account_reads_nothing(world: World, path: str) -> None:
    for claims, code in NOBODY:
        answer = with_claims(world, path, **claims)
        assert (answer.status, answer.code) == (403, code), claims


@pytest.mark.parametrize("path", READS)
def test_a_user_of_a_missing_account_receives_404(world: World, path: str) -> None:
    answer = world.get(path, account="acct_x")
    assert (answer.status, answer.code) == (404, "unknown_account")


@pytest.mark.parametrize("path", READS)
def test_any_user_may_read_their_own_account_and_no_query_names_another(world: World, path: str) -> None:
    world.create_account("acct_2")
    world.deliver({}, {"account_id": "acct_2", "call_id": "c_secret", "to": MOBILE})
    own = world.get(path, account_id="acct_2", account="acct_1")
    assert own.status == 200
    assert "acct_2" not in own.text
    assert "c_secret" not in own.text
    assert own.body == world.get(path).body


def test_reading_asks_only_for_the_partition_of_the_account(world: World) -> None:
    world.deliver({})
    with world.recorded("list_usage") as requests:
        for path in READS:
            assert world.get(path).status == 200
    partitions = [
        params["Key"]["PK"]["S"] if name == "GetItem" else params["ExpressionAttributeValues"][":pk"]["S"]
        for name, params in requests
    ]
    assert {name for name, _ in requests} == {"GetItem", "Query"}
    assert set(partitions) == {"ACCOUNT#acct_1"}


def test_reading_writes_nothing(world: World) -> None:
    world.deliver({})
    before = world.stack.items()
    for path in READS:
        world.get(path)
    assert world.stack.items() == before


def test_the_summary_of_a_month_takes_equal_reads_for_any_call_count(world: World) -> None:
    world.deliver({})
    with world.recorded("list_usage") as few:
        world.get("/usage", **MONTH)
    world.deliver(*({"call_id": f"c_{number}"} for number in range(60)))
    with world.recorded("list_usage") as many:
        world.get("/usage", **MONTH)
    assert [name for name, _ in few] == [name for name, _ in many] == ["GetItem", "Query"]


# --- What is refused --------------------------------------------------------------------------------------------------


NO_PERIOD = [
    ({"from_": "2026-11-30", "to": "2026-11-01"}, "invalid_date_range"),
    ({"from_": "2010-01-01", "to": "2026-11-01"}, "invalid_date_range"),
    ({"from_": "2026-02-30"}, "invalid_date"),
    ({"to": "tomorrow"}, "invalid_date"),
    ({"from_": ""}, "invalid_date"),
    ({"from_": "2026-11-01,2026-11-02"}, "invalid_date"),
]


@pytest.mark.parametrize("path", ["/usage", INTERNATIONAL, "/statement"])
def test_dates_that_form_no_period_are_422(world: World, path: str) -> None:
    for query, code in NO_PERIOD:
        answer = world.get(path, **query)
        assert (answer.status, answer.code) == (422, code), query


@pytest.mark.parametrize("path", [INTERNATIONAL, "/statement", "/lines"])
def test_an_invalid_limit_is_422(world: World, path: str) -> None:
    for limit in ("0", "-1", "201", "1.5", "x", "", "9" * 30, "\u0661"):
        answer = world.get(path, limit=limit)
        assert (answer.status, answer.code) == (422, "invalid_limit"), limit


@pytest.mark.parametrize("category", ["adjustment", "top_up", "Adjustment", "x", "a-b", "a%23b"])
def test_an_invalid_category_is_404(world: World, category: str) -> None:
    answer = world.get(f"/usage/{category}", **MONTH)
    assert (answer.status, answer.code) == (404, "unknown_category")


def test_an_edited_cursor_or_one_of_another_list_or_account_is_refused(world: World) -> None:
    world.create_account("acct_2")
    for account in ("acct_1", "acct_2"):
        world.deliver(*({"account_id": account, "call_id": f"c_{number}"} for number in range(3)))
    cursor = world.get(INTERNATIONAL, **MONTH, limit=1).body["next_cursor"]
    refused = [
        world.get(INTERNATIONAL, **MONTH, limit=1, account="acct_2", cursor=cursor),
        world.get(INTERNATIONAL, from_="2026-11-02", to="2026-11-30", cursor=cursor),
        world.get(INTERNATIONAL, **MONTH, user_id="user_1", cursor=cursor),
        world.get("/usage/outbound_premium_call", **MONTH, cursor=cursor),
        world.get("/statement", **MONTH, cursor=cursor),
        world.get("/lines", cursor=cursor),
        world.get(INTERNATIONAL, **MONTH, cursor=cursor[:-1]),
        world.get(INTERNATIONAL, **MONTH, cursor=cursor.swapcase()),
        world.get(INTERNATIONAL, **MONTH, cursor=""),
    ]
    assert {(answer.status, answer.code) for answer in refused} == {(422, "invalid_cursor")}
    assert world.get(INTERNATIONAL, **MONTH, limit=200, cursor=cursor).status == 200


def test_cursors_and_errors_reveal_nothing(world: World) -> None:
    problem = world.get("/usage", from_="<script>alert(1)</script>")
    assert "script" not in problem.text
    assert set(json.loads(problem.text)) == {"type", "title", "status", "code", "detail"}
