"""Serves the Billing page, one HTML file and the style, scripts and icon it consists of, from the folder `page`. Knows
no account: what the page shows it asks of the API as whoever signed in, and a browser gets no address but those here.
Serves the API's OpenAPI document too, as `make openapi` wrote it beside this file.
"""

import hashlib
import html
import json
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit.config import config

FOLDER: Final = Path(__file__).with_name("page")
TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
}
UNCHANGING: Final = "public, max-age=31536000, immutable"
ASKED_AGAIN: Final = "no-cache"
AN_HOUR: Final = "public, max-age=3600"


def settings() -> dict[str, Any]:
    """What the page must know of this deployment; nothing of it is secret."""
    known = config()
    return {
        "client_id": known.sign_in_client_id,
        "authorize_url": known.authorize_url,
        "token_url": known.token_url,
        "logout_url": known.logout_url,
        "groups_claim": known.groups_claim,
        "admin_group": known.admin_group,
        "minimum": known.top_up_minimum,
        "maximum": known.top_up_maximum,
    }


def policy() -> str:
    """What a browser lets the page do: its own files, its own API, and the token endpoint; nothing inline."""
    token = urlsplit(config().token_url)
    sign_in = f" {token.scheme}://{token.netloc}" if token.netloc else ""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        f"connect-src 'self'{sign_in}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


def read_assets() -> dict[str, str]:
    """The files beside the HTML, by name."""
    return {path.name: path.read_text("utf-8") for path in sorted(FOLDER.iterdir()) if path.suffix in TYPES}


ASSETS: Final = read_assets()
VERSION: Final = hashlib.sha256(json.dumps(ASSETS).encode()).hexdigest()[:16]
"""Part of every asset's address, so that a browser may keep what it has and never mixes two deployments."""
PAGE: Final = (
    (FOLDER / "index.html")
    .read_text("utf-8")
    .replace("{{assets}}", f"/assets/{VERSION}")
    .replace("{{settings}}", html.escape(json.dumps(settings())))
)
OPENAPI: Final = Path(__file__).with_name("openapi.json").read_text("utf-8")


def etag(text: str) -> str:
    """The name of this version of a text."""
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


PAGE_ETAG: Final = etag(PAGE)
OPENAPI_ETAG: Final = etag(OPENAPI)
GUARDS: Final = {
    "Content-Security-Policy": policy(),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
}


def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Answer one request of API Gateway (HTTP API, payload 2.0)."""
    known = event["headers"].get("if-none-match", "")
    if event["routeKey"] == "GET /":
        return versioned(PAGE, PAGE_ETAG, known, "text/html; charset=utf-8", ASKED_AGAIN)
    if event["routeKey"] == "GET /openapi.json":
        return versioned(OPENAPI, OPENAPI_ETAG, known, "application/json", AN_HOUR)
    return asset(event["pathParameters"]["version"], event["pathParameters"]["name"])


def versioned(text: str, tag: str, known: str, content_type: str, cached: str) -> dict[str, Any]:
    """A text that is sent only to a client that does not have this version of it."""
    headers = {"Cache-Control": cached, "ETag": tag}
    if tag in known:
        return answer(304, "", content_type, headers)
    return answer(200, text, content_type, headers)


def asset(version: str, name: str) -> dict[str, Any]:
    """A file of the page. While two deployments answer side by side, what another one has named is not kept."""
    if name not in ASSETS:
        return answer(404, "There is no such file.\n", "text/plain; charset=utf-8", {"Cache-Control": ASKED_AGAIN})
    cached = UNCHANGING if version == VERSION else "no-store"
    return answer(200, ASSETS[name], TYPES[Path(name).suffix], {"Cache-Control": cached})


def answer(status: int, body: str, content_type: str, headers: dict[str, str]) -> dict[str, Any]:
    """An HTTP answer with everything that guards the page."""
    return {"statusCode": status, "body": body, "headers": {**GUARDS, **headers, "Content-Type": content_type}}
