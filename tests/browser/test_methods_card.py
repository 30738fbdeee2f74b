"""Payment methods have a place of their own: default, backup, the rule's, and those that cannot pay."""

from collections.abc import Callable

from playwright.sync_api import Locator, expect

from tests.browser import page_data
from tests.browser.page_server import PageServer, StubUser
from tests.browser.test_accessibility import overflows, violations
from tests.browser.visitor import PHONE

User = Callable[..., StubUser]


def card(one: StubUser) -> Locator:
    """The card."""
    return one.card("Payment methods")


def several(page_server: PageServer, number: int = 6) -> None:
    """Give the account methods in every state."""
    states = ["ok", "expiring", "expired", "declined", "blocked", "ok"] * 3
    page_server.api.methods = [
        page_data.card(one, state=state, can_pay=state not in ("expired", "blocked"), used_by_rule=one == 1)
        for one, state in enumerate(states[: number - 1], 1)
    ]
    page_server.api.methods.append(page_data.bank_account())


def test_every_method_says_its_role_and_its_state(user: User, page_server: PageServer) -> None:
    several(page_server)
    page_server.api.methods[1]["backup"] = True
    one = user(device=PHONE)
    one.press("Show all 6", card(one))
    rows = card(one).get_by_role("listitem")
    expect(rows).to_have_count(6)
    for index, words in enumerate(
        (
            ["Visa ending 4242", "default", "Used by automatic recharge"],
            ["Expires soon", "Backup"],
            ["Expired"],
            ["Declined by the bank"],
            ["Blocked: contact your provider"],
            ["Test Bank account ending 6789", "Arrives in a few business days"],
        )
    ):
        for word in words:
            expect(rows.nth(index)).to_contain_text(word)
    assert violations(one) == []
    assert not overflows(one)


def test_more_than_three_methods_collapse(user: User, page_server: PageServer) -> None:
    several(page_server, 12)
    one = user()
    expect(card(one).get_by_role("listitem")).to_have_count(3)
    one.press("Show all 12", card(one))
    expect(card(one).get_by_role("listitem")).to_have_count(12)
    expect(one.page.get_by_role("radio")).to_have_count(3 + 2)
    one.press("Show all 12", one.card("Add funds"))
    expect(one.page.get_by_role("radio")).to_have_count(12 + 2)


def test_default_and_backup_can_be_changed(user: User, page_server: PageServer) -> None:
    api = page_server.api
    api.methods = [page_data.card(1), page_data.card(2)]
    one = user()
    one.press("Make Mastercard ending 4442 the default")
    expect(card(one).get_by_role("listitem").first).to_contain_text("Mastercard ending 4442")
    expect(one.page.get_by_role("radio").first).to_have_accessible_name(
        "Mastercard ending 4442 Expires 05/29 · default"
    )
    one.press("Use Visa ending 4242 as the backup of automatic recharge")
    expect(card(one).get_by_text("Backup", exact=True)).to_be_visible()
    one.press("Do not use Visa ending 4242 as the backup of automatic recharge")
    expect(card(one).get_by_text("Backup", exact=True)).to_have_count(0)
    assert api.bodies("PATCH /payment-methods/{id}") == [{"default": True}, {"backup": True}, {"backup": False}]


def test_what_a_method_cannot_do_is_not_offered(user: User, page_server: PageServer) -> None:
    several(page_server)
    one = user()
    one.press("Show all 6", card(one))
    offers = card(one).get_by_role("button")
    for name in ("Make Mastercard ending 4443 the default", "Make Mastercard ending 4445 the default"):
        expect(offers.filter(has_text=name)).to_have_count(0)
        expect(one.page.get_by_role("button", name=name)).to_have_count(0)
    expect(one.page.get_by_role("button", name="Use Test Bank account ending 6789 as the backup")).to_have_count(0)


def test_removing_a_method_updates_the_form_and_keeps_the_amount(user: User, page_server: PageServer) -> None:
    page_server.api.methods = [page_data.card(1), page_data.card(2)]
    one = user()
    one.page.get_by_label("Amount", exact=True).fill("42")
    one.press("Remove Mastercard ending 4442")
    dialog = one.page.get_by_role("dialog")
    expect(dialog).to_contain_text("This does not pause automatic recharge.")
    one.press("Remove it", dialog)
    expect(card(one).get_by_role("listitem")).to_have_count(1)
    expect(one.page.get_by_role("radio")).to_have_count(1 + 2)
    expect(one.page.get_by_label("Amount", exact=True)).to_have_value("42")


def test_added_card_is_announced_and_chosen(user: User, page_server: PageServer) -> None:
    one = user()
    one.press("Add a card", card(one))
    one.page.get_by_role("link", name="Save card").click()
    one.come_back()
    one.sees("You were not charged.", card(one))
    expect(one.page.get_by_role("radio", name="Mastercard ending 4442")).to_be_checked()
    one.press("Add a bank account", card(one))
    one.page.get_by_role("link", name="Cancel").click()
    one.come_back()
    one.sees("No payment method was added.", card(one))
    assert page_server.api.bodies("POST /payment-methods") == [{"type": "card"}, {"type": "us_bank_account"}]


def test_refused_change_says_why(user: User, page_server: PageServer) -> None:
    page_server.api.methods = [page_data.card(1), page_data.card(2)]
    one = user(fails=True)
    one.page.route("**/payment-methods/pm_2", lambda route: route.abort())
    one.press("Make Mastercard ending 4442 the default")
    one.sees("Billing is temporarily unavailable.", card(one))
