"""The Billing page's export writes each cell like the API. These tests need no stack."""

import re
from collections.abc import Iterable

from playwright.sync_api import Browser

from calling_credit.csv_cells import inert_text
from tests.domain.csv_examples import WRITTEN
from tests.harness.template import ROOT

PAGE = ROOT / "functions" / "billing_page" / "page"


def written_by_the_page(browser: Browser, cells: Iterable[str]) -> list[str]:
    """The cells as the function of the page's code writes them."""
    [inert] = re.findall(r"const inert = (.*);\n", (PAGE / "calls.js").read_text(encoding="utf-8"))
    page = browser.new_page()
    try:
        written: list[str] = page.evaluate(f"(cells) => cells.map({inert})", list(cells))
    finally:
        page.close()
    return written


def test_exported_cells_are_written_like_those_of_the_api(browser: Browser) -> None:
    assert dict(zip(WRITTEN, written_by_the_page(browser, WRITTEN), strict=True)) == WRITTEN


def test_page_and_api_agree_on_every_first_character(browser: Browser) -> None:
    """Before a formula, and alone: so both have the same blanks and the same formula characters."""
    characters = [chr(code) for code in range(0xE1000) if not 0xD800 <= code <= 0xDFFF and (code >> 16) in (0, 1, 0xE)]
    cells = [character + rest for character in characters for rest in ("=1+1", "x")]
    written = written_by_the_page(browser, cells)
    assert [cell for cell, of_page in zip(cells, written, strict=True) if inert_text(cell) != of_page] == []
