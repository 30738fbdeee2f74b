"""The calls of a category: searched on the server, sorted and drawn as needed, with readable numbers."""

import re
from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.browser.money_book import Book, day_ago, usual_book
from tests.browser.page_server import PageServer, StubUser
from tests.browser.test_accessibility import overflows, violations
from tests.browser.visitor import PHONE, Device

User = Callable[..., StubUser]
PATH = "#/usage/outbound_international_call"
WEEK = f"{PATH}?range=week"
TABLET: Device = {"viewport": {"width": 768, "height": 1024}}
SMALLEST: Device = {**PHONE, "viewport": {"width": 320, "height": 640}}


def open_calls(user: User, page_server: PageServer, book: Book, place: str = WEEK, **options: Any) -> StubUser:
    """A user who sees the calls of a book."""
    page_server.api.reset()
    book.install(page_server.api)
    one = user(**options)
    one.open(place)
    one.settle()
    return one


def of_week(book: Book, **filters: str) -> list[dict[str, Any]]:
    """The matching calls of the last seven days."""
    return book.matching({"from": day_ago(6), "to": day_ago(0), **filters})


def finds(one: StubUser) -> list[dict[str, str]]:
    """The queries of the searches that the page sent."""
    return [
        request.query
        for request in one.api.requests
        if request.route == "GET /usage/{id}" and request.query.get("find")
    ]


def test_search_runs_on_the_server_with_progress(user: User, page_server: PageServer) -> None:
    book = usual_book(800, days=7, part=100)
    one = open_calls(user, page_server, book)
    page_server.api.hold("GET /usage/{id}")
    one.page.get_by_label("Search").fill("france")
    one.page.get_by_label("Search").press("Enter")
    one.sees("Loading calls")
    page_server.api.release("GET /usage/{id}")
    one.sees("60 calls so far")
    assert {query["find"] for query in finds(one)} == {"france"}
    loaded = of_week(book, find="france")[:60]
    assert [row[3] for row in one.rows()] == [call["destination"] for call in loaded]
    assert len(finds(one)) == 3, "One of five calls matches: the first 300 have the fifty wanted."
    one.press("Load all calls")
    one.sees(f"{len(of_week(book, find='france'))} calls ·")


def test_search_tells_how_far_back_it_looked_and_stops(user: User, page_server: PageServer) -> None:
    book = usual_book(800, days=7, part=100)
    one = open_calls(user, page_server, book)
    answers = [book.details, book.details]

    def hold_the_third(request: Any) -> Any:
        if request.query.get("cursor") == "200" and answers:
            answers.clear()
            page_server.api.hold("GET /usage/{id}")
        return book.details(request)

    page_server.api.on("GET /usage/{id}", hold_the_third)
    one.page.get_by_label("Search").fill("nowhere")
    one.sees(re.compile(r"Searched back to \w+ \d+, \d+ … 0 calls found"))
    one.press("Stop")
    one.sees("Stopped. All calls back to")
    page_server.api.release("GET /usage/{id}")
    one.press("Load more")
    one.sees("No matching calls.")


def test_filters_survive_back_and_reload(user: User, page_server: PageServer) -> None:
    book = usual_book(300, days=7)
    place = f"{WEEK}&country=FR&date={day_ago(2)}&line_id=line_1"
    one = open_calls(user, page_server, book, place)
    filters = {"country": "FR", "date": day_ago(2), "line_id": "line_1"}
    one.sees(f"{len(of_week(book, **filters))} calls ·")
    expect(one.page.get_by_role("link", name="Remove the filter Country: France")).to_be_visible()
    one.page.get_by_label("User").select_option("Ada Lovelace")
    filters["user_id"] = "user_1"
    expect(one.page).to_have_url(re.compile("user_id=user_1"))
    one.sees(f"{len(of_week(book, **filters))} call")
    one.page.reload()
    one.come_back()
    one.sees(f"{len(of_week(book, **filters))} call")
    expect(one.page.get_by_label("User")).to_have_value("user_1")
    expect(one.page.get_by_label("Line", exact=True)).to_have_value("line_1")
    one.page.get_by_role("link", name="Remove the filter Country: France").click()
    expect(one.page.get_by_role("link", name="Remove the filter Country: France")).to_have_count(0)
    one.follow("History")
    one.page.go_back()
    one.page.go_back()
    expect(one.page.get_by_role("link", name="Remove the filter Country: France")).to_be_visible()
    one.sees(f"{len(of_week(book, **filters))} call")


def test_sorting_covers_what_is_loaded_or_all_after_asking(user: User, page_server: PageServer) -> None:
    book = usual_book(240, days=7)
    one = open_calls(user, page_server, book)
    one.press("Price")
    one.sees("Sorted among the 50 calls loaded.")
    assert page_server.api.count("GET /usage/{id}") == 1
    shown = [row[6] for row in one.rows()]
    assert shown == sorted(shown, reverse=True)
    one.press("Load all calls")
    one.sees(f"{len(of_week(book))} calls ·")
    prices = sorted((f"${float(call['price']):.4f}" for call in of_week(book)), reverse=True)
    assert [row[6] for row in one.rows()] == prices
    expect(one.page).to_have_url(re.compile("sort=price&order=down"))
    one.press("Price")
    assert [row[6] for row in one.rows()] == prices[::-1]


def test_phone_shows_each_call_in_two_lines(user: User, page_server: PageServer) -> None:
    for device in (PHONE, SMALLEST):
        one = open_calls(user, page_server, usual_book(60, days=6), device=device)
        heights = one.page.locator(".call-table tbody tr").evaluate_all("all => all.map(row => row.offsetHeight)")
        assert max(heights) <= 64, device
        lines = one.page.locator(".call-table tbody tr").first.evaluate(
            "row => new Set([...row.cells].filter(cell => cell.offsetHeight)"
            ".map(cell => Math.round((cell.offsetTop + cell.offsetHeight / 2) / 12))).size"
        )
        assert lines == 2
        assert not overflows(one)
        one.page.get_by_label("Sort by").select_option("Price")
        shown = [row[6] for row in one.rows()]
        assert shown == sorted(shown, reverse=True)


def test_tablet_shows_a_table(user: User, page_server: PageServer) -> None:
    one = open_calls(user, page_server, usual_book(60, days=6), device=TABLET)
    expect(one.page.get_by_role("columnheader", name="Price")).to_be_visible()
    assert not overflows(one)
    assert violations(one) == []


def test_numbers_are_spaced_and_copied_without_spaces(user: User, page_server: PageServer) -> None:
    one = open_calls(user, page_server, usual_book(60, days=6))
    first = one.rows()[0]
    assert (first[2], first[8]) == ("+44 20 7183 8750", "+1 212 555 0001")
    copied: str = one.page.evaluate("""() => {
        const cell = document.querySelector(".call-table tbody td:nth-child(3)");
        getSelection().selectAllChildren(cell);
        const data = new DataTransfer();
        cell.dispatchEvent(new ClipboardEvent("copy", { clipboardData: data, bubbles: true, cancelable: true }));
        return data.getData("text/plain");
    }""")
    assert copied == "+442071838750"
    one.page.get_by_role("button", name="Price details").first.click()
    box = one.page.get_by_role("dialog", name="Price details")
    for text in ("+442071838750", "+1 212 555 0001", "Ada Lovelace"):
        expect(box).to_contain_text(text)


def test_price_details_show_the_seconds_of_each_rate(user: User, page_server: PageServer) -> None:
    book = usual_book(3, days=1)
    step = {"from_second": 60, "rate_per_minute": "0.10", "increment_seconds": 1, "billed_seconds": 25}
    for call in book.calls:
        call |= {"duration_seconds": 85, "billed_seconds": 85, "rate_per_minute": "0.20", "connection_fee": "0.40"}
        call |= {"price": "0.6417", "rate_steps": [step]}
    one = open_calls(user, page_server, book)
    one.page.get_by_role("button", name="Price details").first.click()
    box = one.page.get_by_role("dialog", name="Price details")
    times = "\N{MULTIPLICATION SIGN}"
    for text in ("Rate after 1 min", f"60 s {times} $0.20", f"25 s {times} $0.10", "$0.041667", "$0.6417"):
        expect(box).to_contain_text(text)
