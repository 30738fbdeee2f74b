"""Five thousand calls: only the rows near the window are in the document, and scrolling stays smooth."""

from collections.abc import Callable

import pytest
from playwright.sync_api import CDPSession, expect

from tests.browser.money_book import Book, usual_book
from tests.browser.page_server import PageServer, StubUser
from tests.browser.test_accessibility import overflows, violations
from tests.browser.test_call_search import of_week, open_calls
from tests.browser.visitor import DESKTOP, PHONE, Device

User = Callable[..., StubUser]
MOST_FRAME_MS = 40
"""The processor time of a frame, on average, while a reader scrolls through 5,000 calls."""


def load_all(user: User, page_server: PageServer, device: Device = DESKTOP) -> tuple[StubUser, Book]:
    """A user who loaded 5,000 calls."""
    book = usual_book(5000, days=6)
    one = open_calls(user, page_server, book, device=device)
    one.press("Load all calls")
    one.sees("5,000 calls ·")
    return one, book


SCROLL = """async () => {
    const frames = [];
    let last = performance.now();
    for (let at = 0; at < document.documentElement.scrollHeight; at += 700) {
        scrollTo(0, at);
        // A busy browser without a window may draw no frame for long; the test counts processor time only.
        await new Promise(done => { requestAnimationFrame(done); setTimeout(done, 250); });
        frames.push(performance.now() - last);
        last = performance.now();
    }
    return frames;
}"""


def processor_ms(session: CDPSession) -> float:
    """The processor time that the page's process has used; other programs on the machine do not count."""
    metrics = {metric["name"]: metric["value"] for metric in session.send("Performance.getMetrics")["metrics"]}
    return float(metrics["ProcessTime"]) * 1000


@pytest.mark.parametrize("device", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_five_thousand_calls_stay_smooth(user: User, page_server: PageServer, device: Device) -> None:
    one, book = load_all(user, page_server, device)
    assert page_server.api.count("GET /usage/{id}") <= 7, "One page of 50, then pages of 1,000."
    session = one.context.new_cdp_session(one.page)
    session.send("Performance.enable")
    before = processor_ms(session)
    frames = len(one.page.evaluate(SCROLL))
    used = (processor_ms(session) - before) / frames
    print(f"{frames} frames of {used:.1f} ms")
    assert used < MOST_FRAME_MS
    assert one.page.locator("main tbody tr").count() < 1000
    last = one.page.locator(".call-table tbody tr").last
    expect(last).to_have_attribute("aria-rowindex", "5001")
    expect(last).to_contain_text(of_week(book)[-1]["destination"])
    expect(one.page.locator(".call-table")).to_have_attribute("aria-rowcount", "5001")
    assert violations(one) == []
    assert not overflows(one)


def test_columns_keep_their_widths_while_scrolling(user: User, page_server: PageServer) -> None:
    one, _ = load_all(user, page_server)
    widths = "[...document.querySelectorAll('.call-table th')].map(one => one.offsetWidth)"
    before = one.page.evaluate(widths)
    one.page.evaluate(SCROLL)
    assert one.page.evaluate(widths) == before


def test_focus_stays_in_its_row_while_the_reader_scrolls(user: User, page_server: PageServer) -> None:
    one, _ = load_all(user, page_server)
    one.page.get_by_role("button", name="Price details").first.focus()
    one.page.evaluate(SCROLL)
    assert one.page.evaluate("document.activeElement.className") == "why"
