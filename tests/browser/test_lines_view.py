"""The view of lines: search, one line, all lines, and what a member may do."""

from collections.abc import Callable
from typing import Any

from playwright.sync_api import expect

from tests.browser import page_data
from tests.browser.page_api import Request, problem
from tests.browser.page_data import ADMIN, MEMBER
from tests.browser.page_routes import switch_all
from tests.browser.page_server import PageServer, StubUser

User = Callable[..., StubUser]


def many(number: int) -> list[dict[str, Any]]:
    """Lines of users, every other one on."""
    return [page_data.line(one, international_calling=one % 2 == 0) for one in range(1, number + 1)]


def test_lines_are_found_by_a_part_of_their_number_or_user(user: User, page_server: PageServer) -> None:
    page_server.api.lines = many(60)
    one = user(place="#/lines")
    assert len(one.rows()) == 60
    one.page.get_by_label("Search lines").fill("50042")
    expect(one.page.locator("tbody tr")).to_have_count(1)
    one.sees("+1 212 555 0042")
    expect(one.page.locator("main")).to_have_attribute("data-shows", "#/lines?find=50042")
    one.page.get_by_label("Search lines").fill("ada")
    expect(one.page.locator("tbody tr")).to_have_count(1)
    one.page.get_by_label("Search lines").fill("nobody")
    one.sees("No line matches.")
    assert [each.query.get("find") for each in page_server.api.requests if each.route == "GET /lines"][-1] == "nobody"
    one.page.reload()
    one.enter_password(ADMIN)
    expect(one.page.get_by_label("Search lines")).to_have_value("nobody")


def test_all_lines_are_turned_on_after_a_confirmation(user: User, page_server: PageServer) -> None:
    page_server.api.lines = many(60)
    one = user(place="#/lines")
    one.press("Turn all on")
    dialog = one.page.get_by_role("dialog")
    one.sees("all 60 lines", dialog)
    one.press("Cancel", dialog)
    assert page_server.api.count("PUT /lines") == 0
    one.press("Turn all on")
    one.press("Turn all on", dialog)
    one.sees("International calling is on for all lines.")
    one.sees("30 lines were changed.")
    assert [body.get("cursor") for body in page_server.api.bodies("PUT /lines")] == [None, "25", "50"]
    one.settle()
    expect(one.page.locator("tbody").get_by_role("switch", checked=False)).to_have_count(0)


def test_turning_all_lines_off_resumes_where_it_stopped(user: User, page_server: PageServer) -> None:
    api = page_server.api
    api.lines = many(60)
    failures = [True]

    def fail_once(request: Request) -> Any:
        if "cursor" in request.body and failures:
            failures.pop()
            return problem(503, "unavailable", "The ledger did not answer in time.")
        return 200, switch_all(api, request)

    api.on("PUT /lines", fail_once)
    one = user(place="#/lines", fails=True)
    one.press("Turn all off")
    one.press("Turn all off", one.page.get_by_role("dialog"))
    one.sees("Stopped after 25 lines.")
    one.press("Try again")
    one.sees("International calling is off for all lines.")
    one.sees("30 lines were changed.")
    assert [body.get("cursor") for body in api.bodies("PUT /lines")] == [None, "25", "25", "50"]


def test_a_line_leads_to_its_calls_and_rates(user: User) -> None:
    one = user(place="#/lines")
    calls = one.page.get_by_role("link", name="Calls of +12125550001")
    assert calls.get_attribute("href") == "#/usage/outbound_international_call?line_id=line_1"
    one.follow("Rates of +12125550001")
    one.sees("+1 212 555 0001")


def test_a_member_reads_lines_and_is_told_whom_to_ask(user: User, page_server: PageServer) -> None:
    page_server.api.lines = many(4)
    one = user(MEMBER, "#/lines")
    one.sees("Only a billing admin of your account can change lines.")
    one.sees(f"Ask a billing admin of your account: {ADMIN}")
    for switch in one.page.get_by_role("switch").all():
        expect(switch).to_be_disabled()
    expect(one.page.get_by_role("button", name="Turn all on")).to_have_count(0)


def test_a_line_that_changed_meanwhile_is_shown_again(user: User, page_server: PageServer) -> None:
    one = user(place="#/lines", fails=True)
    changed = page_server.api.lines[0] | {"version": 9, "international_calling": False}
    page_server.api.on("PUT /lines/{id}", problem(409, "changed_meanwhile", "The line changed.", current=changed))
    page_server.api.lines[0] = changed
    one.page.get_by_role("switch", name="International calling for +12125550001").click()
    one.sees("changed")
    expect(one.page.get_by_role("switch", name="International calling for +12125550001")).not_to_be_checked()
