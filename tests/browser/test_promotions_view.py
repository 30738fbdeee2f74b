"""Credit that expires, and the field for a promotion code."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser import page_data
from tests.browser.page_api import problem
from tests.browser.page_data import MEMBER
from tests.browser.page_server import PageServer, StubUser

User = Callable[..., StubUser]


def test_the_balance_names_credit_that_expires(user: User, page_server: PageServer) -> None:
    page_server.api.overview["expiring"] = [
        {"amount": f"{number}0.00", "at": f"2027-0{number}-15T12:00:00.000Z"} for number in range(1, 6)
    ]
    one = user()
    card = one.card("Balance")
    one.sees("$10.00 expires on Jan 15, 2027", card)
    one.sees("$30.00 expires on Mar 15, 2027", card)
    one.sees("2 more amounts expire later", card)
    expect(card.get_by_role("list", name="Credit that expires").get_by_role("listitem")).to_have_count(4)


def test_an_admin_redeems_a_promotion_code_once(user: User, page_server: PageServer) -> None:
    api = page_server.api
    one = user(fails=True)
    card = one.card("Add funds")
    card.get_by_text("Promotion code").click()
    one.press("Add credit", card)
    one.sees("Enter the code.", card)
    card.get_by_label("Code", exact=True).fill(" welcome ")
    one.press("Add credit", card)
    one.sees("$10.00 added.", card)
    one.sees("This credit expires on", card)
    one.sees("$10.00 expires on", one.card("Balance"))
    card.get_by_label("Code", exact=True).fill("WELCOME")
    one.press("Add credit", card)
    one.sees("Your account has used this code already.", card)
    assert api.overview["balance"] == "51.2822"
    assert len({request.key for request in api.requests if request.route == "POST /promotions/{id}/redeem"}) == 2


def test_a_code_without_a_known_outcome_keeps_its_key(user: User, page_server: PageServer) -> None:
    api = page_server.api
    redeem = api._routes["POST /promotions/{id}/redeem"]
    api.on("POST /promotions/{id}/redeem", problem(503, "unavailable", "The ledger did not answer in time."))
    one = user(fails=True)
    card = one.card("Add funds")
    card.get_by_text("Promotion code").click()
    card.get_by_label("Code", exact=True).fill("WELCOME")
    one.press("Add credit", card)
    one.sees("Billing does not answer at the moment.", card)
    api.on("POST /promotions/{id}/redeem", redeem)
    one.press("Add credit", card)
    one.sees("$10.00 added.", card)
    assert len({request.key for request in api.requests if request.route == "POST /promotions/{id}/redeem"}) == 1


def test_a_member_sees_no_field_for_a_code(user: User, page_server: PageServer) -> None:
    page_server.api.overview["expiring"] = [{"amount": "10.00", "at": page_data.ago(days=-3)}]
    one = user(MEMBER)
    one.sees("$10.00 expires on", one.card("Balance"))
    expect(one.page.get_by_text("Promotion code")).to_have_count(0)
