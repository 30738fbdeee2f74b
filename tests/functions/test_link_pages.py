"""The pages of links look like the Billing page: the operator's brand, the reader's language, both themes."""

import base64
import hashlib
import re
from collections.abc import Iterator
from typing import Any

import pytest

from calling_credit.brand_colors import brand_css
from calling_credit.config import config
from tests.functions.links_bench import heading, token_of, waiting
from tests.harness.http import Answer, http_event
from tests.harness.template import ROOT
from tests.harness.till import Till

pytestmark = pytest.mark.dynamodb

BRAND = {
    "BRAND_NAME": "Halcyon & Söhne <Telecom>",
    "BRAND_LOGO_URL": "https://cdn.halcyon.example/logo.svg",
    "BRAND_COLOR": "#e4002b",
    "HELP_URL": "https://help.halcyon.example/?a=1&b=2",
}


@pytest.fixture
def branded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A deployment whose operator has set a brand."""
    for name, value in BRAND.items():
        monkeypatch.setenv(name, value)
    config.cache_clear()
    yield
    monkeypatch.undo()
    config.cache_clear()


def open_link(till: Till, token: str, accepted: str = "", **query: str) -> Answer:
    """Open a link with a browser of a language."""
    event: dict[str, Any] = http_event("follow_links", "GET", f"/links/{token}", signed_in=False)
    event["routeKey"] = event["requestContext"]["routeKey"] = "GET /links/{token}"
    event["headers"]["accept-language"] = accepted
    event["queryStringParameters"] = query
    return till.world.invoke("follow_links", event)


def test_a_link_page_is_in_the_language_of_its_reader(till: Till) -> None:
    token = token_of(waiting(till))
    french = open_link(till, token, "fr-CA,fr;q=0.9,en;q=0.5")
    assert heading(french) == "Confirmer le paiement"
    assert '<html lang="fr">' in french.text
    assert "50,00\u00a0$\u00a0US avec la carte Visa se terminant par 3220" in french.text
    assert heading(open_link(till, token, "de")) == "Confirm payment"
    assert heading(open_link(till, token, "fr", language="en")) == "Confirm payment"
    assert heading(open_link(till, token, "en", language="fr")) == "Confirmer le paiement"
    assert heading(open_link(till, "x", "fr")) == "Lien non valide"


def test_a_link_page_offers_its_other_language(till: Till) -> None:
    token = token_of(waiting(till))
    assert '<a href="?language=fr" lang="fr" hreflang="fr">Français</a>' in open_link(till, token).text
    assert '<a href="?language=en" lang="en" hreflang="en">English</a>' in open_link(till, token, "fr").text


def test_a_link_page_shows_the_operators_brand(till: Till, branded: None) -> None:
    answer = open_link(till, token_of(waiting(till)))
    assert "<title>Confirm payment · Halcyon &amp; Söhne &lt;Telecom&gt;</title>" in answer.text
    assert '<img src="https://cdn.halcyon.example/logo.svg" alt="" width="28" height="28">' in answer.text
    assert '<a href="https://help.halcyon.example/?a=1&amp;b=2">Help</a>' in answer.text
    assert brand_css("#e4002b") in answer.text
    policy = answer.headers["content-security-policy"]
    assert "img-src data: https://cdn.halcyon.example;" in policy


def test_the_policy_allows_the_pages_own_style_and_nothing_from_elsewhere(till: Till) -> None:
    answer = open_link(till, token_of(waiting(till)))
    [style] = re.findall("<style>(.*?)</style>", answer.text)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = answer.headers["content-security-policy"]
    assert policy.endswith(f"img-src data:; style-src 'sha256-{digest}'")
    assert "style=" not in answer.text.replace("<style>", "")
    assert not re.search(r'(src|href)="(?!data:,|\?language=|https://page\.test/")', answer.text)


def test_a_link_page_has_the_landmarks_of_a_page(till: Till) -> None:
    text = open_link(till, token_of(waiting(till))).text
    for tag in ("h1", "header", "main", "footer", "title"):
        assert len(re.findall(f"<{tag}[ >]", text)) == 1, tag
    icon = re.findall(r' d="([^"]+)"', (ROOT / "functions/billing_page/page/icon.svg").read_text("utf-8"))
    assert re.findall(r' d="([^"]+)"', text) == icon
