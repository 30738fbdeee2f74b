"""The public price list: current and future prices of a number, and the pages of a country."""

import pytest

from calling_credit.errors import InvalidValue
from calling_credit.numbering import country_of
from calling_credit.rates.deck import Deck
from calling_credit.rates.price_list import rates_for_country, rates_for_number, read_number
from tests.domain.examples import deck

AT = "2026-11-23T10:00:00.000Z"
BOOK = deck(
    {"rate_per_minute": "0.020001", "connection_fee": "0.05"},
    {"rate_per_minute": "0.03", "effective_from": "2027-01-01"},
    {"rate_per_minute": "0.01", "effective_from": "2019-01-01"},
    {"origin": "CA", "rate_per_minute": "0.07"},
    {"prefix": "447", "destination": "United Kingdom - Mobile"},
    {"prefix": "1415", "destination": "United States", "country": "US", "rate_per_minute": "0", "category": "included"},
    {"prefix": "33", "destination": "France", "country": "FR", "effective_from": "2027-06-01"},
)


def rates_of(number: str, calling: str | None = None, book: Deck = BOOK) -> list[tuple[str, str]]:
    """Price and effective date of each item for a number."""
    items = rates_for_number(book, number, [country_of(calling)] if calling else ["*"], AT)
    return [(item["rate_per_minute"], item["effective_from"][:10]) for item in items]


def test_a_rate_item_shows_its_row_with_the_exact_price() -> None:
    assert rates_for_number(BOOK, "+442071838750", None, AT)[0] == {
        "destination": "United Kingdom",
        "country": "GB",
        "origin": "*",
        "prefix": "44",
        "rate_per_minute": "0.020001",
        "connection_fee": "0.05",
        "minimum_seconds": 60,
        "increment_seconds": 60,
        "effective_from": "2020-01-01T00:00:00.000Z",
        "included": False,
        "changes_at": "2027-01-01T00:00:00.000Z",
        "next_rate_per_minute": "0.03",
    }


def test_the_current_price_comes_before_announced_prices() -> None:
    assert rates_of("+442071838750") == [("0.020001", "2020-01-01"), ("0.03", "2027-01-01")]


def test_a_price_by_origin_depends_on_the_calling_number() -> None:
    assert rates_of("+442071838750", "+14165550100") == [("0.07", "2020-01-01")]
    assert rates_of("+442071838750", "+14155550100") == rates_of("+442071838750")


def test_an_included_number_is_shown_as_included() -> None:
    [item] = rates_for_number(BOOK, "+14155550100", None, AT)
    assert (item["included"], item["rate_per_minute"]) == (True, "0.00")


def test_a_number_without_a_row_has_no_items() -> None:
    assert rates_of("+81312345678") == []


def test_a_number_with_only_a_future_price_has_no_items() -> None:
    assert rates_of("+33142685300") == []


def test_without_a_caller_each_origin_with_another_price_is_listed() -> None:
    items = rates_for_number(BOOK, "+442071838750", None, AT)
    assert [(item["origin"], item["rate_per_minute"]) for item in items] == [
        ("*", "0.020001"),
        ("CA", "0.07"),
        ("*", "0.03"),
    ]
    assert [item["origin"] for item in rates_for_number(BOOK, "+447700900123", None, AT)] == ["*"]
    items = rates_for_number(BOOK, "+442071838750", ["CA", "US", "GB"], AT)
    assert [item["origin"] for item in items] == ["CA", "*", "*"]


@pytest.mark.parametrize("text", ["+442071838750", "442071838750", " 442071838750", "44 20 7183 8750"])
def test_a_number_whose_plus_is_missing_or_a_blank_is_accepted(text: str) -> None:
    assert read_number(text, "number", "US") == "+442071838750"


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("2125550100", "US", "+12125550100"),
        (" 2125550100", "US", "+12125550100"),
        (" 212522123456", "US", "+212522123456"),
        ("020 7183 8750", "GB", "+442071838750"),
        (" 99912345678", "US", "+99912345678"),
        ("+99912345678", "US", "+99912345678"),
        ("911", "US", "911"),
        (" 1911", "US", "911"),
    ],
)
def test_a_number_without_a_plus_is_read_as_dialed(text: str, country: str, number: str) -> None:
    assert read_number(text, "number", country) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+",
        "9",
        "5550100",
        "0442071838750",
        "+0442071838750",
        "\uff14\uff14\uff12\uff10\uff17\uff11\uff18\uff13\uff18\uff17\uff15\uff10",
        "abc",
        "1" * 16,
    ],
)
def test_a_number_that_is_not_e164_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match=r"number must be a phone number") as refused:
        read_number(text, "number", "US")
    assert refused.value.code == "invalid_number"


def country_rows(limit: int = 50, calling: str | None = None) -> list[tuple[str, str, str]]:
    """Every row of the United Kingdom, read in pages."""
    rows: list[tuple[str, str, str]] = []
    after: str | None = None
    while True:
        origins = [country_of(calling)] if calling else None
        page, after = rates_for_country(BOOK, "GB", origins, AT, after, limit)
        assert len(page) <= limit
        rows += [(item["prefix"], item["rate_per_minute"], item["effective_from"][:4]) for item in page]
        if after is None:
            return rows


def test_a_country_lists_current_and_announced_rows_only() -> None:
    assert country_rows(calling="+14155550100") == [
        ("44", "0.020001", "2020"),
        ("44", "0.03", "2027"),
        ("447", "0.02", "2020"),
    ]


def test_without_a_caller_a_country_lists_the_rows_of_every_origin() -> None:
    assert country_rows() == [
        ("44", "0.020001", "2020"),
        ("44", "0.03", "2027"),
        ("44", "0.07", "2020"),
        ("447", "0.02", "2020"),
    ]


def test_a_general_row_is_hidden_if_each_caller_has_a_row_of_its_own() -> None:
    def shown(*origins: str) -> list[str]:
        page, _ = rates_for_country(BOOK, "GB", list(origins), AT, None, 50)
        return [f"{item['prefix']} {item['origin']}" for item in page]

    assert shown("CA") == ["44 CA", "447 *"]
    assert shown("CA", "US") == ["44 *", "44 *", "44 CA", "447 *"]


def test_a_country_list_includes_rows_of_the_given_origin() -> None:
    assert ("44", "0.07", "2020") in country_rows(calling="+14165550100")
    assert ("44", "0.07", "2020") not in country_rows(calling="+14155550100")


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_the_pages_of_a_country_make_up_the_list(limit: int) -> None:
    assert country_rows(limit, "+14165550100") == country_rows(calling="+14165550100")


@pytest.mark.parametrize("country", ["", "UK", "gb", "GBR", "*"])
def test_an_unknown_country_is_refused(country: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        rates_for_country(BOOK, country, None, AT, None, 50)
    assert refused.value.code == "unknown_country"


def test_a_country_without_rows_is_an_empty_list() -> None:
    assert rates_for_country(BOOK, "JP", None, AT, None, 50) == ([], None)


def test_an_announced_price_of_one_origin_is_listed() -> None:
    book = deck(
        {"rate_per_minute": "0.02"}, {"rate_per_minute": "0.90", "origin": "CA", "effective_from": "2099-01-01"}
    )
    items = rates_for_number(book, "+442071838750", None, AT)
    assert [(item["origin"], item["rate_per_minute"]) for item in items] == [("*", "0.02"), ("CA", "0.90")]
