"""The stand-in for the API answers as the document says, and a test can change what it answers."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser.page_api import problem
from tests.browser.page_server import PageServer, StubUser

User = Callable[..., StubUser]


def test_every_view_opens_over_the_stand_in(user: User) -> None:
    one = user()
    for place in (
        "#/",
        "#/lines",
        "#/statement",
        "#/history",
        "#/rates?country=GB",
        "#/usage/outbound_international_call",
    ):
        one.open(place)
        one.settle()
        expect(one.page.get_by_role("alert").filter(has_text="unavailable")).to_have_count(0)


def test_a_replaced_answer_reaches_the_page(user: User, page_server: PageServer) -> None:
    page_server.api.on("GET /usage", problem(503, "unavailable", "The ledger did not answer in time."))
    one = user(fails=True)
    one.sees("Billing does not answer at the moment.")
