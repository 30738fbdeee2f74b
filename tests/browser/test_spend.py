"""Where the money went: exact sums in parts, the period before, filters in the address, and charts without a mouse."""

import re
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.browser.money_book import GROUPS, Book, day_ago, sums, usual_book
from tests.browser.page_api import problem
from tests.browser.page_server import PageServer, StubUser
from tests.browser.test_accessibility import violations

User = Callable[..., StubUser]
WEEK = "#/spend?range=week"


@pytest.fixture
def book(page_server: PageServer) -> Book:
    """Two weeks of calls, summed up in parts of fifty."""
    return usual_book(part=50)


def open_spend(user: User, page_server: PageServer, book: Book, place: str = WEEK, **options: Any) -> StubUser:
    """A user who sees the sums of a book."""
    page_server.api.reset()
    book.install(page_server.api)
    one = user(**options)
    one.open(place)
    one.settle()
    expect(one.page.locator(".progress")).to_have_count(0)
    return one


def cents(amount: Decimal) -> str:
    """An amount as the page shows a sum."""
    return f"${amount.quantize(Decimal('0.01'), ROUND_HALF_UP)}"


def of_week(book: Book, weeks_ago: int = 0, **filters: str) -> list[dict[str, Any]]:
    """The calls of seven days."""
    first, last = 6 + 7 * weeks_ago, 7 * weeks_ago
    return book.matching({"from": day_ago(first), "to": day_ago(last), **filters})


def total(calls: list[dict[str, Any]]) -> Decimal:
    """What calls cost."""
    return Decimal(sums(calls)["total"])


def shows_total(one: StubUser, calls: list[dict[str, Any]]) -> None:
    """Wait until the view shows the total of these calls."""
    expect(one.page.locator(".total .amount")).to_have_text(cents(total(calls)))
    expect(one.page.locator(".total")).to_contain_text(f"{len(calls):,} call")


def group_rows(one: StubUser, title: str) -> list[list[str]]:
    """The rows of a group's table."""
    card = one.card(title)
    card.get_by_text("Show as a table").click()
    return one.rows(card)


def test_sums_of_many_parts_equal_those_of_all_calls(user: User, page_server: PageServer, book: Book) -> None:
    one = open_spend(user, page_server, book)
    calls = of_week(book)
    assert len(calls) > 2 * book.part
    shows_total(one, calls)
    one.sees(re.compile(f"{len(calls)} calls"))
    for name, title in (("user", "Spend by user"), ("line", "Spend by line"), ("country", "Spend by country")):
        wanted: dict[str | None, list[dict[str, Any]]] = {}
        for call in calls:
            wanted.setdefault(GROUPS[name](call)[0], []).append(call)
        amounts = sorted((total(group) for group in wanted.values()), reverse=True)
        assert [row[3] for row in group_rows(one, title)] == [cents(amount) for amount in amounts]
    days = group_rows(one, "Spend by day")
    by_day = [total([call for call in calls if GROUPS["day"](call)[0] == day_ago(6 - day)]) for day in range(7)]
    assert [row[1] for row in days] == [cents(amount) for amount in by_day]


def test_change_is_that_to_the_period_of_equal_length_before(user: User, page_server: PageServer, book: Book) -> None:
    book.calls = [call for call in book.calls if call["country"] != "FR" or call in of_week(book)]
    one = open_spend(user, page_server, book)
    now, before = total(of_week(book)), total(of_week(book, 1))
    difference = now - before
    percent = (100 * difference / before).quantize(Decimal("0.1"), ROUND_HALF_UP).normalize()  # 19, not 19.0.
    word = "more" if difference > 0 else "less"
    one.sees(f"{cents(abs(difference))} {word} than in the period before ({percent:+f}%)")
    one.sees(cents(before))
    asked = [(query["from"], query["to"]) for query in book.seen]
    assert asked[-1] == (day_ago(13), day_ago(7))
    rows = {row[0]: row for row in group_rows(one, "Spend by country")}
    assert rows["France"][4] == "New"
    assert rows["India"][4].endswith("%)")


def test_period_that_cannot_be_compared_says_why(user: User, page_server: PageServer, book: Book) -> None:
    book.calls = of_week(book)
    one = open_spend(user, page_server, book)
    one.sees("has no such calls")
    expect(one.page.get_by_text("%)")).to_have_count(0)


def test_more_than_the_limit_is_said_with_what_to_do(user: User, page_server: PageServer) -> None:
    book = usual_book(part=50, most=100)
    one = open_spend(user, page_server, book)
    one.sees("This period has more than 10,000 calls.")
    one.sees("the 100 newest calls")
    one.sees("Choose a shorter period, or ask your provider to turn on daily sums")
    one.sees(cents(total(of_week(book)[:100])))
    one.sees("not compared with the period before")
    assert violations(one) == []


def test_every_filter_lives_in_the_address(user: User, page_server: PageServer, book: Book) -> None:
    call = next(call for call in of_week(book) if call["user"]["id"] == "user_1" and call["line_id"] == "line_1")
    filters = {"user_id": "user_1", "line_id": "line_1", "country": call["country"], "find": call["to"][:6]}
    filters |= {"date": GROUPS["day"](call)[0] or ""}
    query = "&".join(f"{name}={quote(value)}" for name, value in filters.items())
    one = open_spend(user, page_server, book, f"{WEEK}&category=outbound_international_call&{query}")
    shows_total(one, of_week(book, **filters))
    asked = [request.query for request in page_server.api.requests if request.route == "GET /spending"]
    assert asked[0] | filters | {"category": "outbound_international_call"} == asked[0]
    assert {query.get("date") for query in asked[-2:]} == {filters["date"], None}, "The day before has other dates."
    one.page.reload()
    one.come_back()
    shows_total(one, of_week(book, **filters))
    for text in ("User: Ada Lovelace", "Line: +1 212 555 0001"):
        expect(one.page.get_by_role("link", name=f"Remove the filter {text}")).to_be_visible()
    expect(one.page.get_by_label("Search")).to_have_value(call["to"][:6])
    expect(one.page.get_by_label("Category")).to_have_value("outbound_international_call")


def test_row_narrows_and_back_widens(user: User, page_server: PageServer, book: Book) -> None:
    one = open_spend(user, page_server, book)
    one.card("Spend by user").get_by_text("Show as a table").click()
    one.press("Show only Ada Lovelace")
    expect(one.page).to_have_url(re.compile("user_id=user_1"))
    shows_total(one, of_week(book, user_id="user_1"))
    one.page.get_by_label("Search").fill("france")
    expect(one.page).to_have_url(re.compile("find=france"))
    shows_total(one, of_week(book, user_id="user_1", find="france"))
    one.page.go_back()
    shows_total(one, of_week(book, user_id="user_1"))
    expect(one.page.get_by_label("Search")).to_have_value("")
    one.page.get_by_role("link", name="Remove the filter User: Ada Lovelace").click()
    shows_total(one, of_week(book))
    one.page.go_back()
    expect(one.page).to_have_url(re.compile("user_id=user_1"))
    shows_total(one, of_week(book, user_id="user_1"))


def test_adding_up_can_be_stopped_and_continued(user: User, page_server: PageServer, book: Book) -> None:
    one = open_spend(user, page_server, book, "#/history")
    page_server.api.hold("GET /spending")
    one.page.evaluate("place => { location.hash = place; }", WEEK)
    one.press("Stop")
    one.sees("Stopped before the end of the period.")
    page_server.api.release("GET /spending")
    one.press("Continue")
    shows_total(one, of_week(book))
    one.sees("than in the period before")


def test_failed_part_is_tried_again_without_starting_over(user: User, page_server: PageServer, book: Book) -> None:
    failures = [1, 1]  # The page itself asks a second time.

    def fail_once(request: Any) -> Any:
        if request.query.get("cursor") == "50" and failures:
            failures.pop()
            return problem(503, "unavailable", "The ledger did not answer in time.")
        return book.spending(request)

    one = open_spend(user, page_server, book, "#/history", fails=True)
    page_server.api.on("GET /spending", fail_once)
    one.page.evaluate("place => { location.hash = place; }", WEEK)
    one.press("Try again")
    shows_total(one, of_week(book))
    asked = [query.get("cursor") for query in book.seen]
    assert asked.count(None) == 2, "The first part is read once for each period."


def test_usage_card_links_to_its_own_period(user: User, page_server: PageServer, book: Book) -> None:
    one = open_spend(user, page_server, book, "#/")
    card = one.card("Balance usage")
    card.get_by_label("Dates").select_option("Last 7 days")
    one.settle()
    one.sees(cents(total(of_week(book))), card)
    one.follow("Where did the money go?")
    expect(one.page).to_have_title("Spending · Calling Credit")
    one.follow("View calls: Outbound International Call")
    one.sees("50 calls so far")
    one.follow("Show totals for these calls")
    expect(one.page.get_by_label("Category")).to_have_value("outbound_international_call")
    shows_total(one, of_week(book))
