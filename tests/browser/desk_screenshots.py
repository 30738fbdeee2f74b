"""Pictures of the support desk, over the stand-in for its routes. `make screenshots` takes them, too."""

from pathlib import Path
from typing import Final

from playwright.sync_api import Browser

from tests.browser.desk import COLLEAGUE, CUSTOMER, SUPPORT, StubClerk, adjust, serve_desk
from tests.browser.desk_server import DeskServer
from tests.browser.visitor import DESKTOP, PHONE, Device

MERIDIAN: Final = "#account=acct_meridian"
SMALL: Final[Device] = {**PHONE, "viewport": {"width": 375, "height": 812}}
DEVICES: Final[dict[str, Device]] = {
    "desktop-light": {**DESKTOP, "color_scheme": "light"},
    "desktop-dark": {**DESKTOP, "color_scheme": "dark"},
    "phone-light": {**SMALL, "color_scheme": "light"},
    "phone-dark": {**SMALL, "color_scheme": "dark"},
}
PLACES: Final = {
    "33-overview": MERIDIAN,
    **{
        f"{number}-{view}": f"{MERIDIAN}&view={view}"
        for number, view in enumerate(
            ("calls", "payments", "statement", "people", "refused", "activity", "mails"), start=34
        )
    },
    "41-explained": f"{MERIDIAN}&view=call&call=c_2",
    "42-frozen": "#account=acct_frozen",
    "43-approvals": "#approvals",
    "44-transfer": "#transfer",
    "49-margins": "#margins",
    "51-promotions": "#promotions",
    "50-own-price": f"{MERIDIAN}&view=call&call=c_3",
}
TIMEOUT_MS: Final = 15_000


def take_desk(browser: Browser, folder: Path) -> None:
    """Take every view of the desk on each device, and one act."""
    with serve_desk() as server:
        for name, device in DEVICES.items():
            server.api.reset()
            _take_device(server, browser, folder, name, device)
            print(f"desk, {name}: done")


def _take_device(server: DeskServer, browser: Browser, folder: Path, name: str, device: Device) -> None:
    def picture(one: StubClerk, state: str, *, whole: bool = True) -> None:
        one.page.mouse.move(0, 0)
        path = folder / f"{state}-{name}.png"
        one.page.screenshot(path=path, full_page=whole, animations="disabled")

    one = StubClerk(server, browser.new_context(**device), TIMEOUT_MS)
    one.open()
    one.settle()
    picture(one, "31-desk-welcome")
    one.sign_in(COLLEAGUE)
    one.page.get_by_role("searchbox").fill("acct_")
    one.press("Find")
    one.settle()
    picture(one, "32-find")
    for state, place in PLACES.items():
        one.show(place)
        picture(one, state)
    one.show(MERIDIAN)
    adjust(one, "12.50")
    picture(one, "45-confirm", whole=False)
    one.confirm("Give $12.50")
    one.sees("given", one.dialog)
    picture(one, "46-done", whole=False)
    one.leave()
    for state, email in (("47-support", SUPPORT), ("48-stranger", CUSTOMER)):
        one = StubClerk(server, browser.new_context(**device), TIMEOUT_MS)
        one.sign_in(email, MERIDIAN)
        picture(one, state)
        one.leave()
