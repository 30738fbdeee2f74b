"""Any visitor can read the price of a number or a country."""

from typing import Any

import boto3
import pytest

from calling_credit.api.cursors import write_cursor
from calling_credit.api.price_answers import NO_SECRET
from tests.domain.examples import EVENT, deck_csv
from tests.functions.short_codes_bench import publish_short_codes
from tests.functions.usage_bench import money
from tests.harness.http import http_event
from tests.harness.world import INCLUDED, JAPAN, MOBILE, PREMIUM, UNCOVERED, World

pytestmark = pytest.mark.dynamodb


def public_rates(world: World, **query: str) -> Any:
    """The prices that a visitor reads without a token."""
    event = http_event("public_rates", "GET", "/rates", signed_in=False)
    event["queryStringParameters"] = {name.rstrip("_"): value for name, value in query.items()}
    return world.invoke("public_rates", event)


def test_any_visitor_can_read_present_and_later_prices_of_a_number(world: World) -> None:
    rows = [{"rate_per_minute": "0.020001"}, {"rate_per_minute": "0.03", "effective_from": "2027-01-01"}]
    world.stack.publish(deck_csv(*rows), "deck-2")
    answer = public_rates(world, number="+442071838750")
    assert answer.status == 200
    assert answer.body["next_cursor"] is None
    assert answer.body["items"][0] == {
        "destination": "United Kingdom",
        "country": "GB",
        "origin": "*",
        "prefix": "44",
        "rate_per_minute": "0.020001",
        "connection_fee": "0.00",
        "minimum_seconds": 60,
        "increment_seconds": 60,
        "effective_from": "2020-01-01T00:00:00.000Z",
        "included": False,
        "changes_at": "2027-01-01T00:00:00.000Z",
        "next_rate_per_minute": "0.03",
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


def test_each_origin_with_another_price_is_shown_to_any_visitor(world: World) -> None:
    later = {"origin": "CA", "rate_per_minute": "0.09", "effective_from": "2027-01-01"}
    same = {"prefix": "447", "rate_per_minute": "0.03"}
    world.stack.publish(deck_csv({}, {"origin": "CA", "rate_per_minute": "0.07"}, later, same), "deck-2")
    shown = [
        (item["origin"], item["rate_per_minute"]) for item in public_rates(world, number=EVENT["to"]).body["items"]
    ]
    assert shown == [("*", "0.02"), ("CA", "0.07"), ("CA", "0.09")]
    assert [item["origin"] for item in public_rates(world, number=MOBILE).body["items"]] == ["*"]
    listed = public_rates(world, country="GB").body["items"]
    assert [(item["prefix"], item["origin"]) for item in listed] == [
        ("44", "*"),
        ("44", "CA"),
        ("44", "CA"),
        ("447", "*"),
    ]


def test_a_destination_priced_for_one_origin_only_is_shown_for_it(world: World) -> None:
    world.stack.publish(deck_csv({"origin": "CA"}), "deck-2")
    assert [item["origin"] for item in public_rates(world, number=EVENT["to"]).body["items"]] == ["CA"]
    assert public_rates(world, number=EVENT["to"], from_="+14155550100").body["items"] == []


@pytest.mark.parametrize(
    "number",
    [
        "+44 (0)20 7183 8750",
        " 44 20 7183 8750",
        " 442071838750",
        "442071838750",
        "011 44 20 7183 8750",
        "00 44 20 7183 8750",
        "+4402071838750",
        "+44\u00a020\u00a07183\u00a08750",
        "+44.20.7183.8750",
        "(+44) 20\u20117183\u20118750",
        "tel:+44-20-7183-8750",
        "(011) 44-20-7183-8750",
        "0044/20/71838750",
    ],
)
def test_a_number_is_understood_as_people_type_it(world: World, number: str) -> None:
    assert public_rates(world, number=number).body == public_rates(world, number="+442071838750").body


@pytest.mark.parametrize("number", ["(415) 555-0199", "4155550199", " 4155550199", "1 415 555 0199", "+1 415 555 0199"])
def test_a_domestic_number_is_not_priced_as_one_abroad(world: World, number: str) -> None:
    """Without its country code, a number of New York once showed Morocco's price."""
    row = {"prefix": "415", "country": "CH", "destination": "Switzerland"}
    included = {"prefix": "1415", "country": "US", "rate_per_minute": "0", "category": "included"}
    world.stack.publish(deck_csv(row, included), "deck-2")
    [item] = public_rates(world, number=number).body["items"]
    assert (item["prefix"], item["included"]) == ("1415", True)


@pytest.mark.parametrize("number", ["911", "+911", " 911", "+1911", "+44999"])
def test_an_emergency_number_is_shown_as_free(world: World, number: str) -> None:
    [item] = public_rates(world, number=number).body["items"]
    assert (item["destination"], item["included"], item["rate_per_minute"]) == ("Emergency call", True, "0.00")


def test_a_short_code_is_shown_with_its_own_price(world: World) -> None:
    publish_short_codes(world)
    items = public_rates(world, number="411").body["items"]
    assert [(item["origin"], item["connection_fee"]) for item in items] == [("*", "0.00"), ("US", "1.50")]
    [item] = public_rates(world, number="411", from_="+14155550100").body["items"]
    assert (item["origin"], item["connection_fee"]) == ("US", "1.50")


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
        ({"number": "9"}, "invalid_number"),
        ({"number": "12"}, "invalid_number"),
        ({"number": "411"}, "invalid_number"),
        ({"number": "555-0100"}, "invalid_number"),
        ({"number": "1-800-FLOWERS"}, "invalid_number"),
        ({"number": "+0442071838750"}, "invalid_number"),
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


@pytest.mark.parametrize("position", [5, ["44"], {"a": 1}, True], ids=str)
def test_a_forged_cursor_is_refused_and_reads_no_other_list(world: World, position: Any) -> None:
    """The key of these cursors is no secret: the function reads none."""
    forged = write_cursor(NO_SECRET, ["rates", "GB", ""], position)
    assert public_rates(world, country="GB", cursor=forged).code == "invalid_cursor"


def test_prices_are_public_without_any_secret_or_table(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calling_credit.stored_secrets._read", lambda *_: 1 // 0)
    page = public_rates(world, country="GB", limit="1").body
    assert public_rates(world, country="GB", cursor=page["next_cursor"]).status == 200
    assert not hasattr(world.stack.apps["public_rates"], "dynamodb")


def test_popular_countries_are_listed_with_few_rows_each(world: World) -> None:
    rows = [{}, {"prefix": "447", "destination": "United Kingdom - Mobile", "rate_per_minute": "0.05"}]
    rows += [{"prefix": "81", "country": "JP", "destination": "Japan"}, {"prefix": "379", "country": "VA"}]
    world.stack.publish(deck_csv(*rows), "deck-2")
    body = public_rates(world, popular="1").body
    assert body["next_cursor"] is None
    assert [(item["prefix"], item.get("more")) for item in body["items"]] == [("44", None), ("447", 0), ("81", 0)]
    assert public_rates(world, popular="1", rows="3").body == body
    few = public_rates(world, country="GB", rows="3").body["items"]
    assert few == body["items"][:2]


def test_few_rows_hold_the_prices_of_the_caller(world: World) -> None:
    later = {"origin": "CA", "rate_per_minute": "0.09", "effective_from": "2027-01-01"}
    world.stack.publish(deck_csv({}, {"origin": "CA", "rate_per_minute": "0.07"}, later), "deck-2")
    [item] = public_rates(world, country="GB", rows="3", from_="+14165550100").body["items"]
    assert (item["origin"], item["rate_per_minute"], item["next_rate_per_minute"]) == ("CA", "0.07", "0.09")


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"popular": "1", "country": "GB"},
        {"popular": "yes"},
        {"popular": ""},
        {"country": "GB", "rows": "4"},
        {"country": "GB", "rows": "-1"},
        {"number": "+442071838750", "rows": "3"},
        {"rows": "3"},
    ],
    ids=str,
)
def test_a_wrong_question_names_the_right_ones(world: World, query: dict[str, str]) -> None:
    answer = public_rates(world, **query)
    assert (answer.status, answer.code) == (422, "invalid_query")
