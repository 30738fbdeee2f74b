"""No charge that the user has not seen: every amount at once is named, and no second click confirms it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser import page_data
from tests.browser.page_server import PageServer, StubUser
from tests.browser.test_recharge_card import card, charge, switch
from tests.browser.visitor import PHONE

User = Callable[..., StubUser]
AMOUNT = "Amount", "Montant"


@pytest.fixture(autouse=True)
def quiet(page_server: PageServer) -> None:
    """The last payment was long ago."""
    page_server.api.top_ups = [page_data.top_up(5)]


def test_form_names_all_payments_that_follow_at_once(user: User, page_server: PageServer) -> None:
    api = page_server.api
    api.charges_now, api.charged_at_once = charge("500.00"), "600.00"
    one = user()
    switch(one).click()
    one.sees("Saving charges Visa ending 4242 $600.00 now in several payments, $500.00 first.", card(one))
    save = one.page.get_by_role("button", name="Save and charge Visa ending 4242 $600.00 now")
    expect(save).to_be_enabled()
    api.charged_at_once = "700.00"
    save.click()
    one.press("Save and charge Visa ending 4242 $700.00 now")
    expect(switch(one)).to_be_checked()
    [body] = api.bodies("PATCH /auto-recharge")
    assert body["accept_charge"] == "500.00"


def test_switch_names_all_payments_that_follow_at_once(user: User, page_server: PageServer) -> None:
    api = page_server.api
    api.rule = page_data.active_rule(enabled=False, status="disabled")
    api.charges_now, api.charged_at_once = charge("500.00"), "600.00"
    one = user()
    switch(one).click()
    expect(one.page.get_by_role("dialog")).to_contain_text("We charge Visa ending 4242 $600.00 at once.")
    one.press("Turn on and charge Visa ending 4242 $600.00 now", one.page.get_by_role("dialog"))
    expect(switch(one)).to_be_checked()
    assert api.bodies("PATCH /auto-recharge")[0]["accept_charge"] == "500.00"


def test_second_click_or_enter_confirms_no_large_payment(user: User, page_server: PageServer) -> None:
    one = user(device=PHONE)
    one.page.get_by_label("Amount", exact=True).fill("300")
    pay, dialog = one.page.get_by_role("button", name="Pay $300.00"), one.page.get_by_role("dialog")
    pay.click()
    sure = dialog.get_by_role("button", name="Pay $300.00").bounding_box()
    assert sure is not None
    one.press("Cancel", dialog)
    pay.evaluate("(button, y) => scrollBy(0, button.getBoundingClientRect().y - y)", sure["y"])
    one.page.mouse.dblclick(sure["x"] + sure["width"] / 2, sure["y"] + sure["height"] / 2, delay=20)
    expect(dialog).to_contain_text("We charge Visa ending 4242 $300.00 now.")
    one.press("Cancel", dialog)
    for _ in range(2):
        expect(pay).to_be_focused()  # It has the focus again when the dialog has ended.
        one.page.keyboard.press("Enter")
        expect(dialog).to_have_count(1)
        one.page.keyboard.press("Enter")  # The dialog's first button is focused and closes it.
        expect(dialog).to_have_count(0)
    expect(pay).to_be_focused()
    for _ in range(5):  # Too fast for the page to follow: whichever button a press meets, none of them pays.
        one.page.keyboard.press("Enter")
    one.page.wait_for_timeout(700)
    assert page_server.api.count("POST /top-ups") == 0


@pytest.mark.parametrize(
    ("locale", "typed", "shown"),
    [
        ("en-US", "0,250", None),
        ("en-US", "1,50", None),
        ("en-US", "1.500", None),
        ("en-US", "US$ 1,234.5", "1,234.50"),
        ("fr-CA", "0,250", None),
        ("fr-CA", "0.250", None),
        ("fr-CA", "1,500", None),
        ("fr-CA", "25,5", "25,50"),
        ("fr-CA", "1\u202f234,56 $", "1\u00a0234,56"),
    ],
)
def test_amount_that_could_mean_two_sums_is_none(user: User, locale: str, typed: str, shown: str | None) -> None:
    one = user(locale=locale)
    one.page.get_by_label(AMOUNT[locale == "fr-CA"], exact=True).fill(typed)
    button = one.page.locator(".funds button[type=submit]")
    if shown is None:
        expect(button).not_to_have_text(re.compile(r"\d"))
    else:
        expect(button).to_contain_text(shown)
