"""HTTP servers with the page's own function and a sign-in page, over stand-ins for the API; here the operator's
routes.
"""

import base64
import json
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from tests.browser.desk_api import GROUPS, DeskApi
from tests.contract.conformance import Exchange, differences, find_operation
from tests.harness.table import Context, sample_event

SIGN_IN = """<!doctype html><html lang="en"><title>Sign in</title><link rel="icon" href="data:,">
<form action="/oauth2/login">
<input type="hidden" name="way" value="{way}"><label>Username <input name="username"></label>
<label>Password <input name="password" type="password"></label><button>Sign in</button></form></html>"""


class StandInServer:
    """A server; `handler` answers its requests. `page` is the page's own function."""

    handler: type["StandInHandler"]

    def __init__(self) -> None:
        self.page: Callable[[dict[str, Any], Any], dict[str, Any]]
        self.undocumented: list[str] = []
        bound = type("Bound", (self.handler,), {"owner": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), bound)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    def groups(self, user: str) -> list[str]:
        """The groups of a user's token."""
        raise NotImplementedError


class StandInHandler(BaseHTTPRequestHandler):
    """Answers the pages, their assets, and a sign-in; `answer_api` answers the rest."""

    owner: Any
    protocol_version = "HTTP/1.1"

    def answer_api(self, method: str, path: str, query: dict[str, str], text: str) -> None:
        """Answer a request to the API."""
        raise NotImplementedError

    def is_api(self, path: str) -> bool:
        """Whether a path that is read belongs to the API."""
        raise NotImplementedError

    def do_GET(self) -> None:
        """Answer a page, an asset, a sign-in, or a read."""
        url = urlsplit(self.path)
        path, query = url.path, dict(parse_qsl(url.query))
        if self.is_api(path):
            self.answer_api("GET", path, query, "")
        elif path == "/oauth2/authorize":
            way = base64.urlsafe_b64encode(json.dumps(query).encode()).decode()
            self.send(200, SIGN_IN.format(way=way), {"content-type": "text/html"})
        elif path == "/oauth2/login":
            way = json.loads(base64.urlsafe_b64decode(query["way"]))
            code = urlencode({"user": query["username"], "nonce": way.get("nonce", "")})
            answer = urlencode({"code": code, "state": way["state"]})
            self.send(302, "", {"location": f"{way['redirect_uri']}?{answer}"})
        elif path == "/logout":
            self.send(302, "", {"location": query["logout_uri"]})
        else:
            self._page(path, query)

    def do_POST(self) -> None:
        """Answer a token or an act."""
        self._write("POST")

    def do_PUT(self) -> None:
        """Answer an act."""
        self._write("PUT")

    def do_PATCH(self) -> None:
        """Answer an act."""
        self._write("PATCH")

    def do_DELETE(self) -> None:
        """Answer an act."""
        self._write("DELETE")

    def _write(self, method: str) -> None:
        text = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        url = urlsplit(self.path)
        if url.path == "/oauth2/token":
            self._token(dict(parse_qsl(text)))
        elif url.path == "/oauth2/revoke":
            self.send(200, "", {})
        else:
            self.answer_api(method, url.path, dict(parse_qsl(url.query)), text)

    def _token(self, grant: dict[str, str]) -> None:
        code = dict(parse_qsl(grant.get("code") or grant["refresh_token"]))
        now = int(time.time())
        claims: dict[str, Any] = {
            "sub": f"sub-{code['user'].partition('@')[0]}",
            "email": code["user"],
            "name": code["user"].partition("@")[0].title(),
            "cognito:groups": self.owner.groups(code["user"]),
            "iat": now,
            "exp": now + 900,
            "nonce": code.get("nonce", ""),
        }
        parts = [base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in ({}, claims)]
        body = {"id_token": f"{parts[0]}.{parts[1]}.x", "refresh_token": urlencode(code), "expires_in": 900}
        self.send(200, json.dumps(body), {"content-type": "application/json"})

    def user(self) -> str | None:
        """The address of the signed-in user; None without a sign-in."""
        token = self.headers.get("authorization")
        if token is None:
            return None
        _, claims, _ = token.removeprefix("Bearer ").split(".")
        email: str = json.loads(base64.urlsafe_b64decode(claims + "=="))["email"]
        return email

    def send_json(self, exchange: tuple[str, str, dict[str, str], str], status: int, body: Any) -> list[str]:
        """Send an answer of the API to `(method, path, query, text)`; return what the document does not allow in it."""
        method, path, query, text = exchange
        kind = "application/json" if status < 300 else "application/problem+json"
        answer = "" if status == 204 else json.dumps(body)
        found: list[str] = []
        if find_operation(method, unquote(path)):
            headers = {} if status == 204 else {"content-type": kind}
            found = differences(Exchange(method, unquote(path), status, headers, answer, query, text or None))
        self.send(status, answer, {"content-type": kind})
        return found

    def _page(self, path: str, query: dict[str, str]) -> None:
        event = sample_event("billing_page") | {"routeKey": f"GET {path}", "rawPath": path}
        kept = ("accept-encoding", "accept-language", "if-none-match")
        event["headers"] = event["headers"] | {name: self.headers[name] for name in kept if name in self.headers}
        event["queryStringParameters"] = query
        event["cookies"] = [one.strip() for one in self.headers.get("cookie", "").split(";") if one]
        if path.startswith("/assets/"):
            version, name = path.removeprefix("/assets/").split("/")
            event |= {"routeKey": "GET /assets/{version}/{name}", "pathParameters": {"version": version, "name": name}}
        found = self.owner.page(event, Context())
        body = found["body"].encode()
        headers = found["headers"]
        if found.get("cookies"):
            headers = headers | {"set-cookie": found["cookies"][0]}
        self.send(found["statusCode"], base64.b64decode(body) if found.get("isBase64Encoded") else body, headers)

    def send(self, status: int, content: str | bytes, headers: dict[str, str]) -> None:
        """Send an answer."""
        data = content.encode() if isinstance(content, str) else content
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        if status != 304:
            self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_words: Any) -> None:
        """Print nothing."""


class _DeskHandler(StandInHandler):
    def is_api(self, path: str) -> bool:
        return path.startswith("/operator/")

    def answer_api(self, method: str, path: str, query: dict[str, str], text: str) -> None:
        """Answer a route of the operator as this user."""
        parts = [unquote(part) for part in path.removeprefix("/operator/").split("/")]
        key = self.headers.get("idempotency-key")
        status, body = self.owner.api.answer(self.user(), method, parts, query, text, key)
        self.owner.undocumented += self.send_json((method, path, query, text), status, body)


class DeskServer(StandInServer):
    """The desk; `api` holds the accounts and what was requested. `undocumented` lists what the API would answer in
    another form.
    """

    handler = _DeskHandler

    def __init__(self) -> None:
        super().__init__()
        self.api = DeskApi()

    def groups(self, user: str) -> list[str]:
        """The groups of a user's token."""
        return GROUPS.get(user, [])
