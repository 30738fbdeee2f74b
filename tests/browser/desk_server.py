"""An HTTP server with the page's own function, a sign-in page, and the stand-in for the operator's routes."""

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


class DeskServer:
    """The server; `api` holds the accounts and what was requested. `undocumented` lists what the API would answer in
    another form.
    """

    def __init__(self) -> None:
        self.api = DeskApi()
        self.undocumented: list[str] = []
        self.page: Callable[[dict[str, Any], Any], dict[str, Any]]
        outer = self

        class Handler(_Handler):
            desk = outer

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(self, *_error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(BaseHTTPRequestHandler):
    desk: DeskServer
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Answer a page, an asset, a sign-in, or a read."""
        url = urlsplit(self.path)
        path, query = url.path, dict(parse_qsl(url.query))
        if path.startswith("/operator/"):
            self._operator("GET", path, query)
        elif path == "/oauth2/authorize":
            way = base64.urlsafe_b64encode(json.dumps(query).encode()).decode()
            self._send(200, SIGN_IN.format(way=way), {"content-type": "text/html"})
        elif path == "/oauth2/login":
            way = json.loads(base64.urlsafe_b64decode(query["way"]))
            code = urlencode({"user": query["username"], "nonce": way.get("nonce", "")})
            answer = urlencode({"code": code, "state": way["state"]})
            self._send(302, "", {"location": f"{way['redirect_uri']}?{answer}"})
        elif path == "/logout":
            self._send(302, "", {"location": query["logout_uri"]})
        else:
            self._page(path)

    def do_POST(self) -> None:
        """Answer a token or an act."""
        self._write("POST")

    def do_PUT(self) -> None:
        """Answer an act."""
        self._write("PUT")

    def _write(self, method: str) -> None:
        text = self.rfile.read(int(self.headers.get("content-length", 0))).decode()
        url = urlsplit(self.path)
        if url.path == "/oauth2/token":
            self._token(dict(parse_qsl(text)))
        elif url.path == "/oauth2/revoke":
            self._send(200, "", {})
        else:
            self._operator(method, url.path, {}, text)

    def _token(self, grant: dict[str, str]) -> None:
        code = dict(parse_qsl(grant.get("code") or grant["refresh_token"]))
        now = int(time.time())
        claims: dict[str, Any] = {
            "sub": f"sub-{code['user'].partition('@')[0]}",
            "email": code["user"],
            "name": code["user"].partition("@")[0].title(),
            "cognito:groups": GROUPS.get(code["user"], []),
            "iat": now,
            "exp": now + 900,
            "nonce": code.get("nonce", ""),
        }
        parts = [base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in ({}, claims)]
        body = {"id_token": f"{parts[0]}.{parts[1]}.x", "refresh_token": urlencode(code), "expires_in": 900}
        self._send(200, json.dumps(body), {"content-type": "application/json"})

    def _operator(self, method: str, path: str, query: dict[str, str], text: str = "") -> None:
        _, claims, _ = self.headers["authorization"].removeprefix("Bearer ").split(".")
        user = json.loads(base64.urlsafe_b64decode(claims + "=="))["email"]
        key = self.headers.get("idempotency-key")
        parts = [unquote(part) for part in path.removeprefix("/operator/").split("/")]
        status, body = self.desk.api.answer(user, method, parts, query, text, key)
        kind = "application/json" if status < 300 else "application/problem+json"
        answer = json.dumps(body)
        if find_operation(method, unquote(path)):
            exchange = Exchange(method, unquote(path), status, {"content-type": kind}, answer, query, text or None)
            self.desk.undocumented += differences(exchange)
        self._send(status, answer, {"content-type": kind})

    def _page(self, path: str) -> None:
        event = sample_event("billing_page") | {"routeKey": f"GET {path}", "rawPath": path}
        if path.startswith("/assets/"):
            version, name = path.removeprefix("/assets/").split("/")
            event |= {"routeKey": "GET /assets/{version}/{name}", "pathParameters": {"version": version, "name": name}}
        found = self.desk.page(event, Context())
        assert not found.get("isBase64Encoded")  # The sample event accepts no compression.
        self._send(found["statusCode"], found["body"], found["headers"])

    def _send(self, status: int, text: str, headers: dict[str, str]) -> None:
        data = text.encode()
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_words: Any) -> None:
        """Print nothing."""
