"""Acts at the desk: a second person approves, support may only freeze, and a retry acts once."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from tests.browser.desk import ADJUSTMENT, COLLEAGUE, FINANCE, SUPPORT, StubClerk, adjust
from tests.browser.test_accessibility import overflows, violations
from tests.browser.visitor import PHONE, Device

SignIn = Callable[..., StubClerk]
MERIDIAN = "#account=acct_meridian"
CALL = f"{MERIDIAN}&view=call&call=c_1"
SMALL: Device = {**PHONE, "viewport": {"width": 375, "height": 740}}


def test_above_the_daily_amount_a_second_person_approves(clerk: SignIn) -> None:
    one = clerk(place=MERIDIAN)
    adjust(one, "150")
    one.confirm("Give $150.00")
    one.sees("Waiting for a second person", one.dialog)
    one.dialog.get_by_role("link", name="Show approvals").click()
    expect(one.dialog).to_have_count(0)
    one.settle()
    mine = one.page.get_by_role("button", name="Approve: Adjustment of $250.00")
    expect(mine).to_be_disabled()
    expect(mine).to_have_attribute("title", re.compile("Another member of the finance group decides"))
    other = clerk(COLLEAGUE, "#approvals")
    other.press("Approve: Adjustment of $250.00")
    assert other.summary()["Requested by"] == FINANCE
    other.confirm("Approve $250.00")
    other.sees("Adjustment of $250.00 is posted.", other.dialog)
    other.press("Done", other.dialog)
    other.settle()
    expect(other.page.get_by_role("button", name="Approve: Adjustment of $250.00")).to_have_count(0)
    other.sees("Approved", other.card("Decided"))


def test_request_is_rejected_after_confirmation(clerk: SignIn) -> None:
    one = clerk(place="#approvals")
    one.press("Reject: Transfer of $120.00")
    one.press("Cancel", one.dialog)
    assert one.api.requests == []
    one.press("Reject: Transfer of $120.00")
    one.confirm("Reject $120.00")
    one.sees("Rejected. Nothing moved.", one.dialog)
    assert [act.path.split("/")[-1] for act in one.api.requests] == ["reject"]


def test_support_freezes_but_cannot_move_money(clerk: SignIn) -> None:
    one = clerk(SUPPORT, MERIDIAN)
    one.sees("You may read this account, freeze or unfreeze it, end sign-ins,")
    for name in (ADJUSTMENT, "Transfer credit", "Change limits", "Switch off", "Unblock Mastercard ending 4444"):
        button = one.page.get_by_role("button", name=name)
        expect(button).to_be_disabled()
        expect(button).to_have_attribute("title", "Only members of the finance group may do this.")
    one.press("Freeze")
    assert one.summary()["State after"] == "Frozen"
    one.confirm("Freeze")
    one.sees("The account is frozen.", one.dialog)
    one.press("Done", one.dialog)
    one.sees(re.compile("^Frozen since"))
    one.press("Unfreeze")
    one.confirm("Unfreeze")
    one.sees("The account is open again.", one.dialog)
    assert [act.body for act in one.api.requests] == [{"frozen": True}, {"frozen": False}]
    for place, name in (
        (CALL, "Waive the charge"),
        (f"{MERIDIAN}&view=payments", "Refund"),
        ("#transfer", "New transfer"),
    ):
        one.show(place)
        expect(one.page.get_by_role("button", name=re.compile(name)).first).to_be_disabled()


def test_person_is_signed_out_where_the_activity_shows_them(clerk: SignIn) -> None:
    one = clerk(place=f"{MERIDIAN}&view=activity")
    one.page.get_by_role("button", name=re.compile("^Sign out <img")).click()
    expect(one.dialog.get_by_role("button", name="Sign out")).to_be_enabled()
    one.confirm("Sign out")
    one.sees("Signed out.", one.dialog)
    assert [act.path for act in one.api.requests] == ["accounts/acct_meridian/users/6f1c-ana/sign-out"]


def test_api_error_is_shown_next_to_its_field(clerk: SignIn) -> None:
    one = clerk(place=MERIDIAN)
    one.break_network()
    adjust(one, "3", reason="no")
    one.confirm("Give $3.00")
    assert one.field_error("reason") == "Reason must be at least three characters."
    one.fill(reason="Paid by bank transfer")
    one.go_on()
    one.confirm("Give $3.00")
    one.sees("$3.00 given.", one.dialog)
    first, second = one.api.requests
    assert first.body["reason"] == "no"
    assert second.body["reason"] == "Paid by bank transfer"


def lose_the_answer(one: StubClerk) -> None:
    """Let the API receive the next adjustment, and lose its answer."""

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    one.break_network()
    one.page.route(re.compile("/adjustments$"), lose, times=1)


def test_lost_answer_and_retry_post_once(clerk: SignIn) -> None:
    one = clerk(place=MERIDIAN)
    lose_the_answer(one)
    adjust(one, "7")
    one.confirm("Give $7.00")
    one.sees("The outcome is not known. Trying again never does it twice.", one.dialog)
    expect(one.dialog.get_by_role("button", name="Back")).to_be_hidden()
    one.confirm("Try again")
    one.sees("The balance is $48.2402.", one.dialog)
    assert len(one.api.requests) == 2
    assert len({act.key for act in one.api.requests}) == len(one.api.posted) == 1


@pytest.mark.parametrize("is_reload", [True, False], ids=["after a reload", "after the dialog closed"])
def test_lost_answer_is_asked_for_again_with_its_key(clerk: SignIn, is_reload: bool) -> None:
    one = clerk(place=MERIDIAN)
    lose_the_answer(one)
    adjust(one, "7")
    one.confirm("Give $7.00")
    one.sees("The outcome is not known.", one.dialog)
    if is_reload:
        one.page.reload()
        one.enter_password(FINANCE)
    else:
        one.page.keyboard.press("Escape")
    one.settle()
    one.press(ADJUSTMENT)
    one.sees("Your earlier request has no known outcome.", one.dialog)
    one.confirm("Give $7.00")
    one.sees("The balance is $48.2402.", one.dialog)
    assert len(one.api.posted) == 1
    one.press("Done", one.dialog)
    one.settle()
    adjust(one, "7")
    one.confirm("Give $7.00")
    one.sees("The balance is $55.2402.", one.dialog)
    assert len(one.api.posted) == 2


def test_double_click_posts_once_and_never_unseen(clerk: SignIn) -> None:
    one = clerk(place=MERIDIAN)
    one.press(ADJUSTMENT)
    one.fill(amount="4", reason="Paid by bank transfer")
    one.dialog.get_by_role("button", name="Continue").dblclick()
    expect(one.dialog.locator("dl")).to_be_visible()
    one.page.wait_for_timeout(300)
    assert one.api.requests == []
    expect(one.dialog.get_by_role("button", name="Give $4.00")).to_be_enabled()
    one.dialog.get_by_role("button", name="Give $4.00").dblclick()
    one.sees("The balance is $45.2402.", one.dialog)
    assert len(one.api.requests) == 1


def test_limits_show_old_and_new_and_send_only_changes(clerk: SignIn) -> None:
    one = clerk(place=MERIDIAN)
    one.press("Change limits")
    one.press("Continue", one.dialog)
    one.sees("Change at least one value.", one.dialog)
    one.fill(daily_spend="300", blocked="CU\n+1900")
    one.go_on()
    assert one.summary() == {"Spending per day": "$200.00 → $300.00", "Blocked places": "CU → CU, +1900"}
    one.confirm("Change limits")
    one.sees("Limits changed.", one.dialog)
    assert one.api.requests[0].body == {"daily_spend": "300.00", "blocked": ["CU", "+1900"]}


def test_credit_is_given_with_the_keyboard_only(clerk: SignIn) -> None:
    one = clerk(place=MERIDIAN)
    keyboard = one.page.keyboard
    one.page.get_by_role("button", name=ADJUSTMENT).focus()
    keyboard.press("Enter")
    expect(one.dialog.locator("[name=direction]")).to_be_focused()
    for text in ("8", "Paid by bank transfer"):
        keyboard.press("Tab")
        keyboard.type(text)
    keyboard.press("Enter")
    expect(one.dialog.get_by_role("button", name="Give $8.00")).to_be_enabled()
    keyboard.press("Tab")
    keyboard.press("Tab")
    keyboard.press("Enter")
    one.sees("$8.00 given.", one.dialog)
    assert one.page.evaluate("document.activeElement.className").startswith("note")
    keyboard.press("Tab")
    keyboard.press("Enter")
    expect(one.dialog).to_have_count(0)
    expect(one.page.get_by_role("heading", level=1)).to_be_focused()


DIALOGS = {
    MERIDIAN: [
        ADJUSTMENT,
        "Transfer credit",
        "Freeze",
        "Withdraw links",
        "End a sign-in",
        "Export",
        "Erase a number",
        "Close account",
        "Switch off",
        "Unblock Mastercard ending 4444",
        "Change limits",
        "Change e-mails",
        "Change time zone",
        "Change prices",
    ],
    CALL: ["Give goodwill", "Correct the duration", "Waive the charge"],
    f"{MERIDIAN}&view=people": ["Change line +12125550047", "Rename Ana Ruiz", "Add a line", "Add a user"],
    f"{MERIDIAN}&view=mails": ["Send again: Your payment was declined"],
    "#approvals": ["Approve: Transfer of $120.00"],
}


def test_every_dialog_passes_axe_and_fits_a_phone(clerk: SignIn) -> None:
    one = clerk(device=SMALL)
    for place, names in DIALOGS.items():
        one.show(place)
        for name in names:
            one.press(name)
            expect(one.dialog).to_be_visible()
            assert violations(one) == [], name
            assert not overflows(one), name
            one.press("Close", one.dialog)
            expect(one.dialog).to_have_count(0)
