"""An account's own prices are shown and explained: to the account, in details, at the desk, and in the forecast."""

import pytest

from tests.functions.desk_bench import desk_event
from tests.functions.holds_bench import credit
from tests.functions.own_prices_bench import call_to, gold, warm
from tests.harness.world import MOBILE, UNITED_KINGDOM, World

__all__ = ["credit", "gold"]

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


def test_the_account_sees_its_own_prices_and_the_public_the_decks(gold: World) -> None:
    warm(gold)
    [item] = gold.get("/account/rates", number=UNITED_KINGDOM).body["items"]
    assert (item["rate_per_minute"], item["price_list"], item["markup_percent"]) == ("0.05", "gold", "0.00")
    assert item["base_rate_per_minute"] is None
    listed = gold.get("/account/rates", country="GB").body["items"]
    assert [(one["prefix"], one["rate_per_minute"], one["base_rate_per_minute"]) for one in listed] == [
        ("44", "0.05", None),
        ("447", "0.28125", "0.25"),
    ]
    public = gold.get("/rates", country="GB").body["items"]
    assert [one["rate_per_minute"] for one in public] == ["0.10", "0.25"]
    assert not {"price_list", "markup_percent", "base_rate_per_minute"} & set(public[0])
    popular = gold.get("/account/rates", popular=1).body["items"]
    assert {one["rate_per_minute"] for one in popular if one["country"] == "GB"} == {"0.05", "0.28125"}


def test_details_the_desk_and_exports_explain_the_price(gold: World) -> None:
    for call_id, number in (("c_1", UNITED_KINGDOM), ("c_2", MOBILE)):
        assert gold.deliver(call_to(number, call_id)) == []
    rows = {row["call_id"]: row for row in gold.get("/usage/outbound_international_call").body["items"]}
    own = {
        "price_list": "gold",
        "list_version": "gold-1",
        "base_rate_per_minute": None,
        "base_connection_fee": None,
        "markup_percent": "0.00",
    }
    marked = {
        "price_list": None,
        "list_version": None,
        "base_rate_per_minute": "0.25",
        "base_connection_fee": "0.00",
        "markup_percent": "12.50",
    }
    assert own.items() <= rows["c_1"].items()
    assert marked.items() <= rows["c_2"].items()
    for call_id, facts, words in (
        ("c_1", own, "The price is that of the account's price list gold."),
        ("c_2", marked, "The rate is the deck's 0.25 a minute with a markup of 12.50 %."),
    ):
        function, event = desk_event("GET", f"/operator/accounts/acct_1/calls/{call_id}")
        shown = gold.invoke(function, event).body
        assert facts.items() <= shown["row"].items()
        assert shown["calculation"]["exact"]
        assert words in shown["sentence"]


def test_the_forecast_names_the_accounts_own_rates(gold: World) -> None:
    warm(gold)
    for number in range(3):
        assert gold.deliver(call_to(MOBILE, f"c_{number}")) == []
    [destination] = gold.get("/forecast").body["destinations"]
    assert destination["rate_per_minute"] == "0.28125"
    [destination] = gold.get("/overview").body["forecast"]["destinations"]
    assert destination["rate_per_minute"] == "0.28125"
