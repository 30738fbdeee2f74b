"""The view of rates: one field for countries and numbers, few rows first, announced changes, and one line's prices."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import expect

from tests.browser import page_data
from tests.browser.page_api import problem
from tests.browser.page_server import PageServer, StubUser

User = Callable[..., StubUser]
FIELD = "Country or number"


def at(user: User, place: str, **options: bool) -> StubUser:
    """A user who signed in before opening the view, which needs no sign-in."""
    one = user(**options)
    one.open(place)
    one.settle()
    return one


def options(one: StubUser, text: str) -> list[str]:
    """What the field offers for a text."""
    one.page.get_by_label(FIELD).fill(text)
    return [row.split("\n")[0] for row in one.page.get_by_role("option").all_inner_texts()]


FOUND = {
    "united king": "United Kingdom",
    "UK": "United Kingdom",
    "scotland": "United Kingdom",
    "Holland": "Netherlands",
    "ivory coast": "C\u00f4te d\u2019Ivoire",
    "cote d'ivoire": "C\u00f4te d\u2019Ivoire",
    "Deutschland": "Germany",
    "Allemagne": "Germany",
    "espana": "Spain",
    "\u65e5\u672c": "Japan",
    "GB": "United Kingdom",
    "korea": "South Korea",
    "Saint Lucia": "St. Lucia",
    "+44": "United Kingdom",
    "+1868": "Trinidad & Tobago",
    "0033 1": "France",
    "iridium": "Satellite and global networks",
}


def test_countries_are_found_by_name_alias_local_name_and_prefix(user: User) -> None:
    one = at(user, "#/rates")
    assert {text: options(one, text)[0] for text in FOUND} == FOUND


def test_numbers_are_looked_up_as_people_write_them(user: User, page_server: PageServer) -> None:
    one = at(user, "#/rates")
    for text in ("+44 20 7183 8750", "(212) 555-0100", "011 44 20 7183 8750", "911"):
        assert options(one, text)[0] == f"Rate for {text}"
        one.page.keyboard.press("Enter")
        one.shows(f"#/rates?{urlencode({'number': text})}")
        one.settle()
        expect(one.page.get_by_label(FIELD)).to_have_value(text)
        [*_, last] = [each for each in page_server.api.requests if each.route == "GET /account/rates"]
        assert last.query["number"] == text


def test_a_country_is_chosen_by_keyboard_alone(user: User, page_server: PageServer) -> None:
    one = at(user, "#/rates")
    field = one.page.get_by_role("combobox", name=FIELD)
    field.focus()
    one.page.keyboard.type("united")
    expect(field).to_have_attribute("aria-expanded", "true")
    names = one.page.get_by_role("option").all_inner_texts()
    wanted = next(index for index, name in enumerate(names) if name.startswith("United Kingdom"))
    for _ in range(wanted):
        one.page.keyboard.press("ArrowDown")
    active = field.get_attribute("aria-activedescendant")
    assert one.page.locator(f"#{active}").inner_text().startswith("United Kingdom")
    one.page.keyboard.press("Enter")
    one.shows("#/rates?country=GB")
    one.settle()
    one.sees("$0.0135")
    [*_, last] = [each for each in page_server.api.requests if each.route == "GET /account/rates"]
    assert last.query == {"country": "GB", "rows": "3", "limit": "200"}


def test_escape_closes_the_offers_and_keeps_the_text(user: User) -> None:
    one = at(user, "#/rates")
    options(one, "fran")
    one.page.keyboard.press("Escape")
    expect(one.page.get_by_role("option")).to_have_count(0)
    expect(one.page.get_by_label(FIELD)).to_have_value("fran")
    one.press("Look up")
    one.shows("#/rates?country=FR")


def test_a_text_that_means_nothing_is_refused(user: User) -> None:
    one = at(user, "#/rates")
    one.page.get_by_label(FIELD).fill("atlantis")
    one.press("Look up")
    one.sees("No country has this name.")
    expect(one.page.get_by_label(FIELD)).to_be_focused()


def test_an_invalid_number_keeps_what_was_typed(user: User, page_server: PageServer) -> None:
    page_server.api.on("GET /account/rates", problem(422, "invalid_number", "number must be a phone number."))
    one = at(user, "#/rates?number=555-0100", fails=True)
    one.sees("Enter a phone number, such as +44 20 7183 8750 or (212) 555-0100.")
    expect(one.page.get_by_label(FIELD)).to_have_value("555-0100")


def rows_of(country: str, **last: Any) -> list[dict[str, Any]]:
    """Three telling rows of a country."""
    fixed = page_data.price("United Kingdom - Landline", country, "44", "0.0135")
    mobile = page_data.price("United Kingdom - Mobile", country, "447", "0.032", increment_seconds=1)
    dear = page_data.price("United Kingdom - Premium", country, "449", "1.20", minimum_seconds=30, increment_seconds=6)
    return [fixed, mobile, dear | last]


def test_three_rows_are_shown_with_all_prefixes_behind_them(user: User, page_server: PageServer) -> None:
    page_server.api.rates = rows_of("GB", more=57)
    one = at(user, "#/rates?country=GB")
    assert len(one.rows()) == 3
    assert [row[-1] for row in one.rows()] == [
        "By the minute",
        "By the second",
        "In steps of 6 seconds, at least 30 seconds",
    ]
    one.follow("Show all prefixes (57 more)")
    [*_, last] = [each for each in page_server.api.requests if each.route == "GET /account/rates"]
    assert "rows" not in last.query
    one.follow("Show fewer rows")


def test_rate_steps_are_shown_below_their_row(user: User, page_server: PageServer) -> None:
    steps = [
        {"from_second": 60, "rate_per_minute": "0.0065", "increment_seconds": 1},
        {"from_second": 3600, "rate_per_minute": "0.00", "increment_seconds": 60},
    ]
    fixed, mobile, dear = rows_of("GB")
    page_server.api.rates = [fixed | {"rate_steps": steps}, mobile, dear]
    one = at(user, "#/rates?country=GB")
    for text in ("$0.0065 after 1 min", "$0.0000 after 1 h", "By the second after 1 min", "By the minute after 1 h"):
        one.sees(text)
    assert len(one.rows()) == 3


def test_an_announced_change_is_marked_once(user: User, page_server: PageServer) -> None:
    change = {"changes_at": "2099-01-01T17:00:00.000Z", "next_rate_per_minute": "0.02"}
    fixed, mobile, dear = rows_of("GB")
    ahead = fixed | {"effective_from": change["changes_at"], "rate_per_minute": "0.02"}
    page_server.api.rates = [fixed | change, mobile, dear, ahead]
    one = at(user, "#/rates?country=GB")
    assert len(one.rows()) == 3
    one.sees("$0.0200 from Jan 1, 2099")


def test_popular_destinations_come_first_and_lead_to_their_country(user: User, page_server: PageServer) -> None:
    one = at(user, "#/rates")
    expect(one.page.get_by_role("heading", name="Popular destinations")).to_be_visible()
    [*_, last] = [each for each in page_server.api.requests if each.route == "GET /account/rates"]
    assert last.query == {"popular": "1", "limit": "200"}
    one.follow("France")
    one.shows("#/rates?country=FR")


def test_prices_of_one_line_stay_its_own_in_each_search(user: User, page_server: PageServer) -> None:
    one = at(user, "#/rates?line_id=line_1")
    one.sees("+1 212 555 0001")
    options(one, "france")
    one.page.keyboard.press("Enter")
    one.shows("#/rates?country=FR&line_id=line_1")
    one.settle()
    [*_, last] = [each for each in page_server.api.requests if each.route == "GET /account/rates"]
    assert last.query["line_id"] == "line_1"
    one.follow("Show the prices of all lines")
    one.shows("#/rates?country=FR")


def test_a_call_leads_to_the_rates_of_its_number(user: User) -> None:
    one = user(place="#/usage/outbound_international_call")
    one.page.get_by_role("button", name="Price details").first.click()
    one.page.get_by_role("link", name="Current rates of this number").click()
    one.shows("#/rates?number=%2B442071838750")
    expect(one.page.get_by_role("dialog")).to_have_count(0)
    one.sees("Rate for +44 20 7183 8750")


def test_rates_are_public_without_a_sign_in(user: User, page_server: PageServer) -> None:
    one = user()
    one.context.clear_cookies()
    page = one.context.new_page()
    page.goto(f"{one.home}#/rates?country=GB")
    expect(page.get_by_text("$0.0135")).to_be_visible()
    assert page_server.api.count("GET /rates") == 1
