"""Names, addresses, and answers that no one would write: the page shows them as text, and never breaks."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser import page_data
from tests.browser.page_server import PageServer, StubUser
from tests.browser.visitor import PHONE

User = Callable[..., StubUser]
NAMES = {
    "markup": '<img src=x onerror="document.title=1"><script>1</script>&amp;{name}',
    "overrides": "\u202eyb dessecorp\u2066 \u200f\u05d0\u05d1\u05d2 $1.00\u202d",
    "letters": "W" * 75,
}
VIEWS = ("#/", "#/lines", "#/spend", "#/usage/outbound_international_call", "#/settings/refused", "#/settings/activity")


def spending(name: str) -> dict[str, Any]:
    """The sums of one call, whose user and line have this name."""
    sums = {"calls": 1, "billed_seconds": 60, "total": "0.10"}
    groups = {kind: [{"id": f"{kind}_1", "label": name, **sums}] for kind in ("user", "line")}
    country = [{"id": "GB", "label": "GB", **sums}]
    today = page_data.days(1)[0]
    return {
        "from": today,
        "to": today,
        "source": "entries",
        "daily_sums_since": None,
        "totals": sums,
        "groups": groups | {"country": country, "day": [{"id": today, "label": today, **sums}]},
        "next_cursor": None,
        "read": {"calls": 1, "until": None},
        "limit_reached": False,
    }


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_names_are_text_in_every_view(user: User, page_server: PageServer, name: str) -> None:
    api = page_server.api
    api.overview["name"] = name
    person = {"id": "user_1", "name": name}
    api.lines = [page_data.line(number, user=person) for number in (1, 2)]
    api.calls = [page_data.call(1, user=person, destination=name)]
    api.refused = [page_data.refused(1, user=person)]
    api.changes = [page_data.change("account_changed", old={"name": None}, new={"name": name})]
    api.on("GET /spending", spending(name))
    one = user(device=PHONE)
    for view in VIEWS:
        one.open(view)
        one.settle()
        assert one.page.evaluate("document.querySelectorAll('main img, main script').length") == 0
        assert one.page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, view
    one.open("#/lines")
    expect(one.page.get_by_text(name).first).to_be_visible()


@pytest.mark.parametrize(
    "place",
    [
        "#/spend?date=yesterday",
        "#/spend?date=2026-13-45&country=%00&user_id=%3Cb%3E",
        "#/usage/outbound_international_call?date=x&country=zz&sort=__proto__",
        "#/usage/%E0%A4%A",
        "#/usage/__proto__",
        "#/spend?range=custom&from=2026-02-31&to=2026-99-99",
        "#/statement?range=constructor",
        "#/rates?country=%F0%9F%98%80",
        "#/rates?number=%00",
        "#/lines?find=%00%25",
        "#/settings/__proto__",
        "#/constructor",
        "#/%",
    ],
)
def test_no_address_breaks_the_page(user: User, page_server: PageServer, place: str) -> None:
    page_server.api.on("GET /spending", spending("Ada"))
    one = user(fails=True)
    one.page.evaluate("place => { location.hash = place; }", place)
    one.page.wait_for_timeout(300)
    one.settle()
    expect(one.page.locator("main h1")).to_have_count(1)
    one.open("#/")
    one.sees("$41.28", one.card("Balance"))
    page_server.undocumented.clear()  # What such an address asks for.
