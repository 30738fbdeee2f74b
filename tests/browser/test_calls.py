"""The calls of a category: list, filter, sort, export, and price details."""

import csv
import io
from decimal import Decimal
from pathlib import Path
from typing import Any

from playwright.sync_api import expect

from tests.browser.conftest import CALLS, Visit
from tests.browser.visitor import DESKTOP, PHONE, Device, Visitor
from tests.stack.customers import Customer

PATH = "/usage/outbound_international_call"
PLACE = f"#{PATH}?range=week"


def calls_of(caller: Customer, **query: Any) -> list[dict[str, Any]]:
    """Return every call of the category from the API, newest first."""
    first = caller.stack.api.get("/statement", caller.token, **{"from": "2020-01-01"})["items"][0]["date"]
    items: list[dict[str, Any]] = []
    cursor: dict[str, str] = {}
    while True:
        page = caller.stack.api.get(PATH, caller.token, **{"from": first, "limit": 200}, **query, **cursor)
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        cursor = {"cursor": page["next_cursor"]}


def bare(number: str) -> str:
    """A number without the spaces between its groups."""
    return number.replace(" ", "")


def test_details_list_every_call_page_by_page(read: Visit, caller: Customer, device: Device) -> None:
    visitor = read(device)
    visitor.card("Balance usage").get_by_label("Dates").select_option("Last 7 days")
    visitor.settle()
    visitor.follow("View details: Outbound International Call")
    expect(visitor.page.get_by_role("heading", name="Outbound International Call")).to_be_visible()
    visitor.sees("50 calls so far")
    visitor.press("Load more")
    visitor.sees("100 calls so far")
    visitor.press("Load more")
    visitor.sees(f"{CALLS - 1} calls ·")
    calls, rows = calls_of(caller), visitor.rows()
    assert len(rows) == len(calls)
    for row, call in zip(rows, calls, strict=True):
        assert [bare(row[2]), row[3]] == [call["to"], call["destination"]]
        assert Decimal(row[5].removesuffix("/min").replace("$", "")) == Decimal(call["rate_per_minute"])
        assert Decimal(row[6].replace("$", "")) == Decimal(call["price"])
        assert row[7] == call["user"]["name"]
        assert bare(row[8]) == call["line_number"]
    visitor.follow("Billing") if device is DESKTOP else visitor.page.locator("a.back").click()
    visitor.settle()
    expect(visitor.card("Balance usage").get_by_label("Dates")).to_have_value("week")


def test_filter_and_sort_cover_all_calls(read: Visit, caller: Customer) -> None:
    visitor = read(place=PLACE)
    calls = calls_of(caller)
    visitor.page.get_by_label("User").select_option("Bo Lindqvist")
    visitor.settle()
    calls_of_bo = [call for call in calls if call["user"]["name"] == "Bo Lindqvist"]
    visitor.page.get_by_label("Search").fill("france")
    in_france = [call["call_id"] for call in calls_of_bo if "France" in call["destination"]]
    visitor.sees(f"{len(in_france)} calls ·")
    visitor.page.get_by_label("Search").fill("+44 20 7183")
    visitor.sees(f"{len([call for call in calls_of_bo if call['to'].startswith('+44')])} calls ·")
    visitor.page.get_by_label("Search").fill("nowhere")
    visitor.sees("No matching calls.")
    visitor.page.get_by_label("Search").fill("")
    visitor.page.get_by_label("User").select_option("All users")
    visitor.settle()
    visitor.press("Price")
    visitor.sees("Sorted among the 50 calls loaded.")
    visitor.press("Load all calls")
    visitor.sees(f"{CALLS - 1} calls ·")
    expect(visitor.page.get_by_role("columnheader", name="Price")).to_have_attribute("aria-sort", "descending")
    prices = [Decimal(row[6].replace("$", "")) for row in visitor.rows()]
    assert prices == sorted((Decimal(call["price"]) for call in calls), reverse=True)
    visitor.press("Price")
    assert [Decimal(row[6].replace("$", "")) for row in visitor.rows()] == sorted(prices)
    visitor.press("Destination")
    assert [row[3] for row in visitor.rows()] == sorted(call["destination"] for call in calls)


def export(visitor: Visitor) -> list[dict[str, str]]:
    """Return the rows that Export CSV downloads."""
    with visitor.page.expect_download() as download:
        visitor.page.get_by_role("button", name="Export CSV").click()
    return list(csv.DictReader(io.StringIO(Path(download.value.path()).read_text("utf-8-sig"))))


def test_export_matches_the_csv_of_the_api(read: Visit, caller: Customer) -> None:
    visitor = read(place=PLACE)
    downloaded = export(visitor)
    assert [(row["to"], row["destination"], row["user_name"]) for row in downloaded] == [
        (call["to"], call["destination"], call["user"]["name"]) for call in calls_of(caller)
    ]
    answer = caller.stack.api.request(
        "GET", PATH, caller.token, headers={"Accept": "text/csv"}, params={"from": "2026-01-01", "to": "2027-12-31"}
    )
    by_id = {row["call_id"]: row for row in csv.DictReader(io.StringIO(answer.text))}
    own = {"started_at_local", "time_zone"}
    assert [by_id[row["call_id"]] for row in downloaded] == [
        {name: value for name, value in row.items() if name not in own} for row in downloaded
    ]
    visitor.page.get_by_label("Search").fill("france")
    in_france = [call["call_id"] for call in calls_of(caller, find="france")]
    visitor.sees(f"{len(in_france)} calls ·")
    assert [row["call_id"] for row in export(visitor)] == in_france


def test_concurrent_loads_list_each_call_once(read: Visit, caller: Customer) -> None:
    visitor = read(place=PLACE)
    visitor.page.get_by_role("button", name="Load all calls").dblclick()
    visitor.sees(f"{CALLS - 1} calls ·")
    visitor.settle()
    assert len(visitor.rows()) == len(calls_of(caller)) == CALLS - 1


def test_price_details_explain_the_price_of_a_call(read: Visit, caller: Customer) -> None:
    visitor = read(PHONE, "#/usage/outbound_premium_call?range=week")
    [call] = caller.stack.api.get(
        "/usage/outbound_premium_call", caller.token, **{"from": "2026-01-01", "to": "2027-12-31"}
    )["items"]
    visitor.page.get_by_role("button", name="Price details").click()
    box = visitor.page.get_by_role("dialog", name="Price details")
    for words in (
        call["to"],
        call["destination"],
        f"{call['billed_seconds']} s \N{MULTIPLICATION SIGN} ${call['rate_per_minute']}",
        call["rate_deck"],
    ):
        expect(box).to_contain_text(words)
    terms = dict(
        box.locator("dl > div").evaluate_all(
            "lines => lines.map(line => [line.children[0].innerText, line.children[1].innerText])"
        )
    )
    amounts = [Decimal(terms[name].replace("$", "")) for name in (list(terms)[3], "Connection fee", "Price")]
    assert amounts[0] + amounts[1] == amounts[2] == Decimal(call["price"])
    visitor.page.keyboard.press("Escape")
    expect(box).to_have_count(0)


def test_category_without_calls_shows_an_empty_state(visit: Visit, customer: Customer) -> None:
    visitor = visit()
    visitor.sign_in(customer.email, PLACE)
    visitor.sees("No calls in this period.")
