"""The desk on budgets, granted credit that expires, receipts, tax in refunds, and promotion codes."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.desk import ADJUSTMENT, SUPPORT, StubClerk

SignIn = Callable[..., StubClerk]
MERIDIAN = "#account=acct_meridian"


def test_lines_show_the_budgets_that_customers_set(clerk: SignIn) -> None:
    one = clerk(place=f"{MERIDIAN}&view=people")
    rows = one.rows(one.card("Lines"))
    assert rows[0][4] == "Line: $17.30 of $20.00 spent, $1.00 on hold, refused a call"
    assert rows[1][4].split("\n") == ["All lines of the user: $48.00 of $50.00 spent, only announced", "Asked for more"]
    assert rows[2][4] == "None"


def test_granted_credit_shows_the_rest_of_each_grant(clerk: SignIn) -> None:
    one = clerk(place=MERIDIAN)
    rows = one.rows(one.card("Granted credit"))
    assert [row[1:7] for row in rows] == [
        ["Promotional", "$20.00", "$4.0402", "$0.00", "$0.00", "$15.9598"],
        ["Granted", "$50.00", "$50.00", "$0.00", "$0.00", "$0.00"],
        ["Granted", "$30.00", "$10.00", "$20.00", "$0.00", "$0.00"],
    ]
    assert rows[1][7] == "Never"


def test_the_rest_of_a_mistaken_grant_is_taken_back(clerk: SignIn) -> None:
    one = clerk(place=MERIDIAN)
    one.press("Take back $15.9598 of the grant of $20.00")
    one.fill(reason="By mistake")
    one.go_on()
    assert one.summary()["Credit taken back"] == "$15.9598"
    one.confirm("Take $15.9598 back")
    one.sees("$15.9598 taken back.", one.dialog)
    [act] = one.api.requests
    assert act.body == {"amount": "-15.9598", "reason": "By mistake", "lot_id": f"adj_{1:032x}"}


def test_credit_is_given_on_terms(clerk: SignIn) -> None:
    one = clerk(place=MERIDIAN)
    one.press(ADJUSTMENT)
    one.fill(direction="give", amount="10", reason="A bad week", kind="promotional", expires_at="2027-01-31")
    one.go_on()
    assert one.summary()["Kind"] == "Promotional"
    assert one.summary()["Expires after"] == "Jan 31, 2027"
    one.confirm("Give $10.00")
    one.sees("$10.00 given.", one.dialog)
    [act] = one.api.requests
    terms = {"kind": "promotional", "expires_at": "2027-01-31"}
    assert act.body == {"amount": "10.00", "reason": "A bad week", **terms}


@pytest.mark.parametrize(
    ("values", "terms"),
    [
        ({"direction": "give", "expires_at": "2027-01-31"}, {"kind": "granted", "expires_at": "2027-01-31"}),
        ({"direction": "give"}, {}),
        ({"direction": "take", "kind": "granted", "expires_at": "2027-01-31"}, {}),
    ],
)
def test_only_given_credit_has_terms(clerk: SignIn, values: dict[str, str], terms: dict[str, str]) -> None:
    one = clerk(place=MERIDIAN)
    one.press(ADJUSTMENT)
    one.fill(amount="10", reason="A bad week", **values)
    one.go_on()
    one.dialog.get_by_role("button", name="$10.00").click()
    one.sees("The balance is", one.dialog)
    [act] = one.api.requests
    assert {name: act.body[name] for name in ("kind", "expires_at") if name in act.body} == terms


def test_payments_show_tax_receipts_and_credit_notes(clerk: SignIn) -> None:
    one = clerk(place=f"{MERIDIAN}&view=payments")
    [row] = [row for row in one.rows() if "2026-000018" in row[6]]
    assert row[3] == "$100.00\n$86.96 credit and $13.04 tax"
    assert row[6].split("\n") == ["2026-000018", "Credit note 2026-000003, $50.00"]


def test_refund_of_a_taxed_payment_takes_back_its_share_of_credit(clerk: SignIn) -> None:
    one = clerk(place=f"{MERIDIAN}&view=payments")
    one.page.get_by_role("button", name="Refund $100.00 of").click()
    one.fill(amount="50.00", reason="Paid twice")
    one.go_on()
    assert one.summary()["Refund"] == "$50.00"
    assert one.summary()["Credit taken back"] == "$43.48"
    one.press("Back", one.dialog)
    one.fill(amount="0.10")
    one.go_on()
    assert one.summary()["Credit taken back"] == "$0.09"


def test_finance_lists_and_creates_promotion_codes(clerk: SignIn) -> None:
    one = clerk(place="#promotions")
    rows = one.rows()
    assert [row[0] for row in rows] == ["WELCOME-2026", "SPRING", "LEAKED", "OLD-CODE"]
    assert rows[1][3] == "$0.00\nGiven away"
    assert "Withdrawn" in rows[2][5]
    assert "Expired" in rows[3][5]
    assert [row[7] for row in rows] == ["Withdraw", "", "", ""]
    one.press("Create a code")
    one.fill(code="ab", amount="10", total="95", expires_at="")
    one.press("Continue", one.dialog)
    one.sees("Enter 4 to 32 letters, digits, or hyphens.", one.dialog)
    one.sees("Choose a day.", one.dialog)
    one.fill(code="summer-27", expires_at="2027-06-30")
    one.go_on()
    assert one.summary()["Code"] == "SUMMER-27"
    assert one.summary()["Accounts that can use it"] == "9"
    assert one.summary()["Given at most"] == "$90.00"
    one.confirm("Create a code of $95.00")
    one.sees("The code SUMMER-27 can be used now.", one.dialog)
    one.press("Done", one.dialog)
    one.sees("SUMMER-27", one.card("Codes"))
    [act] = one.api.requests
    body = {"code": "SUMMER-27", "amount": "10.00", "total": "95.00", "expires_at": "2027-06-30"}
    assert (act.path, act.body) == ("promotions", body)
    assert act.key


def test_second_person_sees_the_terms_before_approving(clerk: SignIn) -> None:
    one = clerk(place="#approvals")
    one.press("Approve: Adjustment of $130.00")
    assert one.summary()["Kind"] == "Granted"
    assert one.summary()["Expires"].startswith("Jan 31, 2027")
    one.press("Cancel", one.dialog)
    one.press("Approve: Promotion of $500.00")
    one.sees("The code can be used at once.", one.dialog)
    shown = one.summary()
    assert list(shown) == ["What", "Account", "Requested by", "Each account gets", "Expires", "Amount"]
    assert (shown["What"], shown["Each account gets"], shown["Amount"]) == ("Promotion\nWINTER-27", "$10.00", "$500.00")
    one.confirm("Approve $500.00")
    one.sees("The code WINTER-27 can be used now.", one.dialog)


def test_open_payments_are_named_by_what_the_card_pays(clerk: SignIn) -> None:
    one = clerk(place=MERIDIAN)
    taxed = {"amount": "86.96", "tax": "13.04", "total": "100.00"}
    one.api.in_flight = {**taxed, "top_up_id": "tu_" + 32 * "8"}
    one.press("Switch off")
    one.fill(reason="A stolen card")
    one.go_on()
    one.confirm("Switch off")
    one.sees("A payment of $100.00 was already in progress", one.dialog)
    one.press("Done", one.dialog)
    one.settle()
    payment = {"id": "tu_" + 32 * "8", "kind": "automatic", "status": "processing", **taxed}
    one.api.closing |= {"can_close": False, "open_payments": [payment | {"created_at": "2026-11-23T10:00:00.000Z"}]}
    one.press("Close account")
    one.fill(reason="Moved away")
    one.press("Continue", one.dialog)
    one.sees("Payments are still open: $100.00 of", one.dialog)


def test_support_ends_sign_ins(clerk: SignIn) -> None:
    one = clerk(SUPPORT, MERIDIAN)
    one.press("End a sign-in")
    one.fill(user="5f0c")
    one.go_on()
    one.confirm("Sign out")
    one.sees("Signed out.", one.dialog)
    one.show(f"{MERIDIAN}&view=activity")
    expect(one.page.get_by_role("button", name=re.compile("^Sign out")).first).to_be_enabled()
    assert [act.path for act in one.api.requests] == ["accounts/acct_meridian/users/5f0c/sign-out"]


def test_finance_withdraws_a_promotion_code(clerk: SignIn) -> None:
    one = clerk(place="#promotions")
    one.press("Withdraw WELCOME-2026")
    one.fill(reason="Posted in a forum")
    one.go_on()
    assert one.summary()["No longer given"] == "$940.00"
    one.confirm("Withdraw WELCOME-2026")
    one.sees("The code WELCOME-2026 gives nothing more.", one.dialog)
    [act] = one.api.requests
    body = {"code": "WELCOME-2026", "withdrawn": True, "reason": "Posted in a forum"}
    assert (act.path, act.body) == ("promotions", body)


def test_support_sees_no_promotions(clerk: SignIn) -> None:
    one = clerk(SUPPORT, "#promotions")
    one.sees("Only members of the finance group may do this.")
    expect(one.page.get_by_role("link", name="Promotions")).to_have_count(0)


def test_caps_of_the_account_are_switched_off_by_an_empty_field(clerk: SignIn) -> None:
    one = clerk(place=MERIDIAN)
    one.sees("off", one.card("Limits"))
    one.press("Change limits")
    one.fill(first_country_cap="5", young_money_cap="")
    one.go_on()
    assert one.summary() == {"New country per day": "off → $5.00", "New card's credit per day": "$20.00 → off"}
    one.confirm("Change limits")
    one.sees("Limits changed.", one.dialog)
    [act] = one.api.requests
    assert act.body == {"first_country_cap": "5.00", "young_money_cap": None}


def test_a_country_is_confirmed_where_its_call_was_refused(clerk: SignIn) -> None:
    one = clerk(place=f"{MERIDIAN}&view=refused")
    one.sees("FR is confirmed or known by now.")
    one.press("Confirm JP, called at +81312345678")
    assert one.summary() == {"Country": "JP", "Refused call": "+81312345678", "From now on": "Not capped"}
    one.confirm("Confirm JP")
    one.sees("JP is confirmed.", one.dialog)
    [act] = one.api.requests
    assert (act.method, act.path) == ("POST", "accounts/acct_meridian/countries/JP/confirm")


def test_support_confirms_no_country(clerk: SignIn) -> None:
    one = clerk(SUPPORT, place=f"{MERIDIAN}&view=refused")
    expect(one.page.get_by_role("button", name="Confirm JP, called at +81312345678")).to_be_disabled()
