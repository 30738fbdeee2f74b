"""The Billing page and the support desk that a browser receives: only their own files, few, small, compressed, cached,
with security headers, with the settings of the deployment, and in the reader's language.
"""

import html
import json
import re
from types import ModuleType

import pytest

from ops.contract.document import document
from tests.functions.page_bench import (
    BUNDLE,
    DESK,
    FOLDER,
    LANGUAGES,
    ON_DEMAND,
    PATHS,
    ask,
    load_page,
    named_in,
)


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The function with its own settings."""
    return load_page(monkeypatch)


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
    rejected = "REJECTED, JSON.stringify({ path, at: Date.now() })"  # The path of a request.
    assert stored == [way, rejected, "WAS_HERE, claims.sub"]


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
