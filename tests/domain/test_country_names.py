"""Countries are found by the names that people write, the same ones under calls and under rates."""

import pytest

from calling_credit.country_names import countries_named, names_by_country


@pytest.mark.parametrize(
    ("text", "country"),
    [("UK", "GB"), ("Dubai", "AE"), ("Holland", "NL"), ("ivory coast", "CI"), ("Malvinas", "FK"), ("écosse", "GB")],
)
def test_a_country_is_found_by_its_other_names(text: str, country: str) -> None:
    assert country in countries_named(text)


def test_each_country_has_an_english_name_and_no_name_twice() -> None:
    names = names_by_country()
    assert len(names) > 240
    assert [code for code, own in names.items() if not own or len(set(own)) < len(own)] == []
