"""Takes pictures of the states of the Billing page."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from playwright.sync_api import Browser

from tests.browser.page_server import PageServer, StubUser
from tests.browser.page_states import State
from tests.browser.visitor import DESKTOP, PHONE, Device

TABLET: Final[Device] = {"viewport": {"width": 768, "height": 1024}, "has_touch": True}
DEVICES: Final[dict[str, Device]] = {"desktop": DESKTOP, "tablet": TABLET, "phone": PHONE}
SCHEMES: Final[dict[str, dict[str, Any]]] = {
    "light": {"color_scheme": "light"},
    "dark": {"color_scheme": "dark"},
    "forced": {"color_scheme": "dark", "forced_colors": "active"},
}
LANGUAGES: Final = {"en": "en-US", "fr": "fr-CA"}
TIMEOUT_MS: Final = 15_000


@contextmanager
def in_state(server: PageServer, browser: Browser, state: State, **options: Any) -> Iterator[StubUser]:
    """A user who has the page in this state; failed requests are expected."""
    server.api.reset()
    state.prepare(server.api)
    one = StubUser(server, browser.new_context(reduced_motion="reduce", **options), TIMEOUT_MS)
    one.break_network()
    try:
        if state.email:
            one.sign_in(state.email, "#/lines" if state.place.startswith("#/rates") else state.place)
        if not state.email or state.place.startswith("#/rates"):
            one.open(state.place)
            one.settle()
        state.act(one)
        yield one
    finally:
        server.api.release_all()
        one.leave()


def take_states(server: PageServer, browser: Browser, folder: Path, states: Sequence[State], look: str) -> None:
    """Take the states with one look: "desktop-light-en" names the device, the colors, and the language."""
    device, scheme, language = look.split("-")
    options = {**DEVICES[device], **SCHEMES[scheme], "locale": LANGUAGES[language]}
    for state in states:
        with in_state(server, browser, state, **options) as one:
            one.page.mouse.move(0, 0)
            one.page.wait_for_timeout(100)
            path = folder / f"{state.name}-{look}.png"
            one.page.screenshot(
                path=path, full_page=one.page.locator("dialog[open]").count() == 0, animations="disabled"
            )
