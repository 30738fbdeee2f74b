"""Acts at the desk: each shows the exact amount first, posts once, and is refused to those who may not do it."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Route, expect

from tests.browser.desk import COLLEAGUE, FINANCE, SUPPORT, Clerk
from tests.browser.test_accessibility import overflows, violations
from tests.browser.visitor import PHONE, Device

SignIn = Callable[..., Clerk]
MERIDIAN = "#account=acct_meridian"
CALL = f"{MERIDIAN}&view=call&call=c_1"
SMALL: Device = {**PHONE, "viewport": {"width": 375, "height": 740}}
ADJUSTMENT = "Give or take credit"


def adjust(one: Clerk, amount: str, direction: str = "give", reason: str = "Paid by bank transfer") -> None:
    """Fill the dialog of an adjustment until its summary."""
    one.press(ADJUSTMENT)
    one.fill(direction=direction, amount=amount, reason=reason)
    one.go_on()


@pytest.mark.parametrize(
    ("direction", "button", "after", "sent"),
    [("give", "Give $12.50", "$53.7402", "12.50"), ("take", "Take $12.50", "$28.7402", "-12.50")],
)
def test_adjustment_confirms_the_exact_amount(
    clerk: SignIn, direction: str, button: str, after: str, sent: str
) -> None:
    one = clerk(place=MERIDIAN)
    adjust(one, "12.5", direction)
    assert one.summary()["Balance after"] == after
    assert one.api.requests == []
    one.confirm(button)
    one.sees(f"The balance is {after}.", one.dialog)
    [act] = one.api.requests
    assert (act.path, act.body["amount"]) == ("accounts/acct_meridian/adjustments", sent)
    one.press("Done", one.dialog)
    one.sees(after, one.card("Balance"))


def test_goodwill_gives_back_the_whole_call_by_default(clerk: SignIn) -> None:
    one = clerk(place=CALL)
    one.press("Give goodwill")
    one.fill(more="echo on the line")
    one.go_on()
    assert one.summary()["Goodwill"] == "$0.042"
    one.confirm("Give $0.042")
    one.sees("$0.042 given for this call.", one.dialog)
    [act] = one.api.requests
    assert act.path == "accounts/acct_meridian/calls/c_1/goodwill"
    assert (act.body["amount"], act.body["reason"]) == ("0.042", "Poor call quality: echo on the line")


def test_goodwill_above_the_charge_is_refused_at_the_field(clerk: SignIn) -> None:
    one = clerk(place=CALL)
    one.press("Give goodwill")
    for typed, message in {
        "1": "Enter at most $0.042.",
        "0": "Enter an amount above zero.",
        "x": "Enter an amount in",
    }.items():
        one.fill(amount=typed)
        one.press("Continue", one.dialog)
        assert one.field_error("amount").startswith(message)
    assert one.api.requests == []


def test_call_is_waived_and_corrected(clerk: SignIn) -> None:
    one = clerk(place=CALL)
    one.press("Waive the charge")
    one.fill(reason="Agreed")
    one.go_on()
    one.confirm("Waive $0.042")
    one.sees("The call cost $0.042 and now costs $0.00.", one.dialog)
    one.press("Done", one.dialog)
    one.settle()
    one.press("Correct the duration")
    one.fill(duration_seconds="60", reason="The switch did not hang up")
    one.go_on()
    assert one.summary()["Price after"] == "about $0.0140"
    one.confirm("Correct to 1 min")
    one.sees("Difference", one.dialog)
    waived, corrected = one.api.requests
    assert waived.body["waive"] is True
    assert corrected.body["duration_seconds"] == 60
    assert waived.key != corrected.key


def test_refund_offers_what_is_left_of_the_payment(clerk: SignIn) -> None:
    one = clerk(place=f"{MERIDIAN}&view=payments")
    one.page.get_by_role("button", name=re.compile("^Refund")).last.click()
    expect(one.dialog.locator("[name=amount]")).to_have_value("15.00")
    one.fill(reason="Paid twice")
    one.go_on()
    assert one.summary()["Back to"] == "Mastercard ending 4444"
    assert one.summary()["Available after"] == "$26.2402"
    one.confirm("Refund $15.00")
    one.sees("$15.00 refunded.", one.dialog)
    [act] = one.api.requests
    assert act.path == "accounts/acct_meridian/top-ups/tu_3f4c2/refunds"
    assert act.body == {"amount": "15.00", "reason": "Paid twice"}


def test_transfer_shows_both_accounts_before_it_moves(clerk: SignIn) -> None:
    one = clerk(place="#transfer")
    one.break_network()
    one.press("New transfer")
    one.fill(from_account_id="acct_meridian", to_account_id="acct_nobody", amount="5", reason="Two accounts")
    one.press("Continue", one.dialog)
    assert one.field_error("to_account_id") == "To account does not exist: acct_nobody."
    one.fill(to_account_id="acct_halcyon", amount="41.25")
    one.press("Continue", one.dialog)
    assert one.field_error("amount") == "Amount must be at most $41.2402, the available credit."
    one.fill(amount="5")
    one.go_on()
    assert one.summary()["Available in acct_meridian after"] == "$36.2402"
    assert one.summary()["Available in acct_halcyon after"] == "$17.00"
    one.confirm("Transfer $5.00")
    one.sees("$5.00 transferred to acct_halcyon, whose balance is $17.00.", one.dialog)
    assert len(one.api.requests) == 1


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
    one.sees("You may read, and freeze or unfreeze this account.")
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


def lose_the_answer(one: Clerk) -> None:
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
