"""The Billing page and the desk stay below their bytes on the wire, and come in the reader's language."""

from types import ModuleType

import pytest

from tests.functions.page_bench import (
    BUNDLE,
    LANGUAGES,
    ON_DEMAND,
    PATHS,
    ask,
    load_page,
    named_in,
    unpacked,
    wire_size,
)
from tests.harness.table import Context, sample_event

MOST_BYTES = 38 * 1024
"""Of the first visit's HTML, style, and script, compressed. The requests to the API share 45 KiB with them."""
MOST_VIEW_BYTES = 25 * 1024
MOST_DESK_BYTES = 45 * 1024


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The function with its own settings."""
    return load_page(monkeypatch)


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
    for text in ('fr"; Domain=evil', "fr,en", "de", "FR", ""):
        answer = app.handler(sample_event("billing_page") | {"queryStringParameters": {"language": text}}, Context())
        assert ("cookies" in answer, '<html lang="en"' in answer["body"]) == (False, True), text


def test_a_cached_page_of_another_language_is_sent_again(app: ModuleType) -> None:
    english, french = ask(app, "/"), ask(app, "/", accept_language="fr")
    tag = english["headers"]["ETag"]
    assert ask(app, "/", if_none_match=tag)["statusCode"] == 304
    again = ask(app, "/", if_none_match=tag, accept_language="fr")
    assert (again["statusCode"], again["headers"]["ETag"]) == (200, french["headers"]["ETag"])
    assert ask(app, "/", if_none_match=tag)["headers"]["Vary"] == english["headers"]["Vary"]


@pytest.mark.parametrize(
    ("accepted", "is_compressed"),
    [
        ("gzip", True),
        ("GZIP", True),
        ("br, gzip;q=0.001", True),
        ("gzip;q=0", False),
        ("gzip; Q=0.000", False),
        ("identity", False),
        ("*;q=0", False),
        ("x-gzip-like", False),
        (",,;q=", False),
    ],
)
def test_only_a_client_that_takes_gzip_receives_it(app: ModuleType, accepted: str, is_compressed: bool) -> None:
    assert ("Content-Encoding" in ask(app, "/", accept_encoding=accepted)["headers"]) is is_compressed


def test_the_pages_show_the_operators_brand(monkeypatch: pytest.MonkeyPatch) -> None:
    brand = {"BRAND_NAME": 'Telco & "Sons"', "BRAND_LOGO_URL": "https://cdn.telco.example/a.svg"}
    for name, value in (brand | {"BRAND_COLOR": "#aa0055", "HELP_URL": "https://telco.example/help"}).items():
        monkeypatch.setenv(name, value)
    app = load_page(monkeypatch)
    for path in PATHS:
        page = ask(app, path)
        assert "Telco &amp; &quot;Sons&quot;" in page["body"]
        assert '<img src="https://cdn.telco.example/a.svg" alt=""' in page["body"]
        assert "img-src 'self' data: https://cdn.telco.example;" in page["headers"]["Content-Security-Policy"]
    assert "https://telco.example/help" in ask(app, "/")["body"]
    for name in ("billing.css", "desk.css"):
        style = ask(app, f"/assets/0/{name}")["body"]
        assert style.startswith((BUNDLE / name).read_text("utf-8"))
        assert "#aa0055" in style
