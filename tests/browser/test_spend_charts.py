"""The charts of spending: axes, arrow keys, the pointer, narrow screens, and axe."""

import re
from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise

import pytest
from playwright.sync_api import Locator, expect

from tests.browser.money_book import GROUPS, Book, day_ago, usual_book
from tests.browser.page_server import PageServer, StubUser
from tests.browser.test_accessibility import overflows, violations
from tests.browser.test_spend import WEEK, cents, of_week, open_spend, shows_total, total
from tests.browser.visitor import DESKTOP, PHONE, Device

User = Callable[..., StubUser]
DARK_PHONE: Device = {**PHONE, "color_scheme": "dark"}


@pytest.fixture
def book() -> Book:
    """Two weeks of calls, summed up in parts of fifty."""
    return usual_book(part=50)


def chart(one: StubUser, name: str) -> Locator:
    """The chart that arrow keys read."""
    return one.page.get_by_role("slider", name=name)


def test_keyboard_reads_and_narrows_the_charts(user: User, page_server: PageServer, book: Book) -> None:
    one = open_spend(user, page_server, book)
    days, keyboard = chart(one, "Spend by day"), one.page.keyboard
    days.focus()
    for keys, day in (([], 0), (["ArrowLeft"], 1), (["Home"], 6), (["ArrowRight", "ArrowRight"], 4), (["End"], 0)):
        for key in keys:
            keyboard.press(key)
        amount = total([call for call in of_week(book) if GROUPS["day"](call)[0] == day_ago(day)])
        expect(days).to_have_attribute("aria-valuetext", re.compile(re.escape(cents(amount)) + "$"))
        expect(one.card("Spend by day").locator(".readout")).to_contain_text(cents(amount))
    keyboard.press("ArrowLeft")
    keyboard.press("Enter")
    expect(one.page).to_have_url(re.compile(f"date={day_ago(1)}"))
    shows_total(one, of_week(book, date=day_ago(1)))
    countries = chart(one, "Spend by country")
    countries.focus()
    keyboard.press("ArrowDown")
    expect(one.card("Spend by country").locator(".is-marked")).to_have_count(1)
    expect(countries).to_have_attribute("aria-valuetext", re.compile(r"^\w[\w ]+: \$\d+\.\d\d, [\d.]+%, \d+ calls?$"))
    keyboard.press("Enter")
    expect(one.page).to_have_url(re.compile("country=[A-Z]{2}"))


def test_bar_under_the_pointer_is_read_and_narrows(user: User, page_server: PageServer, book: Book) -> None:
    one = open_spend(user, page_server, book)
    drawing = chart(one, "Spend by day")
    box = drawing.bounding_box()
    assert box
    one.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    amount = total([call for call in of_week(book) if GROUPS["day"](call)[0] == day_ago(3)])
    expect(one.card("Spend by day").locator(".readout")).to_contain_text(cents(amount))
    one.page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(one.page).to_have_url(re.compile(f"date={day_ago(3)}"))


def test_axis_ends_at_or_above_the_highest_bar(user: User, page_server: PageServer, book: Book) -> None:
    one = open_spend(user, page_server, book)
    ticks = one.card("Spend by day").locator(".ticks span").all_inner_texts()
    amounts = [Decimal(tick.removeprefix("$")) for tick in ticks]
    highest = max(total([call for call in of_week(book) if GROUPS["day"](call)[0] == day_ago(day)]) for day in range(7))
    assert amounts[0] >= highest
    assert amounts[-1] == 0
    assert len({first - second for first, second in pairwise(amounts)}) == 1


def test_more_than_a_quarter_is_shown_by_month(user: User, page_server: PageServer) -> None:
    book = usual_book(200, days=200, part=100)
    one = open_spend(user, page_server, book, f"#/spend?range=custom&from={day_ago(180)}&to={day_ago(0)}")
    one.card("Spend by month").get_by_text("Show as a table").click()
    calls = book.matching({"from": day_ago(180), "to": day_ago(0)})
    months = sorted({day[:7] for day in (day_ago(ago) for ago in range(181))})
    shown = [row[1] for row in one.rows(one.card("Spend by month"))]
    assert shown == [cents(total([call for call in calls if GROUPS["day"](call)[0][:7] == month])) for month in months]  # type: ignore[index]


@pytest.mark.parametrize("device", [DESKTOP, DARK_PHONE], ids=["desktop", "phone, dark"])
def test_axe_finds_nothing_in_spending(user: User, page_server: PageServer, book: Book, device: Device) -> None:
    one = open_spend(user, page_server, book, f"{WEEK}&line_id=line_1", device=device)
    one.page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true; })")
    assert violations(one) == []
    assert not overflows(one)


def test_long_names_do_not_widen_the_page(user: User, page_server: PageServer, book: Book) -> None:
    for call in book.calls:
        if call["user"]["id"] == "user_1":
            call["user"] = {"id": "user_1", "name": "Wolfeschlegelsteinhausenbergerdorff" * 2}
        if call["user"]["id"] == "user_2":
            call["user"] = {"id": "user_2", "name": "عبد الرحمن بن عبد العزيز"}
    one = open_spend(user, page_server, book, device={**PHONE, "viewport": {"width": 320, "height": 640}})
    one.page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true; })")
    assert not overflows(one)
