"""Asks the function of the Billing page and the support desk for its files."""

import base64
import gzip
import re
from types import ModuleType
from typing import Any

import pytest

from tests.contract.handlers import with_check
from tests.harness.table import Context, load_app, sample_event
from tests.harness.template import ROOT

FOLDER = ROOT / "functions" / "billing_page" / "page"
DESK = FOLDER.with_name("desk")
PATHS = ("/", "/desk")
BUNDLE = FOLDER.with_name("bundle")
LANGUAGES = ("en", "fr")
ON_DEMAND = ("views", "company", "places")
"""The scripts with views that the first view does not need."""
SETTINGS = {
    "SIGN_IN_CLIENT_ID": "client_1",
    "STAFF_CLIENT_ID": "client_2",
    "SUPPORT_GROUP": "helpers",
    "FINANCE_GROUP": "tills",
    "AUTHORIZE_URL": "https://people.test/oauth2/authorize",
    "TOKEN_URL": "https://tokens.people.test/oauth2/token",
    "LOGOUT_URL": "https://people.test/logout",
    "GROUPS_CLAIM": "roles",
    "ADMIN_GROUP": 'payers" & <others>',
    "TOP_UP_MINIMUM": "5.00",
    "TOP_UP_MAXIMUM": "500.00",
}


def load_page(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The function with its own settings."""
    from calling_credit.config import config  # noqa: PLC0415

    for name, value in SETTINGS.items():
        monkeypatch.setenv(name, value)
    config.cache_clear()
    try:
        return load_app("billing_page")
    finally:
        config.cache_clear()


def ask(app: ModuleType, path: str, **headers: str) -> dict[str, Any]:
    """The response to a GET request in API Gateway's form."""
    event = sample_event("billing_page")
    event["headers"] |= {name.replace("_", "-"): value for name, value in headers.items()}
    if path in ("/desk", "/openapi.json"):
        event |= {"routeKey": f"GET {path}", "rawPath": path}
    elif path != "/":
        version, name = path.removeprefix("/assets/").split("/")
        event |= {
            "routeKey": "GET /assets/{version}/{name}",
            "rawPath": path,
            "pathParameters": {"version": version, "name": name},
        }
    event["requestContext"]["http"]["path"] = event["rawPath"]
    answer: dict[str, Any] = with_check(app.handler)(event, Context())
    return answer


def unpacked(answer: dict[str, Any]) -> str:
    """The body of a compressed response."""
    assert (answer["isBase64Encoded"], answer["headers"]["Content-Encoding"]) == (True, "gzip")
    return gzip.decompress(base64.b64decode(answer["body"])).decode()


def wire_size(answer: dict[str, Any]) -> int:
    """Bytes of a response's body on the wire."""
    return len(base64.b64decode(answer["body"]) if answer.get("isBase64Encoded") else answer["body"].encode())


def named_in(page: str, *also: str) -> list[str]:
    """The addresses in the HTML that cost a request, and those that begin with one of `also`."""
    named = re.findall(r'(?:href|src)="([^"#]+)"', page)
    return [address for address in named if address.startswith(("/", *also))]
