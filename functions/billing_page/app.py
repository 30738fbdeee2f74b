"""Serves the Billing page and the support desk from their bundles, in the reader's language, and the OpenAPI document
that `make openapi` writes beside this file. Serves no account data: the pages request it from the API as the signed-in
user.
"""

import base64
import gzip
import hashlib
import html
import json
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote, urlsplit

from aws_lambda_powertools.utilities.typing import LambdaContext

from calling_credit.brand import DEFAULT_COLOR, logo_origin
from calling_credit.brand_colors import brand_css
from calling_credit.branding import brand_settings, configured_brand
from calling_credit.config import config
from calling_credit.languages import DEFAULT_LANGUAGE, LANGUAGES, language_of_request

PAGE_FOLDER, DESK_FOLDER = Path(__file__).with_name("page"), Path(__file__).with_name("desk")
BUNDLE_FOLDER: Final = Path(__file__).with_name("bundle")
"""What `make page` makes of both folders: one script and one style for each page and language."""
TYPES: Final = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
IMMUTABLE: Final = "public, max-age=31536000, immutable"
REVALIDATE: Final = "no-cache"
ONE_HOUR: Final = "public, max-age=3600"
SMALLEST_GZIP: Final = 512
"""Bytes below which compression saves nothing."""
ICON: Final = "data:image/svg+xml," + quote((PAGE_FOLDER / "icon.svg").read_text("utf-8").strip())
"""The icon as a URL, which costs no request."""


def settings() -> dict[str, Any]:
    """The settings of this deployment that the Billing page needs; none is secret."""
    configured = config()
    return {
        **sign_in(configured.sign_in_client_id, configured.admin_group),
        "minimum": configured.top_up_minimum,
        "maximum": configured.top_up_maximum,
        "brand": brand_settings(),
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
    logo = f" {logo_origin(BRAND.logo)}" if BRAND.logo else ""
    return (
        f"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:{logo}; "
        f"connect-src 'self'{sign_in}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


def read_assets() -> dict[str, str]:
    """The files of the bundle by name, the styles with the operator's color."""
    color = "" if BRAND.color == DEFAULT_COLOR else brand_css(BRAND.color)
    paths = [path for path in sorted(BUNDLE_FOLDER.iterdir()) if path.suffix in TYPES]
    return {path.name: path.read_text("utf-8") + (color if path.suffix == ".css" else "") for path in paths}


BRAND: Final = configured_brand()
ASSETS: Final = read_assets()
VERSION: Final = hashlib.sha256(json.dumps(ASSETS).encode()).hexdigest()[:16]
"""Part of every asset's URL, so that a browser can cache assets and never mixes two deployments."""
OPENAPI: Final = Path(__file__).with_name("openapi.json").read_text("utf-8")
SECURITY_HEADERS: Final = {
    "Content-Security-Policy": policy(),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Referrer-Policy": "no-referrer",
    "Strict-Transport-Security": "max-age=31536000",
    "X-Content-Type-Options": "nosniff",
}


def read_page(route: str, language: str) -> str:
    """The HTML of a page in a language, with the addresses of its assets and its settings."""
    is_desk = route == "GET /desk"
    folder = DESK_FOLDER if is_desk else PAGE_FOLDER
    texts = {} if is_desk else json.loads((PAGE_FOLDER / "messages" / f"html.{language}.json").read_text("utf-8"))
    values = {
        **texts,
        "language": language,
        "settings": json.dumps(desk_settings() if is_desk else settings()),
        "name": BRAND.name,
        "icon": ICON,
        "logo": BRAND.logo or ICON,
        "assets": f"/assets/{VERSION}",
    }
    text = (folder / "index.html").read_text("utf-8")
    for name, value in values.items():
        text = text.replace(f"{{{{{name}}}}}", html.escape(value))
    return text


PAGES: Final = {
    (route, language): read_page(route, language) for route in ("GET /", "GET /desk") for language in LANGUAGES
}


@cache
def etag(text: str) -> str:
    """The entity tag of a text."""
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


@cache
def compressed(text: str) -> str:
    """The text as gzip in base64, the form in which API Gateway takes bytes."""
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def handler(event: dict[str, Any], _context: LambdaContext) -> dict[str, Any]:
    """Answer one request of API Gateway (HTTP API, payload 2.0)."""
    route = event["routeKey"]
    if route == "GET /openapi.json":
        return versioned(event, OPENAPI, "application/json", ONE_HOUR)
    if route == "GET /assets/{version}/{name}":
        return asset(event, event["pathParameters"]["version"], event["pathParameters"]["name"])
    language = DEFAULT_LANGUAGE if route == "GET /desk" else language_of_request(event)
    found = versioned(event, PAGES[route, language], "text/html; charset=utf-8", REVALIDATE)
    found["headers"]["Vary"] = "Accept-Encoding, Accept-Language, Cookie"
    if (event.get("queryStringParameters") or {}).get("language") == language:  # A choice, not a typing error.
        found["cookies"] = [f"language={language}; Path=/; Max-Age=31536000; Secure; HttpOnly; SameSite=Lax"]
    return found


def versioned(event: dict[str, Any], text: str, content_type: str, cache_control: str) -> dict[str, Any]:
    """The text, or 304 if the client has cached this version."""
    headers = {"Cache-Control": cache_control, "ETag": etag(text)}
    if etag(text) in event["headers"].get("if-none-match", ""):
        return answer(event, 304, "", content_type, headers)
    return answer(event, 200, text, content_type, headers)


def asset(event: dict[str, Any], version: str, name: str) -> dict[str, Any]:
    """A file of a bundle. Under the version of another deployment it is served, but not cached."""
    if name not in ASSETS:
        return answer(event, 404, "File not found.\n", "text/plain; charset=utf-8", {"Cache-Control": REVALIDATE})
    cache_control = IMMUTABLE if version == VERSION else "no-store"
    return answer(event, 200, ASSETS[name], TYPES[Path(name).suffix], {"Cache-Control": cache_control})


def answer(event: dict[str, Any], status: int, body: str, content_type: str, headers: dict[str, str]) -> dict[str, Any]:
    """An HTTP response with the security headers, compressed if the client takes gzip."""
    found: dict[str, Any] = {
        "statusCode": status,
        "body": body,
        "headers": {**SECURITY_HEADERS, **headers, "Content-Type": content_type, "Vary": "Accept-Encoding"},
    }
    if len(body) >= SMALLEST_GZIP and accepts_gzip(event["headers"].get("accept-encoding", "")):
        found |= {"body": compressed(body), "isBase64Encoded": True}
        found["headers"]["Content-Encoding"] = "gzip"
    return found


def accepts_gzip(accepted: str) -> bool:
    """Whether an `Accept-Encoding` header names gzip without refusing it."""
    codings = dict(part.replace(" ", "").partition(";")[::2] for part in accepted.lower().split(","))
    return codings.get("gzip", "q=0") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
