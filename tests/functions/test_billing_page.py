"""The Billing page and the support desk that a browser receives: only their own files, small, cached, with security
headers and with the settings of the deployment.
"""

import html
import json
import re
from pathlib import Path
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
MOST_BYTES = 100 * 1024
MOST_DESK_BYTES = 135 * 1024
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


def named_in(page: str) -> list[str]:
    """The addresses in the HTML."""
    return re.findall(r'(?:href|src)="([^"#]+)"', page)


@pytest.mark.parametrize("path", PATHS)
def test_every_file_of_the_page_has_its_type_and_is_cached_for_a_year(app: ModuleType, path: str) -> None:
    addresses = named_in(ask(app, path)["body"])
    assert addresses
    for address in addresses:
        found = ask(app, address)
        assert found["statusCode"] == 200, address
        assert found["headers"]["Cache-Control"] == "public, max-age=31536000, immutable"
        kinds = {"css": "text/css", "js": "text/javascript", "svg": "image/svg+xml"}
        assert found["headers"]["Content-Type"].startswith(kinds[address.rpartition(".")[2]])


def bundle(app: ModuleType, path: str) -> set[Path]:
    """The files that a browser loads for a page: those that its HTML names, and the modules that they import."""
    reached: set[Path] = set()
    ahead = {address.rpartition("/")[2] for address in named_in(ask(app, path)["body"]) if address != path}
    while ahead:
        name = ahead.pop()
        [file] = [folder / name for folder in (FOLDER, DESK) if (folder / name).exists()]
        reached.add(file)
        imported = set(re.findall(r'from "\./([a-z]+\.js)"', file.read_text("utf-8")))
        ahead |= imported - {one.name for one in reached}
    return reached


def test_every_file_is_used_and_every_module_that_is_imported_is_there(app: ModuleType) -> None:
    assert bundle(app, "/") | {FOLDER / "index.html"} == set(FOLDER.iterdir())
    desk = bundle(app, "/desk")
    assert {path for path in desk if path.parent == DESK} | {DESK / "index.html"} == set(DESK.iterdir())
    assert {"session.js", "api.js", "dom.js", "style.css"} <= {path.name for path in desk if path.parent == FOLDER}


def test_a_file_name_of_another_deployment_is_served_uncached(app: ModuleType) -> None:
    found = ask(app, "/assets/0123456789abcdef/main.js")
    assert (found["statusCode"], found["headers"]["Cache-Control"]) == (200, "no-store")


@pytest.mark.parametrize("name", ["index.html", "app.py", "..", "", "main.js.map", "%2e%2e", "constructor"])
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
    for own in ("script-src", "style-src", "img-src"):
        assert found[own] == ["'self'"]
    for none in ("base-uri", "form-action", "frame-ancestors", "trusted-types"):
        assert found[none] == ["'none'"]
    assert not [word for words in found.values() for word in words if word.startswith("'unsafe")]


def test_every_answer_is_guarded(app: ModuleType) -> None:
    for path in (*PATHS, "/openapi.json", "/assets/0/main.js", "/assets/0/nothing.js"):
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
    assert all(named.startswith("/assets/") for named in named_in(page))
    for path in (*FOLDER.iterdir(), *DESK.iterdir()):
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


def test_the_whole_page_has_less_than_100_kilobytes(app: ModuleType) -> None:
    sizes = {path.name: len(path.read_bytes()) for path in FOLDER.iterdir()}
    sizes["index.html"] = len(ask(app, "/")["body"].encode())
    assert sum(sizes.values()) < MOST_BYTES, sizes


def test_the_whole_desk_has_less_than_135_kilobytes(app: ModuleType) -> None:
    sizes = {path.name: len(path.read_bytes()) for path in bundle(app, "/desk")}
    sizes["index.html"] = len(ask(app, "/desk")["body"].encode())
    assert sum(sizes.values()) < MOST_DESK_BYTES, sizes


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
    }


def test_without_a_sign_in_the_page_may_reach_its_own_origin_alone(apps: dict[str, ModuleType]) -> None:
    assert "connect-src 'self';" in ask(apps["billing_page"], "/")["headers"]["Content-Security-Policy"]
