"""The history of payments: the outcome of each, and the next step."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser import page_data
from tests.browser.page_server import PageServer, StubUser
from tests.browser.test_accessibility import overflows, violations
from tests.browser.visitor import PHONE

User = Callable[..., StubUser]
BANK = {"brand": "us_bank_account", "last4": "6789", "type": "us_bank_account"}


def test_each_payment_shows_its_outcome(user: User, page_server: PageServer) -> None:
    without_receipt = page_data.top_up(6, status="processing", payment_method=BANK)
    open_page = page_data.top_up(
        7,
        kind="checkout",
        status="created",
        payment_method=None,
        checkout_url=f"{page_server.url}/stripe/tu_{7:032x}",
        expires_at=page_data.ago(minutes=-20),
    )
    expired = {**open_page, "id": f"tu_{8:032x}", "expires_at": page_data.ago(minutes=1)}
    for one_payment in (without_receipt, open_page, expired):
        one_payment.pop("receipt_url")
    page_server.api.top_ups = [
        page_data.top_up(1, kind="checkout"),
        page_data.top_up(2, kind="automatic", refunded="50.00"),
        page_data.top_up(3, refunded="5.25"),
        page_data.top_up(4, disputed=True, refunded="50.00"),
        page_data.top_up(5, status="succeeded", payment_method=BANK),
        without_receipt,
        open_page,
        expired,
    ]
    one = user()
    one.open("#/history")
    one.settle()
    rows = one.rows()
    assert [row[1] for row in rows[:3]] == [
        "Payment on Stripe\N{RIGHT SINGLE QUOTATION MARK}s page",
        "Automatic recharge",
        "Manual payment",
    ]
    states = [row[4].split("\n") for row in rows]
    assert [state[0] for state in states] == [
        "Paid",
        "Refunded",
        "Partly refunded",
        "Disputed",
        "Paid",
        "Processing",
        "Not finished",
        "Not finished",
    ]
    assert states[2][1] == "$5.25 of $50.00 was refunded and taken off your balance."
    assert "several business days" in states[5][1]
    assert [row[2] for row in rows[4:7]] == ["Bank account ending 6789", "Bank account ending 6789", "Not chosen yet"]
    assert [row[5] for row in rows] == [*["Receipt"] * 5, "None", "Continue payment", "None"]
    one.page.get_by_role("link", name="Continue payment").click()
    expect(one.page.get_by_role("heading", name="Pay")).to_be_visible()


def test_history_of_all_states_passes_axe_on_a_phone(user: User, page_server: PageServer) -> None:
    page_server.api.top_ups = [
        page_data.top_up(1, disputed=True),
        page_data.top_up(2, refunded="5.25"),
        page_data.top_up(3, status="processing", payment_method=BANK),
    ]
    one = user(device={**PHONE, "viewport": {"width": 320, "height": 640}})
    one.open("#/history")
    one.settle()
    assert violations(one) == []
    assert not overflows(one)
