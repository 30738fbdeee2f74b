"""Prices of an account's own: in the details of a call, in its recorded changes, in rates, and at the desk."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.browser import page_data
from tests.browser.desk import StubClerk
from tests.browser.desk_server import DeskServer
from tests.browser.page_server import PageServer, StubUser

User = Callable[..., StubUser]
SignIn = Callable[..., StubClerk]
CALLS = "#/usage/outbound_international_call"
MERIDIAN = "#account=acct_meridian"
BUNDLES = [
    {"name": "the UK", "countries": ["GB"], "prefixes": [], "minutes": 1200},
    {"name": "us", "countries": [], "prefixes": ["4420"], "minutes": 60},
]


@pytest.mark.parametrize(
    ("locale", "texts"),
    [
        ("en-US", ("Base rate", "$0.012 per minute", "Base connection fee", "$0.0100", "Markup", "12.5%")),
        ("fr-CA", ("Tarif de base", "0,012 $ US par minute", "Majoration", "12,5 %")),
    ],
)
def test_the_details_of_a_call_explain_its_markup(
    user: User, page_server: PageServer, locale: str, texts: tuple[str, ...]
) -> None:
    own = {"price_list": None, "list_version": None, "base_connection_fee": "0.01"}
    marked_up = page_data.call(1, **own, base_rate_per_minute="0.012", markup_percent="12.50")
    page_server.api.calls = [marked_up, page_data.call(2)]
    one = user(place=CALLS, locale=locale)
    one.page.locator(".why").first.click()
    shown = one.page.get_by_role("dialog").inner_text().replace("\xa0", " ").replace("\u202f", " ")
    for text in texts:
        assert text in shown


def test_the_details_of_a_call_name_the_list_that_priced_it(user: User, page_server: PageServer) -> None:
    own: dict[str, Any] = {"price_list": "gold", "list_version": "2026-11-02-a", "markup_percent": "12.50"}
    own |= dict.fromkeys(("base_rate_per_minute", "base_connection_fee"))
    page_server.api.calls = [page_data.call(1, **own)]
    one = user(place=CALLS)
    one.page.locator(".why").first.click()
    shown = one.page.get_by_role("dialog").inner_text()
    assert "Your own prices: gold, 2026-11-02-a." in shown
    assert "Markup" not in shown


def test_recorded_changes_tell_bundles_and_prices_in_words(user: User, page_server: PageServer) -> None:
    def change(action: str, **new: Any) -> dict[str, Any]:
        return page_data.change(action, old=None, new=new)

    prices = {"price_list": "gold", "markup_percent": "12.50", "prices_from": page_data.ago(hours=1)}
    page_server.api.changes = [
        change("account_changed", bundles=BUNDLES),
        change("price_terms_changed", **prices),
        change("rate_change_announced", countries=["GB"], changes=[{"country": "GB"}], more=0),
    ]
    one = user(place="#/settings/activity")
    one.sees("Included minutes: 1,200 minutes a month to the UK, 60 minutes a month to us")
    one.sees("Price list: gold")
    one.sees("Countries: United Kingdom")
    assert "[object" not in one.page.inner_text("body")


def test_prefixes_at_one_price_share_a_row_in_list_and_deck(user: User, page_server: PageServer) -> None:
    of_list = {"price_list": "gold", "markup_percent": "0.00", "base_rate_per_minute": None}
    of_deck = {"price_list": None, "markup_percent": "12.50", "base_rate_per_minute": "0.012"}
    name = ("United Kingdom", "GB")
    page_server.api.rates = [
        page_data.price(*name, "44", "0.0135") | of_deck,
        page_data.price(*name, "442", "0.0135") | of_list,
    ]
    one = user()
    one.open("#/rates?country=GB")
    one.settle()
    assert len(one.rows()) == 1


def test_the_desk_shows_and_changes_the_prices_of_an_account(clerk: SignIn, desk_server: DeskServer) -> None:
    meridian = desk_server.api.accounts["acct_meridian"]
    meridian |= {"price_list": "gold", "markup_percent": "12.50", "bundles": BUNDLES}
    meridian["lines"][0]["bundles"] = BUNDLES[:1]
    one = clerk(place=MERIDIAN)
    for text in ("gold", "12.50 %", "the UK, 1,200 a month; us, 60 a month"):
        one.sees(text)
    one.press("Change prices")
    one.fill(price_list="", markup_percent="-5")
    one.go_on()
    one.sees("List gold, markup 12.50 %", one.dialog)
    one.confirm("Change prices")
    one.sees("No list, markup -5 %", one.dialog)
    assert desk_server.api.requests[-1].body == {"price_list": None, "markup_percent": "-5"}
    one.press("Done", one.dialog)
    one.show(f"{MERIDIAN}&view=people")
    one.sees("Included minutes: the UK, 1,200 a month")
