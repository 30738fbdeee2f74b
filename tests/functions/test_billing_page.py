"""The Billing page and the support desk that a browser receives: only their own files, few, small, compressed, cached,
with security headers, with the settings of the deployment, and in the reader's language.
"""

import base64
import gzip
import html
import json
import re
from types import ModuleType
from typing import Any

import pytest

from ops.contract.document import document
from tests.contract.handlers import with_check
from tests.harness.table import Context, load_app, sample_event
from tests.harness.template import ROOT

FOLDER = ROOT / "functions" / "billing_page" / "page"
DESK = FOLDER.with_name("desk")
PATHS = ("/", "/desk")
BUNDLE = FOLDER.with_name("bundle")
LANGUAGES = ("en", "fr")
ON_DEMAND = ("views", "places")
"""The scripts with views that the first view does not need."""
MOST_BYTES = 38 * 1024
"""Of the first visit's HTML, style, and script, compressed. The requests to the API share 45 KiB with them."""
MOST_VIEW_BYTES = 25 * 1024
MOST_DESK_BYTES = 45 * 1024
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


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
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


@pytest.mark.parametrize("path", PATHS)
def test_the_html_page_is_revalidated_on_every_visit(app: ModuleType, path: str) -> None:
    first = ask(app, path)
    assert (first["statusCode"], first["headers"]["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert first["body"].startswith("<!doctype html>")
    assert first["headers"]["Cache-Control"] == "no-cache"
    again = ask(app, path, if_none_match=f"W/{first['headers']['ETag']}")
    assert (again["statusCode"], again["body"], again["headers"]["ETag"]) == (304, "", first["headers"]["ETag"])
    assert ask(app, path, if_none_match='"something else"')["statusCode"] == 200


def test_openapi_document_is_cached_for_an_hour_and_revalidated(app: ModuleType) -> None:
    first = ask(app, "/openapi.json")
    assert (first["statusCode"], first["headers"]["Content-Type"]) == (200, "application/json")
    assert json.loads(first["body"]) == document()
    assert first["headers"]["Cache-Control"] == "public, max-age=3600"
    again = ask(app, "/openapi.json", if_none_match=first["headers"]["ETag"])
    assert (again["statusCode"], again["body"]) == (304, "")


def named_in(page: str, *also: str) -> list[str]:
    """The addresses in the HTML that cost a request, and those that begin with one of `also`."""
    named = re.findall(r'(?:href|src)="([^"#]+)"', page)
    return [address for address in named if address.startswith(("/", *also))]


@pytest.mark.parametrize("path", PATHS)
def test_every_file_of_the_page_has_its_type_and_is_cached_for_a_year(app: ModuleType, path: str) -> None:
    addresses = named_in(ask(app, path)["body"])
    assert addresses
    for address in addresses:
        found = ask(app, address)
        assert found["statusCode"] == 200, address
        assert found["headers"]["Cache-Control"] == "public, max-age=31536000, immutable"
        kinds = {"css": "text/css", "js": "text/javascript"}
        assert found["headers"]["Content-Type"].startswith(kinds[address.rpartition(".")[2]])


def test_a_first_visit_takes_three_requests(app: ModuleType) -> None:
    for path, name in (("/", "billing"), ("/desk", "desk")):
        files = [address.rpartition("/")[2] for address in named_in(ask(app, path)["body"])]
        assert sorted(files) == [f"{name}.css", "billing.en.js" if path == "/" else "desk.js"]


def test_only_the_views_of_the_page_are_loaded_on_demand() -> None:
    def imported(name: str) -> set[str]:
        text = (BUNDLE / name).read_text("utf-8")
        return set(re.findall(r'(?:from|import)\s*\(?"(\.[^"]+)"', text))

    for language in LANGUAGES:
        assert imported(f"billing.{language}.js") == {f"./{name}.{language}.js" for name in ON_DEMAND}
        for name in ON_DEMAND:
            assert imported(f"{name}.{language}.js") == {f"./billing.{language}.js"}
    assert imported("desk.js") == set()


def test_every_source_file_is_in_a_bundle() -> None:
    for folder in (FOLDER, DESK):
        texts = {path: path.read_text("utf-8") for path in folder.iterdir() if path.suffix in {".js", ".css"}}
        texts |= {path: path.read_text("utf-8") for path in DESK.iterdir() if path.suffix in {".js", ".css"}}
        named = " ".join(texts.values())
        roots = {"main.js", "billing.css", "desk.js", "desk.css"}
        unused = [path.name for path in texts if path.name not in roots and f"/{path.name}" not in named]
        assert unused == []


def test_a_file_name_of_another_deployment_is_served_uncached(app: ModuleType) -> None:
    found = ask(app, "/assets/0123456789abcdef/billing.en.js")
    assert (found["statusCode"], found["headers"]["Cache-Control"]) == (200, "no-store")


@pytest.mark.parametrize(
    "name", ["index.html", "app.py", "..", "", "main.js", "billing.en.js.map", "%2e%2e", "constructor"]
)
def test_nothing_but_the_pages_own_files_is_served(app: ModuleType, name: str) -> None:
    found = ask(app, f"/assets/0/{name}")
    assert found["statusCode"] == 404
    assert name not in found["body"] or name == ""


def directives(app: ModuleType, path: str) -> dict[str, list[str]]:
    """The content security policy, by directive."""
    policy = ask(app, path)["headers"]["Content-Security-Policy"]
    return {words[0]: words[1:] for words in (part.split() for part in policy.split(";"))}


@pytest.mark.parametrize("path", PATHS)
def test_the_page_may_reach_only_its_origin_and_the_token_endpoint(app: ModuleType, path: str) -> None:
    found = directives(app, path)
    assert found["default-src"] == ["'none'"]
    assert found["connect-src"] == ["'self'", "https://tokens.people.test"]
    for own in ("script-src", "style-src"):
        assert found[own] == ["'self'"]
    assert found["img-src"] == ["'self'", "data:"]
    for none in ("base-uri", "form-action", "frame-ancestors", "trusted-types"):
        assert found[none] == ["'none'"]
    assert not [word for words in found.values() for word in words if word.startswith("'unsafe")]


def test_every_answer_is_guarded(app: ModuleType) -> None:
    for path in (*PATHS, "/openapi.json", "/assets/0/billing.en.js", "/assets/0/nothing.js"):
        headers = ask(app, path)["headers"]
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Referrer-Policy"] == "no-referrer"
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
        assert headers["Strict-Transport-Security"]


@pytest.mark.parametrize("address", PATHS)
def test_nothing_is_inline_and_nothing_comes_from_elsewhere(app: ModuleType, address: str) -> None:
    page = ask(app, address)["body"]
    assert "{{" not in page
    assert "<style" not in page
    assert not re.findall(r"\son[a-z]+=|\sstyle=", page)
    assert re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL) == [""]
    assert all(named.startswith(("/assets/", "data:image/svg+xml,")) for named in named_in(page, "data:"))
    for path in (*FOLDER.glob("*.*"), *DESK.iterdir(), *BUNDLE.iterdir()):
        text = path.read_text("utf-8")
        assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text), path.name
        assert not re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function", text)


def test_tokens_are_stored_nowhere() -> None:
    for path in (*FOLDER.glob("*.js"), *DESK.glob("*.js")):
        text = path.read_text("utf-8")
        assert not re.findall(r"localStorage|indexedDB|document\.cookie", text), path.name
    stored = re.findall(r"sessionStorage\.setItem\((.*)\);", (FOLDER / "session.js").read_text("utf-8"))
    way = "WAY, JSON.stringify({ state, verifier, nonce, back: withoutAnswer(back) })"
    assert stored == [way, 'IN_VAIN, "yes"', "WAS_HERE, claims.sub"]


def first_visit(app: ModuleType, path: str, **headers: str) -> dict[str, int]:
    """Bytes on the wire of a page's HTML and of every file that the HTML names."""
    page = ask(app, path, accept_encoding="gzip, deflate, br", **headers)
    files = {address: ask(app, address, accept_encoding="gzip") for address in named_in(unpacked(page))}
    return {path: wire_size(page)} | {address: wire_size(file) for address, file in files.items()}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_first_visit_stays_below_its_bytes(app: ModuleType, language: str) -> None:
    sizes = first_visit(app, "/", accept_language=language)
    assert sum(sizes.values()) < MOST_BYTES, sizes
    for name in ON_DEMAND:
        assert wire_size(ask(app, f"/assets/0/{name}.{language}.js", accept_encoding="gzip")) < MOST_VIEW_BYTES


def test_the_desk_stays_below_its_bytes(app: ModuleType) -> None:
    sizes = first_visit(app, "/desk")
    assert sum(sizes.values()) < MOST_DESK_BYTES, sizes


def test_a_client_without_gzip_receives_the_same_text(app: ModuleType) -> None:
    for path in (*PATHS, "/assets/0/billing.css", "/openapi.json"):
        plain = ask(app, path)
        assert plain["headers"]["Vary"].startswith("Accept-Encoding")
        assert "Content-Encoding" not in plain["headers"]
        assert unpacked(ask(app, path, accept_encoding="br;q=1.0, gzip;q=0.5")) == plain["body"]
        for refused in ("", "br", "gzip;q=0", "identity, gzip; q=0.0"):
            assert ask(app, path, accept_encoding=refused) == plain


def test_the_page_is_served_in_the_readers_language(app: ModuleType) -> None:
    french = ask(app, "/", accept_language="fr-CA,fr;q=0.9")
    assert '<html lang="fr"' in french["body"]
    assert "/billing.fr.js" in french["body"]
    assert "Aller au contenu" in french["body"]
    assert "cookies" not in french
    assert "Accept-Language" in french["headers"]["Vary"]
    assert "Cookie" in french["headers"]["Vary"]
    assert '<html lang="en"' in ask(app, "/", accept_language="de")["body"]
    assert french["headers"]["ETag"] != ask(app, "/")["headers"]["ETag"]


def test_a_chosen_language_is_kept_in_a_cookie(app: ModuleType) -> None:
    event = sample_event("billing_page") | {"queryStringParameters": {"language": "fr"}}
    chosen = app.handler(event, Context())
    [cookie] = chosen["cookies"]
    assert cookie == "language=fr; Path=/; Max-Age=31536000; Secure; HttpOnly; SameSite=Lax"
    later = app.handler(sample_event("billing_page") | {"cookies": [cookie.partition(";")[0]]}, Context())
    assert later["body"] == chosen["body"]
    injected = sample_event("billing_page") | {"queryStringParameters": {"language": 'fr"; Domain=evil'}}
    assert app.handler(injected, Context())["cookies"][0].startswith("language=en; Path=/;")


def test_the_desk_stores_nothing_but_acts_without_a_known_outcome() -> None:
    stored = [path.name for path in DESK.glob("*.js") if "sessionStorage.setItem" in path.read_text("utf-8")]
    assert stored == ["act.js"]


def test_the_desk_signs_staff_in_with_their_own_client(app: ModuleType) -> None:
    [text] = re.findall(r'<html lang="en" data-settings="([^"]*)">', ask(app, "/desk")["body"])
    settings = json.loads(html.unescape(text))
    assert (settings["client_id"], settings["admin_group"], settings["support_group"]) == (
        "client_2",
        "tills",
        "helpers",
    )
    assert set(settings) & {"minimum", "maximum"} == set()


def test_the_page_receives_sign_in_address_payers_and_amounts(app: ModuleType) -> None:
    [text] = re.findall(r'<html lang="en" data-settings="([^"]*)">', ask(app, "/")["body"])
    assert json.loads(html.unescape(text)) == {
        "client_id": "client_1",
        "authorize_url": "https://people.test/oauth2/authorize",
        "token_url": "https://tokens.people.test/oauth2/token",
        "logout_url": "https://people.test/logout",
        "groups_claim": "roles",
        "admin_group": 'payers" & <others>',
        "minimum": "5.00",
        "maximum": "500.00",
        "brand": {"name": "Calling Credit", "logo": "", "help": ""},
    }


def test_without_a_sign_in_the_page_may_reach_its_own_origin_alone(apps: dict[str, ModuleType]) -> None:
    assert "connect-src 'self';" in ask(apps["billing_page"], "/")["headers"]["Content-Security-Policy"]
