"""A signed-in user reads the prices that the account's own lines pay: shown = quoted = held = charged."""

from typing import Any

import pytest

from tests.domain.examples import deck_csv
from tests.functions.holds_bench import credit
from tests.functions.short_codes_bench import publish_short_codes
from tests.functions.usage_bench import money
from tests.harness.world import INCLUDED, JAPAN, MOBILE, UNCOVERED, UNITED_KINGDOM, World

__all__ = ["credit"]

pytestmark = pytest.mark.dynamodb

CANADA = {"number": "+14165550100", "user_id": "user_1", "international_calling": True}


@pytest.fixture(autouse=True)
def lines_in_two_countries(world: World, credit: None) -> None:
    """Prices that depend on the origin, and a second line in Canada."""
    assert world.operate("PUT", "/accounts/acct_1/lines/line_2", CANADA).status == 201
    rows = [
        {"rate_per_minute": "0.02"},
        {"origin": "CA", "rate_per_minute": "0.07", "connection_fee": "0.01"},
        {"origin": "FR", "rate_per_minute": "0.09"},
        {"prefix": "447", "rate_per_minute": "0.03"},
        {"prefix": "81", "country": "JP", "origin": "US", "rate_per_minute": "0.04"},
        {"prefix": "1415", "country": "US", "rate_per_minute": "0", "category": "included"},
    ]
    world.stack.publish(deck_csv(*rows), "deck-2")


def account_rates(world: World, **query: str) -> list[dict[str, Any]]:
    """The items for the account of the token."""
    answer = world.get("/account/rates", **query)
    assert answer.status == 200, answer.text
    items: list[dict[str, Any]] = answer.body["items"]
    return items


def prices(items: list[dict[str, Any]]) -> list[tuple[str, str]]:
    """Origin and rate of each item."""
    return [(item["origin"], item["rate_per_minute"]) for item in items]


def test_the_prices_of_all_lines_of_the_account_are_shown(world: World) -> None:
    assert prices(account_rates(world, number=UNITED_KINGDOM)) == [("*", "0.02"), ("CA", "0.07")]
    assert prices(account_rates(world, number=MOBILE)) == [("*", "0.03")]
    assert prices(account_rates(world, number=JAPAN)) == [("US", "0.04")]
    assert account_rates(world, number=UNCOVERED) == []
    listed = account_rates(world, country="GB")
    assert prices(listed) == [("*", "0.02"), ("CA", "0.07"), ("*", "0.03")]


def test_the_prices_of_one_line_are_shown(world: World) -> None:
    assert prices(account_rates(world, number=UNITED_KINGDOM, line_id="line_1")) == [("*", "0.02")]
    assert prices(account_rates(world, number=UNITED_KINGDOM, line_id="line_2")) == [("CA", "0.07")]
    assert prices(account_rates(world, country="GB", line_id="line_2")) == [("CA", "0.07"), ("*", "0.03")]
    assert account_rates(world, number=JAPAN, line_id="line_2") == []


@pytest.mark.parametrize("line", ["line_1", "line_2"])
@pytest.mark.parametrize("number", [UNITED_KINGDOM, MOBILE, JAPAN, INCLUDED, "411", "+44 (0)20 7183 8750"])
def test_the_shown_price_is_quoted_held_and_charged(world: World, line: str, number: str) -> None:
    publish_short_codes(world)
    items = account_rates(world, number=number, line_id=line)
    to = UNITED_KINGDOM if "(" in number else number
    quoted = world.authorize(to=to, line_id=line, seconds=60).body
    if not items:
        assert quoted["reason"] == "destination_unrated"
        return
    rate, fee = money(items[0]["rate_per_minute"]), money(items[0]["connection_fee"])
    assert money(quoted["held"]) == rate + fee
    assert money(quoted["rate_per_minute"] or "0.00") == rate
    before = world.balance()
    calling = {"line_1": "+14155550100", "line_2": CANADA["number"]}[line]
    ended = {"duration_seconds": 60, "ended_at": "2026-11-23T10:01:04.000Z"}
    assert world.deliver({"to": to, "line_id": line, "from": calling, **ended}) == []
    assert money(str(before - world.balance())).scaleb(-6) == rate + fee
    assert items[0]["included"] == (rate + fee == 0)


def test_a_number_is_read_as_dialed_at_the_line(world: World) -> None:
    world.operate("PUT", "/accounts/acct_1", {})
    items = account_rates(world, number="011 44 20 7183 8750", line_id="line_2")
    assert prices(items) == [("CA", "0.07")]
    [item] = account_rates(world, number="(415) 555-0199")
    assert item["included"] is True


def test_an_account_without_lines_is_shown_every_origin(world: World) -> None:
    world.operate("PUT", "/accounts/acct_2", {"time_zone": "UTC"})
    answer = world.get("/account/rates", account="acct_2", number=UNITED_KINGDOM)
    assert prices(answer.body["items"]) == [("*", "0.02"), ("CA", "0.07"), ("FR", "0.09")]


@pytest.mark.parametrize("line", ["line_nobody", "line_9"])
def test_a_line_of_another_account_is_not_found(world: World, line: str) -> None:
    world.create_account("acct_2")
    world.operate("PUT", "/accounts/acct_2/lines/line_9", CANADA)
    answer = world.get("/account/rates", number=UNITED_KINGDOM, line_id=line)
    assert (answer.status, answer.code) == (404, "unknown_line")


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, "invalid_query"),
        ({"number": UNITED_KINGDOM, "country": "GB"}, "invalid_query"),
        ({"number": "5550100"}, "invalid_number"),
        ({"country": "UK"}, "unknown_country"),
        ({"country": "GB", "line_id": "a b"}, "invalid_id"),
        ({"country": "GB", "cursor": "x"}, "invalid_cursor"),
    ],
    ids=str,
)
def test_a_question_that_cannot_be_answered_is_422(world: World, query: dict[str, str], code: str) -> None:
    answer = world.get("/account/rates", **query)
    assert (answer.status, answer.code) == (422, code)


def test_a_cursor_of_one_line_does_not_serve_another(world: World) -> None:
    first = world.get("/account/rates", country="GB", line_id="line_2", limit="1").body
    assert [item["prefix"] for item in first["items"]] == ["44"]
    query = {"country": "GB", "limit": "1", "cursor": first["next_cursor"]}
    [second] = world.get("/account/rates", line_id="line_2", **query).body["items"]
    assert second["prefix"] == "447"
    assert world.get("/account/rates", line_id="line_1", **query).code == "invalid_cursor"


def test_popular_and_few_prices_are_those_of_the_accounts_lines(world: World) -> None:
    popular = account_rates(world, popular="1")
    assert {item["country"] for item in popular} == {"GB", "JP"}
    few = account_rates(world, country="GB", rows="3")
    assert few == [item for item in popular if item["country"] == "GB"]
    assert [(*price, item.get("more")) for price, item in zip(prices(few), few, strict=True)] == [
        ("*", "0.02", None),
        ("CA", "0.07", 1),
    ]
    [item] = account_rates(world, country="JP", rows="3", line_id="line_1")
    assert item["rate_per_minute"] == "0.04"
    assert account_rates(world, country="JP", rows="3", line_id="line_2") == []
