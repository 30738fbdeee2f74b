"""`make screenshots`: takes pictures of every state of the Billing page and the support desk over the stand-ins for
their APIs, into .local/screenshots, and the picture of the README into docs/. Names of looks, such as "phone-dark-fr",
take only these.
"""

import base64
import shutil
import sys
from itertools import product
from pathlib import Path
from typing import Final

from playwright.sync_api import Browser, sync_playwright

import tests.conftest  # noqa: F401 - It sets the environment that the page's function needs.
from ops.project import ROOT
from tests.browser.conftest import SWITCHES, chromium_program
from tests.browser.desk_screenshots import take_desk
from tests.browser.page_pictures import DEVICES, LANGUAGES, SCHEMES, in_state, take_states
from tests.browser.page_server import PageServer, serve_page
from tests.browser.page_state_list import STATES
from tests.browser.page_states import State, a_month

FOLDER: Final = ROOT / ".local" / "screenshots"
README_PICTURE: Final = ROOT / "docs" / "billing-page.webp"
LOOKS: Final = tuple("-".join(names) for names in product(DEVICES, SCHEMES, LANGUAGES))


def take_readme_picture(server: PageServer, browser: Browser) -> None:
    """Take the README's picture, small enough to be committed."""
    with in_state(server, browser, State("readme", prepare=a_month), color_scheme="light") as one:
        one.page.set_viewport_size({"width": 1200, "height": 1500})
        options = {"format": "webp", "quality": 82, "captureBeyondViewport": True}
        capture = one.context.new_cdp_session(one.page).send("Page.captureScreenshot", options)
        README_PICTURE.write_bytes(base64.b64decode(capture["data"]))


def main() -> None:
    """Replace all pictures, or those of the looks that the command names."""
    looks = sys.argv[1:] or LOOKS
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    with sync_playwright() as playwright, serve_page() as server:
        browser = playwright.chromium.launch(executable_path=chromium_program(playwright), args=list(SWITCHES))
        for look in looks:
            take_states(server, browser, FOLDER, STATES, look)
            print(f"{look}: done")
        if looks == LOOKS:
            take_readme_picture(server, browser)
            take_desk(browser, FOLDER)
        browser.close()
    print(f"{len(list(FOLDER.iterdir()))} pictures in {Path(FOLDER).relative_to(ROOT)}")


if __name__ == "__main__":
    main()
