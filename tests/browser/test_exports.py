"""Exports and prints of a whole period: the files hold exactly the API's entries."""

import csv
import io
import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from calling_credit.csv_cells import inert_text
from tests.browser.money_book import ZONE, Book, day_ago, money, usual_book
from tests.browser.page_api import problem
from tests.browser.page_data import TIME_ZONE
from tests.browser.page_server import PageServer, StubUser
from tests.browser.test_accessibility import violations
from tests.browser.visitor import PHONE

User = Callable[..., StubUser]
CALLS = "#/usage/outbound_international_call?range=week"
STATEMENT = "#/statement?range=week"
DATES = {"from": day_ago(6), "to": day_ago(0)}
PRINTED = "() => { globalThis.print = () => { document.body.dataset.printed = 'yes'; }; }"


def opened(user: User, page_server: PageServer, book: Book, place: str, **options: Any) -> StubUser:
    """A user at a view of a book's account."""
    page_server.api.reset()
    book.install(page_server.api)
    one = user(**options)
    one.open(place)
    one.settle()
    return one


def exported(one: StubUser) -> tuple[str, str]:
    """The text and the name of the file that Export CSV saves."""
    with one.page.expect_download(timeout=60_000) as download:
        one.press("Export CSV")
    return Path(download.value.path()).read_bytes().decode("utf-8"), download.value.suggested_filename


def rows_of(text: str) -> list[dict[str, str]]:
    """The rows of a file, after its byte order mark."""
    assert text.startswith("\N{ZERO WIDTH NO-BREAK SPACE}"), "Excel needs the mark to read UTF-8."
    return list(csv.DictReader(io.StringIO(text[1:])))


def local(instant: str) -> str:
    """An instant in the account's time zone, as a spreadsheet reads it."""
    return datetime.fromisoformat(instant).astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")


def as_cells(call: dict[str, Any]) -> dict[str, str]:
    """A call as its row of the file."""
    plain = {name: value for name, value in call.items() if name != "user"}
    flat = {**plain, "user_id": call["user"]["id"], "user_name": call["user"]["name"]}
    flat = {"covered_seconds": 0, "bundle": "", "rate_steps": "", **flat}
    flat |= {"started_at_local": local(call["started_at"]), "time_zone": TIME_ZONE}
    return {name: inert_text(spelled(value)) for name, value in flat.items()}


def spelled(value: Any) -> str:
    """A value in the form of the file."""
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value)


def test_export_holds_all_calls_of_the_period(user: User, page_server: PageServer) -> None:
    book = usual_book(5000, days=6)
    one = opened(user, page_server, book, CALLS)
    text, name = exported(one)
    rows = rows_of(text)
    assert name == f"calls {day_ago(6)} to {day_ago(0)}.csv"
    assert rows == [{column: as_cells(call)[column] for column in rows[0]} for call in book.matching(DATES)]
    assert len(rows) == 5000
    assert {query["limit"] for query in book.seen[1:]} == {"1000"}
    assert "'=HYPERLINK(1)" in {row["user_name"] for row in rows}


def test_export_holds_only_what_the_filters_match(user: User, page_server: PageServer) -> None:
    book = usual_book(600, days=6, part=100)
    one = opened(user, page_server, book, f"{CALLS}&country=FR&line_id=line_1&find=ada")
    wanted = book.matching({**DATES, "country": "FR", "line_id": "line_1", "find": "ada"})
    assert 10 < len(wanted) < 100
    assert [row["call_id"] for row in rows_of(exported(one)[0])] == [call["call_id"] for call in wanted]


def test_stopped_export_saves_no_file(user: User, page_server: PageServer) -> None:
    one = opened(user, page_server, usual_book(600, days=6, part=100), CALLS)
    page_server.api.hold("GET /usage/{id}")
    downloads: list[str] = []
    one.page.on("download", lambda download: downloads.append(download.url))
    one.press("Export CSV")
    one.sees(re.compile("Exporting … 0 rows so far"))
    one.press("Stop")
    one.sees("Export stopped. No file was saved.")
    page_server.api.release("GET /usage/{id}")
    one.page.wait_for_timeout(300)
    assert downloads == []


def test_export_continues_after_a_failed_page(user: User, page_server: PageServer) -> None:
    book = usual_book(600, days=6, part=100)
    one = opened(user, page_server, book, CALLS, fails=True)
    failures = [1, 1]

    def fail_twice(request: Any) -> Any:
        if request.query.get("cursor") == "300" and failures:
            failures.pop()
            return problem(503, "unavailable", "The ledger did not answer in time.")
        return book.details(request)

    page_server.api.on("GET /usage/{id}", fail_twice)
    with one.page.expect_download() as download:
        one.press("Export CSV")
        one.press("Try again")
    rows = rows_of(Path(download.value.path()).read_bytes().decode("utf-8"))
    assert [row["call_id"] for row in rows] == [call["call_id"] for call in book.matching(DATES)]


def test_statement_file_adds_up_from_opening_to_closing(user: User, page_server: PageServer) -> None:
    book = usual_book(2400, days=12)
    one = opened(user, page_server, book, STATEMENT)
    opening, *rows, closing = rows_of(exported(one)[0])
    entries = book.entries(DATES)
    for name in ("id", "at", "date", "kind", "category", "description", "recorded_at", "line_id", "amount"):
        assert [row[name] for row in rows] == [inert_text(entry[name]) for entry in entries], name
    assert [row["at_local"] for row in rows] == [local(entry["at"]) for entry in entries]
    assert {row["time_zone"] for row in rows} == {TIME_ZONE}
    assert {(row["line_id"], row["line_number"]) for row in rows} == {
        ("line_1", inert_text("+12125550001")),
        ("line_2", inert_text("+12125550002")),
    }
    balance = Decimal(opening["balance"])
    for row, entry in zip(rows, entries, strict=True):
        balance += Decimal(entry["amount"])
        assert row["balance"] == money(balance)
    assert (opening["kind"], closing["kind"]) == ("opening_balance", "closing_balance")
    assert closing["balance"] == money(balance)


def test_print_shows_the_whole_period_and_its_true_end(user: User, page_server: PageServer) -> None:
    book = usual_book(2400, days=12)
    one = opened(user, page_server, book, STATEMENT)
    one.sees("More transactions follow.")
    expect(one.page.get_by_text("Closing balance")).to_have_count(0)
    one.page.evaluate(PRINTED)
    one.press("Print statement")
    expect(one.page.locator("body")).to_have_attribute("data-printed", "yes")
    entries, rows = book.entries(DATES), one.rows()
    assert len(rows) == len(entries) + 2
    balance = Decimal(rows[0][-1].replace("$", ""))
    for row, entry in zip(rows[1:-1], entries, strict=True):
        balance += Decimal(entry["amount"])
        assert Decimal(row[2].replace("$", "")) == Decimal(entry["amount"])
        assert Decimal(row[3].replace("$", "")) == balance
    assert Decimal(rows[-1][-1].replace("$", "")) == balance
    facts = one.page.locator(".letterhead")
    for text in ("Analytical Engines", "acct_1", "Last 7 days", TIME_ZONE):
        expect(facts).to_contain_text(text)
    one.page.emulate_media(media="print")
    for hidden in ("header", ".tools"):
        expect(one.page.locator(hidden).first).to_be_hidden()
    expect(one.page.get_by_role("heading", name="Statement")).to_be_visible()
    expect(one.page.locator("table")).to_be_visible()


def test_print_can_be_stopped_while_it_loads(user: User, page_server: PageServer) -> None:
    book = usual_book(2400, days=12)
    one = opened(user, page_server, book, STATEMENT)
    one.page.evaluate(PRINTED)
    page_server.api.hold("GET /statement")
    one.press("Print statement")
    one.sees("Loading the whole period")
    one.press("Stop")
    page_server.api.release("GET /statement")
    one.sees("More transactions follow.")
    assert one.page.evaluate("document.body.dataset.printed") is None


def test_statement_on_a_phone_has_two_lines_an_entry(user: User, page_server: PageServer) -> None:
    one = opened(user, page_server, usual_book(60, days=6), STATEMENT, device=PHONE)
    cells = one.page.locator("tbody tr:not(.sum-line)").first.locator("td")
    tops: list[float] = cells.evaluate_all("all => all.map(cell => cell.getBoundingClientRect().top)")
    assert tops[1] < tops[0]
    assert abs(tops[1] - tops[2]) < 12
    assert abs(tops[0] - tops[3]) < 12
    assert violations(one) == []
