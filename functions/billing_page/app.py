"""Serves the Billing page (folder `page`), the support desk (folder `desk`, which imports parts of `page`), and the
OpenAPI document that `make openapi` writes beside this file. Serves no account data: the pages request it from the API
as the signed-in user.
"""

import hashlib
import html
import json
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit.config import config

PAGE_FOLDER, DESK_FOLDER = Path(__file__).with_name("page"), Path(__file__).with_name("desk")
TYPES: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml; charset=utf-8",
}
IMMUTABLE: Final = "public, max-age=31536000, immutable"
REVALIDATE: Final = "no-cache"
ONE_HOUR: Final = "public, max-age=3600"


def settings() -> dict[str, Any]:
    """The settings of this deployment that the Billing page needs; none is secret."""
    configured = config()
    return {
        **sign_in(configured.sign_in_client_id, configured.admin_group),
        "minimum": configured.top_up_minimum,
        "maximum": configured.top_up_maximum,
    }


def desk_settings() -> dict[str, Any]:
    """The settings that the desk needs. Its admins are the staff who may move money."""
    configured = config()
    return {**sign_in(configured.staff_client_id, configured.finance_group), "support_group": configured.support_group}


def sign_in(client_id: str, admin_group: str) -> dict[str, Any]:
    """How the users of a page sign in, and the group of its admins."""
    configured = config()
    return {
        "client_id": client_id,
        "authorize_url": configured.authorize_url,
        "token_url": configured.token_url,
        "logout_url": configured.logout_url,
        "groups_claim": configured.groups_claim,
        "admin_group": admin_group,
    }


def policy() -> str:
    """The content security policy: own files, own API, and the token endpoint; no inline code or styles."""
    token = urlsplit(config().token_url)
    sign_in = f" {token.scheme}://{token.netloc}" if token.netloc else ""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        f"connect-src 'self'{sign_in}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


def read_assets() -> dict[str, str]:
    """The files beside the HTML of both pages, by name. The desk's modules import those of the Billing page."""
    paths = [path for folder in (PAGE_FOLDER, DESK_FOLDER) for path in sorted(folder.iterdir())]
    return {path.name: path.read_text("utf-8") for path in paths if path.suffix in TYPES}


ASSETS: Final = read_assets()
VERSION: Final = hashlib.sha256(json.dumps(ASSETS).encode()).hexdigest()[:16]
"""Part of every asset's URL, so that a browser can cache assets and never mixes two deployments."""


def read_page(folder: Path, page_settings: dict[str, Any]) -> str:
    """The HTML of a page, with the addresses of its assets and its settings."""
    text = (folder / "index.html").read_text("utf-8").replace("{{assets}}", f"/assets/{VERSION}")
    return text.replace("{{settings}}", html.escape(json.dumps(page_settings)))


PAGES: Final = {
    "GET /": read_page(PAGE_FOLDER, settings()),
    "GET /desk": read_page(DESK_FOLDER, desk_settings()),
}
OPENAPI: Final = Path(__file__).with_name("openapi.json").read_text("utf-8")


def etag(text: str) -> str:
    """The entity tag of a text."""
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


PAGE_ETAGS: Final = {route: etag(text) for route, text in PAGES.items()}
OPENAPI_ETAG: Final = etag(OPENAPI)
SECURITY_HEADERS: Final = {
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
    cached_tags = event["headers"].get("if-none-match", "")
    route = event["routeKey"]
    if route in PAGES:
        return versioned(PAGES[route], PAGE_ETAGS[route], cached_tags, "text/html; charset=utf-8", REVALIDATE)
    if route == "GET /openapi.json":
        return versioned(OPENAPI, OPENAPI_ETAG, cached_tags, "application/json", ONE_HOUR)
    return asset(event["pathParameters"]["version"], event["pathParameters"]["name"])


def versioned(text: str, tag: str, cached_tags: str, content_type: str, cache_control: str) -> dict[str, Any]:
    """The text, or 304 if the client has cached this version."""
    headers = {"Cache-Control": cache_control, "ETag": tag}
    if tag in cached_tags:
        return answer(304, "", content_type, headers)
    return answer(200, text, content_type, headers)


def asset(version: str, name: str) -> dict[str, Any]:
    """A file of the page. Under the version of another deployment it is served, but not cached."""
    if name not in ASSETS:
        return answer(404, "File not found.\n", "text/plain; charset=utf-8", {"Cache-Control": REVALIDATE})
    cache_control = IMMUTABLE if version == VERSION else "no-store"
    return answer(200, ASSETS[name], TYPES[Path(name).suffix], {"Cache-Control": cache_control})


def answer(status: int, body: str, content_type: str, headers: dict[str, str]) -> dict[str, Any]:
    """An HTTP response with the security headers."""
    return {
        "statusCode": status,
        "body": body,
        "headers": {**SECURITY_HEADERS, **headers, "Content-Type": content_type},
    }
