"""The Billing page in a browser without a stack: the page as its function serves it, over a stand-in for the API whose
answers are compared with the OpenAPI document.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import unquote

from playwright.sync_api import BrowserContext

from tests.browser.desk import serving
from tests.browser.desk_server import StandInHandler, StandInServer
from tests.browser.page_api import GROUPS, PageApi
from tests.browser.page_data import ADMIN
from tests.browser.page_routes import stripe_page
from tests.browser.visitor import Window


class PageHandler(StandInHandler):
    """Answers the page, Stripe's pages, and the API."""

    def is_api(self, path: str) -> bool:
        """Whether a path belongs to the API or to Stripe's pages."""
        return path not in ("/", "/desk", "/openapi.json", "/logout") and not path.startswith(("/assets/", "/oauth2/"))

    def answer_api(self, method: str, path: str, query: dict[str, str], text: str) -> None:
        """Answer a request as the signed-in user."""
        api = self.owner.api
        if path.startswith("/stripe/"):
            self.send(*stripe_page(api, path.removeprefix("/stripe/"), query))
            return
        line = (method, unquote(path))
        status, body = api.answer(self.user(), line, query, text, self.headers.get("idempotency-key"))
        if isinstance(body, str):
            self.send(status, body, {"content-type": "text/html; charset=utf-8"})
            return
        self.owner.undocumented += self.send_json((method, path, query, text), status, body)


class PageServer(StandInServer):
    """The server; `api` holds the account. `undocumented` lists what the API would answer in another form."""

    handler = PageHandler

    def __init__(self) -> None:
        super().__init__()
        self.api = PageApi()
        self.api.url = self.url

    def groups(self, user: str) -> list[str]:
        """The groups of a user's token."""
        return GROUPS[user]


class StubUser(Window):
    """A user of the account of the stand-in API."""

    def __init__(self, server: PageServer, context: BrowserContext, timeout_ms: int) -> None:
        super().__init__(context, timeout_ms, server.url, {server.url})
        self.api: PageApi = server.api

    def come_back(self, email: str = ADMIN) -> None:
        """Sign in again after a page of Stripe or a reload."""
        self.enter_password(email)


@contextmanager
def serve_page() -> Iterator[PageServer]:
    """Serve the page's function with a sign-in of its own."""
    server = PageServer()
    with serving(server):
        yield server
