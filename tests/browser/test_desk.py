"""The support desk: finding a customer, reading an account, explaining a call. It runs over a stand-in for the API."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from tests.browser.desk import CUSTOMER, FINANCE, SUPPORT, StubClerk
from tests.browser.desk_texts import CALL_AT, HOSTILE
from tests.browser.test_accessibility import overflows, violations
from tests.browser.visitor import DESKTOP, PHONE, Device

SignIn = Callable[..., StubClerk]
MERIDIAN = "#account=acct_meridian"
VIEWS = ("calls", "payments", "statement", "people", "refused", "activity", "mails")
PLACES = (
    "#find",
    MERIDIAN,
    *(f"{MERIDIAN}&view={view}" for view in VIEWS),
    f"{MERIDIAN}&view=call&call=c_2",
    "#account=acct_frozen",
    "#account=acct_closed",
    "#account=acct_nobody",
    "#approvals",
    "#transfer",
    "#promotions",
    "#margins",
)
SMALL: Device = {**PHONE, "viewport": {"width": 375, "height": 740}, "color_scheme": "dark"}


def find(clerk: StubClerk, words: str) -> list[list[str]]:
    """Search, and return the rows found."""
    clerk.page.get_by_role("searchbox").fill(words)
    clerk.press("Find")
    clerk.settle()
    return clerk.rows()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("acct_mer", "acct_meridian"),
        ("dana l", "acct_halcyon"),
        ("billing@acct-frozen.example", "acct_frozen"),
        ("meridian tr", "acct_meridian"),
        ("+12125550047", "acct_meridian"),
    ],
)
def test_one_field_finds_a_customer(clerk: SignIn, words: str, found: str) -> None:
    one = clerk()
    assert [row[0] for row in find(one, words)] == [found]
    assert words not in one.page.url
    one.page.get_by_role("link", name=found).click()
    one.shows(f"#account={found}")
    one.settle()
    one.follow("Find a customer")
    assert [row[0] for row in one.rows()] == [found]


def test_search_says_when_nothing_or_too_much_is_found(clerk: SignIn) -> None:
    one = clerk()
    one.press("Find")
    expect(one.page.get_by_role("searchbox")).to_be_focused()
    one.sees("Enter an account id, a name, an e-mail, or a phone number.")
    assert find(one, "nobody") == []
    one.sees("No account found.")
    assert len(find(one, "acct_")) == 4
    one.sees("More accounts match.")


def test_account_shows_balance_rule_cards_and_limits(clerk: SignIn) -> None:
    one = clerk(place=MERIDIAN)
    one.sees("$41.24", one.card("Balance"))
    one.sees("$0.14 for 1 call in progress", one.card("Balance"))
    one.sees("Suspended", one.card("Automatic recharge"))
    one.sees("A payment of this card was disputed.", one.card("Automatic recharge"))
    assert [row[1].split("\n")[0] for row in one.rows(one.card("Cards"))] == ["Usable", "Blocked"]
    one.sees("Set by the customer", one.card("Limits"))
    one.press("Prove the ledger now")
    one.sees("The ledger proves.", one.card("Balance"))


@pytest.mark.parametrize("view", VIEWS)
def test_each_view_of_an_account_is_a_deep_link(clerk: SignIn, view: str) -> None:
    one = clerk(place=f"{MERIDIAN}&view={view}")
    assert one.page.url == f"{one.home}{MERIDIAN}&view={view}"
    assert one.rows()
    expect(one.page.get_by_role("navigation", name="Account").locator("[aria-current]")).to_have_count(1)
    assert one.api.reads.count("accounts/acct_meridian") == 1


def test_views_of_one_account_load_it_once(clerk: SignIn) -> None:
    one = clerk(place=MERIDIAN)
    for view in VIEWS:
        one.show(f"{MERIDIAN}&view={view}")
    assert one.api.reads.count("accounts/acct_meridian") == 1
    assert one.api.reads.count("accounts/acct_meridian/lines") == 1, "The account's own lines have no budgets."
    assert len(one.api.reads) == 9


def test_mails_show_the_addresses_that_mails_came_back_from(clerk: SignIn) -> None:
    one = clerk(place=f"{MERIDIAN}&view=mails")
    rows = [row for row in one.rows() if "@acct-meridian.example" in row[0]]
    assert [row[1].replace("\n", " ") for row in rows[:2]] == [
        "Came back for good OnAccountSuppressionList",
        "Marked as spam",
    ]
    assert [row[4].split("\n")[0] for row in rows] == ["Only about safety", "None", "All"]
    one.sees("Change e-mails: remove the address, then add it again.")
    one.sees("Send again sends to any of these addresses, too.")


def test_payments_show_stripes_state_and_the_rest_to_refund(clerk: SignIn) -> None:
    one = clerk(place=f"{MERIDIAN}&view=payments")
    states = [row[5] for row in one.rows()]
    both = ["$100.00 received, $50.00 refunded", "$25.00 received, $10.00 refunded, disputed"]
    assert states == ["$25.00 received", "Failed", *both]
    expect(one.page.get_by_role("button", name=re.compile("^Refund"))).to_have_count(3)


def test_call_is_found_by_number_and_time_and_explained(clerk: SignIn) -> None:
    one = clerk(place=f"{MERIDIAN}&view=calls")
    one.break_network()  # The browser reports the refused number as an error.
    one.press("Find the call")
    expect(one.page.get_by_label("Number called")).to_be_focused()
    one.page.get_by_label("Number called").fill("207183")
    one.page.get_by_label("Time", exact=True).fill(f"{CALL_AT:%Y-%m-%d}T05:00")
    one.press("Find the call")
    one.sees("Number must be a number such as +442071838750.")
    one.page.get_by_label("Number called").fill("+44 2071838750")
    with one.page.expect_request(lambda request: "/calls?" in request.url) as asked:
        one.press("Find the call")
    zone_hours = 5 if "T10" in asked.value.url else 4
    assert f"at={CALL_AT:%Y-%m-%d}T{5 + zone_hours:02d}%3A00%3A00.000Z" in asked.value.url
    one.page.get_by_role("link", name="Explain the call to +442071838750").first.click()
    one.sees("180 s at $0.014 per minute")
    for title in ("Call", "Price", "Authorization", "Entries"):
        expect(one.card(title)).to_be_visible()
    one.sees("Promised before the call", one.card("Price"))


def test_goodwill_is_offered_once_per_call_and_says_why(clerk: SignIn) -> None:
    one = clerk(place=f"{MERIDIAN}&view=call&call=c_2")
    expect(one.page.get_by_role("button", name="Give goodwill")).to_be_disabled()
    one.sees("Goodwill was given for this call already.")
    one.sees("1 h for $0.84 → 3 min for $0.042. The switch did not hang up", one.card("Changes"))
    one.sees("The duration is hard to believe.")


@pytest.mark.parametrize("place", [MERIDIAN, *(f"{MERIDIAN}&view={view}" for view in VIEWS)])
def test_hostile_texts_are_shown_as_text(clerk: SignIn, place: str) -> None:
    one = clerk(place=place)
    expect(one.page.get_by_text(HOSTILE).first).to_be_attached()
    assert one.page.locator("main img").count() == 0
    assert one.page.title() != "1"


def test_a_customer_of_the_pool_may_not_use_the_desk(clerk: SignIn) -> None:
    one = clerk(CUSTOMER)
    one.sees("This sign-in may not use the desk")
    assert one.api.reads == []
    one.press("Sign out", one.page.locator("main"))
    one.sees("For the phone company's staff.")
    assert one.page.evaluate("sessionStorage.length") == 0


def test_unknown_account_says_so_and_leads_back(clerk: SignIn) -> None:
    one = clerk()
    one.break_network()
    one.show("#account=acct_nobody")
    one.sees("This account does not exist.")
    one.follow("Find a customer")


@pytest.mark.parametrize(("email", "device"), [(FINANCE, DESKTOP), (SUPPORT, SMALL)], ids=["desktop", "phone, dark"])
def test_axe_finds_no_violation_and_nothing_overflows(clerk: SignIn, email: str, device: Device) -> None:
    one = clerk(email, device=device)
    one.break_network()
    find(one, "acct_")
    assert violations(one) == []
    for place in PLACES:
        one.show(place)
        assert violations(one) == [], place
        assert not overflows(one), place
    one.press("Sign out")
    one.sees("For the phone company's staff.")
    assert violations(one) == []


def test_navigation_moves_focus_and_sets_the_title(clerk: SignIn) -> None:
    one = clerk()
    for name in ("Approvals", "Transfer", "Find"):
        one.follow(name)
        expect(one.page.locator("main h1")).to_be_focused()
        expect(one.page).to_have_title(f"{name} · Support desk")


def test_margins_add_up_every_part_of_the_report(clerk: SignIn) -> None:
    one = clerk(FINANCE, "#margins")
    one.settle()
    [place] = one.rows(one.card("By destination"))
    assert place[:5] == ["GB", "United Kingdom", "4", "$0.40", "$0.30"]
    assert [row[0] for row in one.rows(one.card("By customer"))] == ["acct_meridian", "acct_halcyon"]
    one.sees("25.0 %", one.card("All calls"))
    assert one.api.reads.count("margins") == 2


def test_support_sees_no_margins(clerk: SignIn) -> None:
    one = clerk(SUPPORT)
    expect(one.page.get_by_role("link", name="Margins")).to_have_count(0)
    other = clerk(SUPPORT, "#margins")
    other.sees("Only members of the finance group may do this.")
