"""The Balance card and the price details show included minutes, in the reader's language."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.page_server import PageServer, StubUser

User = Callable[..., StubUser]
MINUTES = [
    {"name": "the UK", "left_minutes": 37, "left_seconds": 2225, "minutes": 100},
    {
        "name": "<b>Japan</b>",
        "left_minutes": 0,
        "left_seconds": 59,
        "minutes": 1200,
        "line_id": "line_1",
        "line_number": "+12125550001",
    },
]


@pytest.mark.parametrize(
    ("locale", "balance", "own", "of_lines"),
    [
        ("en-US", "Balance", "37 of 100 minutes to the UK left", "0 of 1,200 minutes to <b>Japan</b> left on +1 212"),
        ("fr-CA", "Solde", "37 minutes restantes sur 100 vers the UK", "0 minute restante sur 1"),
    ],
)
def test_the_balance_card_says_how_many_minutes_are_left(
    user: User, page_server: PageServer, locale: str, balance: str, own: str, of_lines: str
) -> None:
    page_server.api.overview["included_minutes"] = MINUTES
    one = user(locale=locale)
    card = one.card(balance)
    one.sees(own, card)
    card.locator("summary", has_text="lignes" if locale == "fr-CA" else "lines").click()
    one.sees(of_lines, card)


def test_an_account_without_bundles_shows_no_minutes(user: User, page_server: PageServer) -> None:
    one = user()
    one.sees("available credit", one.card("Balance"))
    expect(one.page.get_by_label("Included minutes")).to_have_count(0)
