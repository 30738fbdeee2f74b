"""Tax on the page: before a payment, in its outcome, in the rule, and in the history with its receipts."""

from collections.abc import Callable

from playwright.sync_api import expect

from tests.browser import page_data, page_money_data
from tests.browser.page_api import problem
from tests.browser.page_data import MEMBER
from tests.browser.page_routes import pay
from tests.browser.page_server import PageServer, StubUser

User = Callable[..., StubUser]
QUEBEC = {"percent": "14.975", "reason": None}


def test_a_payment_shows_credit_tax_and_total_before_it_is_made(user: User, page_server: PageServer) -> None:
    page_server.api.overview["tax"] = QUEBEC
    one = user()
    one.page.get_by_label("Amount", exact=True).fill("10")
    one.sees("$10.00 credit plus $1.50 tax (14.975%)")
    one.press("Pay $11.50")
    one.sees("$11.50 with Visa ending 4242: $10.00 credit and $1.50 tax. Your credit is available now.")
    sent = page_server.api.bodies("POST /top-ups")[0]
    assert (sent["amount"], sent["total"]) == ("10.00", "11.50")


def test_a_total_that_changed_is_shown_and_paid_by_another_press(user: User, page_server: PageServer) -> None:
    api = page_server.api
    api.overview["tax"] = {"percent": "15", "reason": None}
    current = {"amount": "25.00", "tax": "5.00", "total": "30.00"}
    refusals = [problem(409, "total_changed", "Another total.", current=current)]
    api.on("POST /top-ups", lambda request: refusals.pop() if refusals else pay(api, request))
    one = user(fails=True)
    api.overview["tax"] = {"percent": "20", "reason": None}
    one.press("Pay $28.75")
    one.sees("Payment not made")
    one.sees("Now you would pay $30.00: $25.00 credit and $5.00 tax.")
    one.sees("You were not charged.")
    one.press("Back")
    one.press("Pay $30.00")
    one.sees("Funds added")
    first, second = api.bodies("POST /top-ups")
    assert (first["total"], second["total"]) == ("28.75", "30.00")


def test_the_tax_of_each_amount_is_half_up_to_the_cent(user: User, page_server: PageServer) -> None:
    page_server.api.overview["tax"] = {"percent": "2.5", "reason": None}
    one = user()
    for amount, total in (("5.00", "$5.13"), ("5.20", "$5.33"), ("123.45", "$126.54"), ("499.99", "$512.49")):
        one.page.get_by_label("Amount", exact=True).fill(amount)
        expect(one.page.get_by_role("button", name=f"Pay {total}", exact=True)).to_be_visible()


def test_a_second_payment_names_what_the_first_one_took(user: User, page_server: PageServer) -> None:
    page_server.api.overview["tax"] = QUEBEC
    one = user()
    one.press("Pay $28.74")
    one.press("Add more funds")
    one.press("Pay $28.74")
    dialog = one.page.get_by_role("dialog")
    one.sees("You began a payment of $28.74 less than a minute ago.", dialog)


def test_without_a_tax_nothing_is_said_about_it(user: User) -> None:
    one = user()
    expect(one.page.get_by_role("button", name="Pay $25.00")).to_be_visible()
    expect(one.page.get_by_text("tax", exact=False)).to_have_count(0)


def test_a_tax_that_cannot_be_calculated_leads_to_the_address(user: User, page_server: PageServer) -> None:
    page_server.api.overview["tax"] = {"percent": None, "reason": "tax_unavailable"}
    one = user()
    one.sees("The tax of a payment cannot be calculated.")
    expect(one.page.get_by_role("button", name="Pay")).to_have_count(0)
    one.follow("billing details")
    one.sees("Your address also decides which tax is added to payments.")


def test_a_payment_refused_for_its_tax_says_what_to_do(user: User, page_server: PageServer) -> None:
    page_server.api.on("POST /top-ups", problem(409, "tax_unavailable", "No tax rate."))
    one = user(fails=True)
    one.press("Pay $25.00")
    one.sees("The tax cannot be calculated. You were not charged. Check the billing details under Settings.")


def test_the_rule_says_what_its_charges_take(user: User, page_server: PageServer) -> None:
    api = page_server.api
    api.overview["tax"] = {"percent": "15", "reason": None}
    api.rule = page_data.active_rule()
    method = {"id": "pm_1", "brand": "visa", "last4": "4242"}
    api.charges_now = {**page_money_data.taxed("100.00", api.overview["tax"]), "payment_method": method}
    api.charged_at_once = "300.00"
    one = user()
    one.sees("It charges in steps of $28.75")
    one.page.locator(".recharge .actions button").first.click()
    one.sees("$28.75 includes $3.75 tax.")
    one.page.get_by_label("Recharge amount").fill("100")
    one.sees("Saving charges Visa ending 4242 $345.00 now in several payments, $115.00 first.")
    one.sees("$300.00 credit and $45.00 tax")
    one.press("Save and charge Visa ending 4242 $345.00 now")
    one.sees("A recharge is in progress.")
    assert api.bodies("PATCH /auto-recharge")[0]["accept_charge"] == "100.00"


def test_the_history_opens_receipts_and_credit_notes(user: User, page_server: PageServer) -> None:
    notes = [page_money_data.document(1, "2026-000003", amount="50.00")]
    own = {"amount": "86.96", "tax": "13.04", "total": "100.00", "receipt": page_money_data.document(1)}
    page_server.api.top_ups = [
        page_data.top_up(1, **own, refunded="50.00", credit_notes=notes),
        page_data.top_up(2, receipt=None),
    ]
    one = user(place="#/history")
    row = one.rows()[0]
    assert row[3] == "$100.00\n$86.96 credit and $13.04 tax"
    assert "$50.00 of $100.00 was refunded. The credit bought with it was taken off your balance." in row[4]
    assert row[5].split("\n") == ["Receipt 2026-000017", "Credit note 2026-000003", "At Stripe"]
    for name, title in (
        ("Receipt 2026-000017 for $100.00", "Receipt 2026-000017"),
        ("Credit note 2026-000003 for $50.00", "Credit note 2026-000003"),
    ):
        with one.context.expect_page() as opened:
            one.page.get_by_role("button", name=name).click()
        document = opened.value
        expect(document.get_by_role("heading", name=title)).to_be_visible()
        expect(document.get_by_role("heading", name=title)).to_have_css("color", "rgb(1, 2, 3)")
        document.close()
    assert one.rows()[1][5] == "Receipt"


def test_a_payment_without_a_receipt_shows_its_credit_and_debit_notes(user: User, page_server: PageServer) -> None:
    taken = page_money_data.document(1, "2026-000003", amount="50.00")
    returned = page_money_data.document(1, "2026-000004", amount="-50.00")
    page_server.api.top_ups = [page_data.top_up(1, receipt=None, credit_notes=[taken, returned])]
    one = user(place="#/history")
    assert one.rows()[0][5].split("\n") == ["Credit note 2026-000003", "Debit note 2026-000004", "At Stripe"]
    expect(one.page.get_by_role("button", name="Debit note 2026-000004 for $50.00")).to_be_visible()


def test_a_receipt_that_is_not_ready_is_said_on_the_page(user: User, page_server: PageServer) -> None:
    page_server.api.top_ups = [page_data.top_up(1, receipt=page_money_data.document(1))]
    page_server.api.on("GET /top-ups/{id}/receipt", problem(404, "no_receipt", "Not issued."))
    one = user(place="#/history", fails=True)
    one.page.get_by_role("button", name="Receipt 2026-000017").click()
    one.sees("The receipt is not ready yet. Try again in a minute.")
    assert len(one.context.pages) == 1


def test_billing_details_are_changed_from_their_version(user: User, page_server: PageServer) -> None:
    one = user(place="#/settings/billing")
    expect(one.page.get_by_label("Country")).to_have_value("CA")
    one.press("Save billing details")
    one.sees("Nothing was changed.")
    one.page.get_by_label("Legal name").fill("")
    one.press("Save billing details")
    one.sees("This field is required.")
    expect(one.page.get_by_label("Legal name")).to_be_focused()
    one.page.get_by_label("Legal name").fill("Engines Inc.")
    one.page.get_by_label("Kind of tax ID").select_option("None")
    expect(one.page.get_by_label("Number", exact=True)).to_be_hidden()
    one.page.get_by_label("Send receipts by e-mail").check()
    one.press("Save billing details")
    one.sees("The billing details are saved.")
    [body] = page_server.api.bodies("PUT /billing-details")
    assert body == {**page_money_data.details(), "legal_name": "Engines Inc.", "tax_id": None, "email_receipts": True}


def test_new_billing_details_begin_empty(user: User, page_server: PageServer) -> None:
    page_server.api.details = dict(page_money_data.NO_DETAILS)
    one = user(place="#/settings/billing")
    for name, value in (("Legal name", "Engines Inc."), ("Street and number", "1 Main St"), ("City", "Albany")):
        one.page.get_by_label(name).fill(value)
    one.press("Save billing details")
    one.sees("This field is required.")
    one.page.get_by_label("Country").select_option("United States")
    one.press("Save billing details")
    expect(one.page.get_by_label("State or province")).to_be_focused()
    one.page.get_by_label("State or province").fill("NY")
    one.press("Save billing details")
    one.sees("The billing details are saved.")
    assert page_server.api.details["address"]["country"] == "US"
    assert page_server.api.details["version"] == 1


def test_details_that_changed_meanwhile_keep_what_was_typed(user: User, page_server: PageServer) -> None:
    one = user(place="#/settings/billing", fails=True)
    one.page.get_by_label("Legal name").fill("Engines Inc.")
    page_server.api.details = page_money_data.details(version=9, po_number="PO 7")
    one.press("Save billing details")
    one.sees("Someone changed the billing details after you opened them.")
    expect(one.page.get_by_label("Legal name")).to_have_value("Engines Inc.")
    expect(one.page.get_by_label("Purchase order number")).to_have_value("PO 7")
    one.press("Save billing details")
    one.sees("The billing details are saved.")
    assert page_server.api.details["po_number"] == "PO 7"


def test_a_tax_id_that_fits_no_kind_is_said_at_its_field(user: User, page_server: PageServer) -> None:
    page_server.api.on("PUT /billing-details", problem(422, "invalid_tax_id", "The value is not valid."))
    one = user(place="#/settings/billing", fails=True)
    one.page.get_by_label("Number", exact=True).fill("123")
    one.press("Save billing details")
    one.sees("This number does not fit its kind. Check its digits.")
    expect(one.page.get_by_label("Number", exact=True)).to_be_focused()


def test_a_member_reads_the_billing_details(user: User, page_server: PageServer) -> None:
    one = user(MEMBER, "#/settings/billing")
    one.sees("Only a billing admin of your account can change billing details.")
    one.sees("Analytical Engines Ltd.")
    one.sees("GST/HST number (Canada): 123456782RT0001")
    one.sees("Canada")
    expect(one.page.get_by_role("textbox")).to_have_count(0)
