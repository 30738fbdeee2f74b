"""The views of notifications and of freezing the account."""

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser import page_data
from tests.browser.page_api import problem
from tests.browser.page_data import ADMIN, MEMBER
from tests.browser.page_server import PageServer, StubUser

User = Callable[..., StubUser]


def test_a_new_address_waits_until_its_link_is_followed(user: User, page_server: PageServer) -> None:
    one = user(place="#/settings/notifications")
    field = one.page.get_by_label("New address")
    for wrong, error in (("nobody", "Enter an e-mail address"), (ADMIN.upper(), "in the list already")):
        field.fill(wrong)
        one.press("Add address")
        one.sees(error)
    field.fill("bo@customer.example")
    one.page.locator("form select[name=language]").select_option("French")
    one.press("Add address")
    one.sees("A link was sent to bo@customer.example.")
    assert page_server.api.bodies("PUT /notifications") == [
        {
            "recipients": [
                {"address": ADMIN, "language": "en"},
                {"address": "bo@customer.example", "language": "fr"},
            ],
            "low_balance": "10.00",
            "version": 1,
        }
    ]
    row = one.page.get_by_role("row").filter(has_text="bo@customer.example")
    expect(row).to_contain_text("Waiting")
    expect(field).to_have_value("")


def test_an_address_is_removed_after_a_confirmation(user: User, page_server: PageServer) -> None:
    one = user(place="#/settings/notifications")
    one.press(f"Remove {ADMIN}")
    dialog = one.page.get_by_role("dialog")
    one.sees("This is the last address", dialog)
    one.press("Remove", dialog)
    one.sees("No one gets e-mails.")
    one.sees(f"{ADMIN} was removed.")
    assert page_server.api.notifications["recipients"] == []


@pytest.mark.parametrize(("returned", "words"), [("permanent", "E-mail came back"), ("complaint", "Marked as spam")])
def test_an_address_that_mails_came_back_from_is_marked(
    user: User, page_server: PageServer, returned: str, words: str
) -> None:
    page_server.api.notifications["recipients"][0]["returned"] = returned
    one = user(place="#/settings/notifications")
    one.sees(words)
    one.sees("To send them again, remove the address, then add it again.")
    one.press(f"Remove {ADMIN}")
    one.press("Remove", one.page.get_by_role("dialog"))
    one.page.get_by_label("New address").fill(ADMIN)
    one.press("Add address")
    expect(one.page.get_by_text(words)).to_have_count(0)


def test_recipients_of_a_newer_version_are_shown_and_nothing_saved(user: User, page_server: PageServer) -> None:
    one = user(place="#/settings/notifications", fails=True)
    page_server.api.notifications["version"] = 7
    page_server.api.notifications["recipients"].append(
        {"address": "new@customer.example", "language": "en", "status": "confirmed", "returned": None}
    )
    one.page.get_by_label("New address").fill("bo@customer.example")
    one.press("Add address")
    one.sees("These settings changed after you opened them")
    one.sees("new@customer.example")
    expect(one.page.get_by_label("New address")).to_have_value("bo@customer.example")
    one.press("Add address")
    one.sees("A link was sent to bo@customer.example.")
    assert len(page_server.api.notifications["recipients"]) == 3


def test_the_low_balance_level_is_set_and_removed(user: User, page_server: PageServer) -> None:
    one = user(place="#/settings/notifications")
    level = one.page.get_by_label("Send an e-mail below")
    expect(level).to_have_value("10.00")
    level.fill("many")
    one.press("Save")
    one.sees("Enter an amount in dollars and cents")
    level.fill("25")
    one.press("Save")
    one.sees("The level is saved.")
    level.fill("")
    one.press("Save")
    one.sees("No e-mail will be sent about a low balance.")
    assert [body["low_balance"] for body in page_server.api.bodies("PUT /notifications")] == ["25.00", None]


def test_a_member_sets_the_language_of_the_own_e_mails_only(user: User, page_server: PageServer) -> None:
    own = {"address": MEMBER, "language": "en", "status": "confirmed"}
    page_server.api.notifications = page_data.notifications(own)
    one = user(MEMBER, "#/settings/notifications")
    one.page.get_by_label("Language of your e-mails").select_option("French")
    one.wait(lambda: page_server.api.notifications["recipients"][0]["language"] == "fr")
    expect(one.page.locator("main select")).to_have_count(1)
    expect(one.page.locator("main button")).to_have_count(0)
    one.sees("Only a billing admin of your account can change who gets e-mails.")


def test_an_own_language_does_not_outdate_what_an_admin_sees(user: User, page_server: PageServer) -> None:
    one = user(place="#/settings/notifications")
    one.page.get_by_label("Language of your e-mails").select_option("French")
    expect(one.page.get_by_label(f"Language of {ADMIN}")).to_have_value("fr")
    one.page.get_by_label("New address").fill("bo@customer.example")
    one.press("Add address")
    one.sees("A link was sent to bo@customer.example.")
    languages = {each["address"]: each["language"] for each in page_server.api.notifications["recipients"]}
    assert languages == {ADMIN: "fr", "bo@customer.example": "en"}


def test_second_click_of_a_double_click_does_not_freeze(user: User, page_server: PageServer) -> None:
    one = user(place="#/settings/freeze")
    first, dialog = one.page.get_by_role("button", name="Freeze this account…"), one.page.get_by_role("dialog")
    first.click()
    expect(dialog.get_by_role("button", name="Freeze now")).to_be_disabled()
    dialog.get_by_role("button", name="Freeze now").click(force=True)
    assert page_server.api.count("POST /freeze") == 0


def test_freezing_says_what_stops_and_who_can_undo_it(user: User, page_server: PageServer) -> None:
    one = user(place="#/settings/freeze")
    one.press("Freeze this account…")
    dialog = one.page.get_by_role("dialog")
    one.sees("Only your provider can unfreeze the account.", dialog)
    one.press("Do not freeze", dialog)
    assert page_server.api.count("POST /freeze") == 0
    one.press("Freeze this account…")
    one.press("Freeze now", dialog)
    one.sees("This account is frozen.")
    expect(one.page.get_by_role("button", name="Freeze this account…")).to_have_count(0)
    assert page_server.api.overview["frozen"] is True


def test_freezing_that_fails_says_so_and_can_be_repeated(user: User, page_server: PageServer) -> None:
    page_server.api.on("POST /freeze", problem(503, "unavailable", "The ledger did not answer in time."))
    one = user(place="#/settings/freeze", fails=True)
    one.press("Freeze this account…")
    dialog = one.page.get_by_role("dialog")
    one.press("Freeze now", dialog)
    expect(dialog.get_by_role("alert").first).to_contain_text("unavailable")
    expect(dialog.get_by_role("button", name="Freeze now")).to_be_enabled()


def test_a_member_cannot_freeze_and_is_told_whom_to_ask(user: User) -> None:
    one = user(MEMBER, "#/settings")
    expect(one.page.get_by_role("link", name="Freeze the account")).to_have_count(0)
    one.open("#/settings/freeze")
    one.page.reload()
    one.enter_password(MEMBER)
    one.sees("Only a billing admin of your account can freeze it.")
    expect(one.page.get_by_role("button", name="Freeze this account…")).to_have_count(0)
