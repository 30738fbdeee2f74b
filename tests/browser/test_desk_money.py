"""Moving money at the desk: each act shows the exact amount first, and then moves exactly that."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.desk import StubClerk, adjust

SignIn = Callable[..., StubClerk]
MERIDIAN = "#account=acct_meridian"
CALL = f"{MERIDIAN}&view=call&call=c_1"


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


def test_refund_offers_the_rest_of_the_payment(clerk: SignIn) -> None:
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
    assert act.path == f"accounts/acct_meridian/top-ups/tu_{3:032x}/refunds"
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
