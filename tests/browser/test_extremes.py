"""The largest account at every width, at twice the text size, and in French: nothing scrolls sideways, is cut off, or
overlaps.
"""

from collections.abc import Callable

import pytest

from tests.browser.extremes import VIEWS, faults, fill_to_the_brim
from tests.browser.page_data import ADMIN, MEMBER
from tests.browser.page_server import PageServer, StubUser

User = Callable[..., StubUser]
WIDTHS = (320, 390, 768, 1024, 1280, 1920)
LARGE_TEXT = "document.documentElement.style.fontSize = '32px'"


def open_all(one: StubUser) -> None:
    """Open every part that is closed at first, and show all payment methods."""
    more = one.page.locator(".funds .quiet, .methods .saved ~ .quiet")
    while more.count():
        more.first.click()
    one.page.locator("details").evaluate_all("all => all.forEach(one => { one.open = true; })")


def faults_at_every_width(one: StubUser, place: str) -> list[str]:
    """What is wrong with a view."""
    found = []
    for width in WIDTHS:
        one.page.set_viewport_size({"width": width, "height": 900})
        one.page.wait_for_timeout(120)  # A long table draws its rows again.
        found += [f"{place} at {width}: {fault}" for fault in faults(one.page)]
    return found


@pytest.mark.parametrize("locale", ["en-US", "fr-CA"])
@pytest.mark.parametrize("size", ["usual text", "large text"])
def test_the_largest_account_fits_every_window(user: User, page_server: PageServer, locale: str, size: str) -> None:
    fill_to_the_brim(page_server.api)
    one = user(locale=locale)
    found: list[str] = []
    for place in VIEWS:
        one.open(place)
        one.settle()
        open_all(one)
        if size == "large text":
            one.page.evaluate(LARGE_TEXT)
        found += faults_at_every_width(one, place)
    page_server.undocumented.clear()  # The API has no balance of this size.
    assert found == []


@pytest.mark.parametrize("email", [ADMIN, MEMBER])
def test_dialogs_and_forms_fit_a_small_phone(user: User, page_server: PageServer, email: str) -> None:
    fill_to_the_brim(page_server.api, 60)
    one = user(email, locale="fr-CA")
    one.page.set_viewport_size({"width": 320, "height": 640})
    found = faults(one.page)
    one.open(VIEWS[5])
    one.settle()
    one.page.locator(".why").first.click()
    found += faults(one.page)
    if email == ADMIN:
        one.open("#/")
        one.settle()
        one.page.locator(".recharge .actions button").first.click()
        one.settle()
        open_all(one)
        found += faults(one.page)
        one.page.locator(".methods .row-actions button:last-child").last.click()
        found += faults(one.page)
    page_server.undocumented.clear()
    assert found == []
