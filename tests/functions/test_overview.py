"""The Billing view's parts in one answer: those of the routes that show each part, in at most eight requests."""

from datetime import timedelta
from typing import Any

import pytest

from calling_credit.errors import ProblemCode, Unavailable
from tests.harness.cards import DECLINED, MASTERCARD
from tests.harness.http import MEMBER
from tests.harness.recharging import talk
from tests.harness.till import Till
from tests.harness.wire import Wire
from tests.harness.world import PREMIUM, World

pytestmark = pytest.mark.dynamodb
MAX_REQUESTS = 8
NOT_OF_THE_RULE = {"daily_limit", "message", "payment_method"}


def overview(world: World, **claims: Any) -> Any:
    """The overview, read in at most eight requests."""
    with world.recorded("list_usage") as requests:
        answer = world.ask("list_usage", "GET", "/overview", **claims)
    assert answer.status == 200, answer.text
    assert len(requests) <= MAX_REQUESTS, requests
    return answer.body


def require_same_as_other_routes(world: World) -> None:
    """Require that the overview shows what the routes of its parts answer at the same moment."""
    found = overview(world)
    balance, forecast = world.get("/balance").body, world.get("/forecast").body
    first = (world.clock.now - timedelta(days=29)).date().isoformat()
    statement = world.get("/statement", from_=first, to=world.clock.now.date().isoformat(), by="day").body
    rule = found["auto_recharge"]
    assert {name: value for name, value in rule.items() if name not in NOT_OF_THE_RULE} == balance.pop("auto_recharge")
    whole = world.ask("change_settings", "GET", "/auto-recharge").body
    assert {name: rule[name] for name in NOT_OF_THE_RULE} == {name: whole[name] for name in NOT_OF_THE_RULE}
    balance.pop("updated_at")
    assert {name: found[name] for name in balance} == balance
    assert found["forecast"] == forecast
    assert found["statement"] == {name: statement[name] for name in ("opening_balance", "days")}
    assert found["as_of"] == statement["as_of"]


def spend(till: Till) -> None:
    """An opening of 40 days ago, and two premium minutes on each of the last eight days."""
    start = till.world.clock.now
    till.world.clock.now = start - timedelta(days=40)
    till.world.adjust("152.00", "opening")
    for days in range(8, -1, -1):
        till.world.clock.now = start - timedelta(days=days)
        talk(till)
    till.world.clock.now = start


def test_the_overview_has_exactly_the_documented_parts(world: World) -> None:
    assert overview(world) == {
        "account_id": "acct_1",
        "name": None,
        "currency": "USD",
        "time_zone": "UTC",
        "status": "open",
        "frozen": False,
        "as_of": "2026-11-23T12:00:00.000Z",
        "balance": "0.00",
        "held": "0.00",
        "available": "0.00",
        "calls_in_progress": 0,
        "auto_recharge": {
            "enabled": False,
            "threshold": None,
            "amount": None,
            "status": "disabled",
            "reason": None,
            "next_attempt_at": None,
            "daily_limit": "200.00",
            "message": None,
            "payment_method": None,
        },
        "forecast": {
            "daily_spend": None,
            "lasts_until": None,
            "basis_days": 1,
            "destinations": [],
            "recharges": False,
        },
        "included_minutes": [],
        "expiring": [],
        "tax": None,
        "statement": {"opening_balance": "0.00", "days": []},
        "lines": {"total": 1, "enabled": 1},
        "amount_needed": None,
        "billing_contacts": [],
        "language": None,
    }


@pytest.mark.parametrize("rule", ["without a rule", "with a rule", "with a declined card"])
def test_the_overview_shows_what_the_routes_of_its_parts_show(till: Till, rule: str) -> None:
    spend(till)
    if rule != "without a rule":
        till.set_rule(till.card(DECLINED if "declined" in rule else MASTERCARD), threshold="120.00", amount="50.00")
        till.stream()
    require_same_as_other_routes(till.world)
    till.world.operate("PUT", "/accounts/acct_1", {"time_zone": "Pacific/Auckland"})
    till.world.operate("PUT", "/accounts/acct_1", {"frozen": True})
    found = overview(till.world)
    assert found["frozen"] is True
    assert found["forecast"]["recharges"] is False


def test_calls_in_progress_hold_credit(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1", {"admission": True})
    world.adjust("25.00", "k_1")
    assert world.authorize("c_held").body["decision"] == "allow"
    found = overview(world)
    assert (found["calls_in_progress"], found["balance"]) == (1, "25.00")
    assert found["available"] < found["balance"]
    require_same_as_other_routes(world)


@pytest.mark.parametrize(
    ("balance", "needed"),
    [("0.01", None), ("0.00", None), ("-0.0001", "0.01"), ("-3.10", "3.10"), ("-3.1001", "3.11")],
)
def test_below_zero_the_needed_amount_is_in_whole_cents(world: World, balance: str, needed: str | None) -> None:
    if balance != "0.00":
        world.adjust(balance, "k_1")
    assert overview(world)["amount_needed"] == needed


@pytest.mark.parametrize("balance", ["-1.00", "0.00"])
def test_no_day_is_promised_without_credit(till: Till, balance: str) -> None:
    spend(till)
    left = till.world.get("/balance").body["available"]
    till.world.adjust(f"-{left}", "k_zero")
    if balance != "0.00":
        till.world.adjust(balance, "k_below")
    assert overview(till.world)["forecast"]["lasts_until"] is None
    assert till.world.get("/forecast").body["lasts_until"] is None
    assert till.world.get("/forecast").body["daily_spend"] is not None


@pytest.mark.parametrize(
    ("rule", "recharges"),
    [
        ({}, True),
        ({"threshold": "0.00"}, False),
        ({"daily_limit": "50.00"}, True),
        ({"amount": "5.00", "daily_limit": "5.00", "monthly_limit": "500.00"}, True),
        ({"amount": "5.00", "monthly_limit": "100.00"}, False),
        ({"enabled": False}, False),
    ],
)
def test_a_rule_that_keeps_up_lets_the_balance_last(till: Till, rule: dict[str, Any], recharges: bool) -> None:
    spend(till)
    till.set_rule(till.card(MASTERCARD), **{"threshold": "20.00", "amount": "50.00"} | rule)
    forecast = overview(till.world)["forecast"]
    assert forecast["daily_spend"] == "4.50"
    assert (forecast["recharges"], forecast["lasts_until"] is None) == (recharges, recharges)
    assert till.world.get("/forecast").body == forecast


def test_lines_are_counted_by_whether_they_may_call_abroad(world: World) -> None:
    for number in range(60):
        line = {"number": f"+1415555{2000 + number}", "user_id": "user_1", "international_calling": number % 3 == 0}
        assert world.operate("PUT", f"/accounts/acct_1/lines/line_n{number}", line).status == 201
    assert overview(world)["lines"] == {"total": 61, "enabled": 21}


def test_the_language_is_that_of_the_callers_own_address(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1", {"billing_emails": ["Ana@example.com", "bob@example.com"]})
    world.stack.dynamodb.update_item(
        TableName=world.stack.table_name,
        Key={"PK": {"S": "ACCOUNT#acct_1"}, "SK": {"S": "ACCOUNT"}},
        UpdateExpression="SET languages = :languages",
        ExpressionAttributeValues={":languages": {"M": {"Ana@example.com": {"S": "fr"}}}},
    )
    found = overview(world, email="ana@Example.com", **MEMBER)
    assert found["language"] == "fr"
    assert found["billing_contacts"] == ["Ana@example.com", "bob@example.com"]
    assert overview(world, email="bob@example.com")["language"] == "en"
    for stranger in ("eve@example.com", "", None):
        assert overview(world, email=stranger)["language"] is None


def test_an_overview_is_of_the_callers_own_account(world: World) -> None:
    world.create_account("acct_2")
    world.adjust("5.00", "k_1")
    assert overview(world, **{"custom:account_id": "acct_2"})["balance"] == "0.00"
    assert world.get("/overview", account="acct_none").code == "unknown_account"


def test_a_posting_between_two_reads_moves_no_opening_balance(till: Till, wire: Wire) -> None:
    """The days and the balance are read again, still within the eight requests."""
    spend(till)
    found = overview(till.world)
    posted = False

    def post(sent: Any, passed: Any) -> Any:
        nonlocal posted
        answer = passed()
        if not posted and sent.operation == "BatchGetItem":
            posted = True
            till.world.deliver({"call_id": "c_between", "to": PREMIUM})
        return answer

    wire.interfere = post
    after = overview(till.world)
    wire.interfere = None
    assert after["statement"]["opening_balance"] == found["statement"]["opening_balance"] == "152.00"
    assert after["statement"]["days"][-1]["closing_balance"] == after["balance"] != found["balance"]


def test_without_a_loaded_deck_only_the_destinations_are_missing(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    spend(till)
    before = overview(till.world)
    assert before["forecast"]["destinations"]

    def not_yet(*_: Any) -> None:
        raise Unavailable(ProblemCode.TRY_AGAIN, "The deck is being loaded.")

    monkeypatch.setattr(till.world.stack.apps["list_usage"].decks, "in_force", not_yet)
    assert overview(till.world) == before | {"forecast": before["forecast"] | {"destinations": []}}
