"""The language of a reader: a choice, an earlier choice, or what the browser accepts."""

import pytest

from calling_credit.languages import accepted_language, chosen_language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("fr", "fr"),
        ("fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        ("en-CA,fr-CA;q=0.9", "en"),
        ("de,fr;q=0.7,en;q=0.3", "fr"),
        ("en;q=0.3, fr;q=0.75", "fr"),
        ("FR-fr", "fr"),
        ("fr;q=0", "en"),
        ("fr;q=0.000,en;q=0", "en"),
        ("fr;q=0.", "en"),
        ("fr;q=1.000,en;q=1", "fr"),
        ("fr;q=2", "en"),
        ("fr;q=nan", "en"),
        ("fr;q=-1", "en"),
        ("frisian", "en"),
        ("*", "en"),
        (",,;;=", "en"),
    ],
)
def test_the_browsers_preferred_language_is_used(header: str, language: str) -> None:
    assert accepted_language(header) == language


def test_a_choice_wins_over_an_earlier_one_and_over_the_browser() -> None:
    assert chosen_language("en", ["language=fr"], "fr") == "en"
    assert chosen_language(None, ["other=1", "language=fr"], "en") == "fr"
    assert chosen_language("xx", ["language=yy"], "fr") == "fr"
