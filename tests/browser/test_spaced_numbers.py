"""Numbers are shown in groups, as people write them. These tests need no stack."""

import re
from collections.abc import Callable
from random import Random

import pytest
from playwright.sync_api import Browser

from tests.harness.template import ROOT

NUMBERS = ROOT / "functions" / "billing_page" / "page" / "numbers.js"


@pytest.fixture(scope="module")
def spaced(browser: Browser) -> Callable[[list[str]], list[str]]:
    """The page's function that spaces numbers."""
    code = re.sub(r"^export ", "", NUMBERS.read_text("utf-8"), flags=re.MULTILINE)
    page = browser.new_page()

    def space(numbers: list[str]) -> list[str]:
        written: list[str] = page.evaluate(f"(numbers) => {{ {code}\nreturn numbers.map(spaced); }}", numbers)
        return written

    return space


def test_spacing_never_alters_a_digit(spaced: Callable[[list[str]], list[str]]) -> None:
    random = Random(5)
    numbers = [
        f"+{random.randint(1, 9)}{random.randrange(10**size):0{size}}" for size in range(6, 15) for _ in range(2000)
    ]
    written = spaced(numbers)
    assert [text.replace(" ", "") for text in written] == numbers
    blocks = [text.split(" ")[1:] for text in written]
    assert all(1 <= len(block) <= 6 for one in blocks for block in one)
    assert all(len(one[-1]) > 1 for one in blocks)


def test_spacing_groups_numbers_as_people_write_them(spaced: Callable[[list[str]], list[str]]) -> None:
    wanted = {
        "+442071838750": "+44 20 7183 8750",
        "+447700900123": "+44 7700 900123",
        "+12125550100": "+1 212 555 0100",
        "+33142685300": "+33 1 42 68 53 00",
        "+4930901820": "+49 309 01 820",
        "+8613912345678": "+86 139 1234 5678",
        "+917312345678": "+91 73123 45678",
        "+353861234567": "+353 86 123 4567",
        "+44•••50": "+44•••50",
        "911": "911",
        "": "",
    }
    written = dict(zip(wanted, spaced(list(wanted)), strict=True))
    del wanted["+4930901820"]  # German area codes have no fixed length: any blocks will do.
    assert {number: written[number] for number in wanted} == wanted
