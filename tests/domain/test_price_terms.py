"""The price terms of an account over time: what a request may state, what is in force when, and how items store it."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.errors import Conflict, InvalidValue
from calling_credit.instants import format_instant
from calling_credit.rates.price_terms import (
    MAX_TERMS,
    PriceTerms,
    add_terms,
    format_markup,
    marked_up,
    parse_markup,
    parse_price_list,
    terms_at,
    terms_from_item,
    terms_to_item,
)
from calling_credit.rates.timeline import HISTORY
from tests.domain.examples import NOW

LEAD = timedelta(seconds=120)


def at(seconds: float) -> str:
    """Noon and some seconds."""
    return format_instant(NOW + timedelta(seconds=seconds))


def test_terms_are_in_force_two_minutes_ahead_and_not_before() -> None:
    terms = add_terms((), "gold", 1_250, NOW, LEAD)
    assert terms_at(terms, at(119.999)) is None
    assert terms_at(terms, at(120)) == PriceTerms("gold", 1_250, at(120))


def test_an_account_without_terms_has_none() -> None:
    assert terms_at((), at(0)) is None
    assert add_terms((), None, 0, NOW, LEAD) == ()


def test_the_same_terms_change_nothing() -> None:
    terms = add_terms((), "gold", 0, NOW, LEAD)
    assert add_terms(terms, "gold", 0, NOW + LEAD, LEAD) == terms


def test_terms_that_end_leave_the_terms_of_earlier_calls() -> None:
    terms = add_terms(add_terms((), None, -500, NOW, LEAD), None, 0, NOW + LEAD, LEAD)
    assert terms_at(terms, at(239)) == PriceTerms(None, -500, at(120))
    assert terms_at(terms, at(240)) is None


def test_a_shorter_lead_time_never_reorders_terms() -> None:
    terms = add_terms((), "gold", 0, NOW, LEAD)
    later = add_terms(terms, "silver", 0, NOW, timedelta(seconds=1))
    assert [one.since for one in later] == [at(120.001), at(120)]


def test_terms_are_dropped_only_when_no_call_can_need_them() -> None:
    terms: tuple[PriceTerms, ...] = ()
    for number in range(MAX_TERMS):
        terms = add_terms(terms, None, number + 1, NOW + timedelta(hours=number), LEAD)
    latest = NOW + timedelta(hours=MAX_TERMS)
    with pytest.raises(Conflict, match=r"too_many_price_terms: .* 50 times within 91 days"):
        add_terms(terms, None, 99, latest, LEAD)
    much_later = latest + HISTORY
    kept = add_terms(terms, None, 99, much_later, LEAD)
    assert len(kept) == MAX_TERMS
    assert terms_at(kept, format_instant(much_later - HISTORY)) == terms_at(terms, format_instant(latest))


@given(st.lists(st.tuples(st.sampled_from([None, "a", "b-1"]), st.integers(-5_000, 100_000)), max_size=9))
def test_stored_terms_are_read_as_they_were_written(values: list[tuple[str | None, int]]) -> None:
    terms: tuple[PriceTerms, ...] = ()
    for number, (price_list, markup) in enumerate(values):
        terms = add_terms(terms, price_list, markup, NOW + timedelta(seconds=number), LEAD)
    assert terms_from_item(terms_to_item(terms)) == terms
    assert all("price_list" not in one or one["price_list"] for one in terms_to_item(terms))


@pytest.mark.parametrize(
    "damage", [{"from": "soon"}, {"markup_hundredths": -5_001}, {"markup_hundredths": 100_001}, {"price_list": "../x"}]
)
def test_damaged_terms_are_refused(damage: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r".+"):
        terms_from_item([{"markup_hundredths": 0, "from": at(0), **damage}])


@pytest.mark.parametrize(
    ("text", "hundredths"),
    [("0", 0), ("12.5", 1_250), ("-50.00", -5_000), ("1000.00", 100_000), ("0.01", 1), ("-0.5", -50), ("-0", 0)],
)
def test_markups_have_two_decimals(text: str, hundredths: int) -> None:
    assert parse_markup(text) == hundredths
    assert parse_markup(format_markup(hundredths)) == hundredths


@pytest.mark.parametrize(
    "value",
    [
        "-50.01",
        "1000.01",
        "12.345",
        "1e2",
        "",
        " 5",
        "5 ",
        "+5",
        "5%",
        "5,5",
        "NaN",
        "01",
        "\u0665",
        "5\n",
        5,
        5.0,
        None,
        True,
    ],
)
def test_markups_outside_their_form_are_refused(value: object) -> None:
    with pytest.raises(InvalidValue, match=r'invalid_markup: markup_percent must be a string from "-50\.00"'):
        parse_markup(value)


@pytest.mark.parametrize("value", ["Gold", "", "-a", "a" * 41, "a/b", "a b", "a\n", "ä", 5, [], {}])
def test_names_of_lists_outside_their_form_are_refused(value: object) -> None:
    with pytest.raises(InvalidValue, match="invalid_price_list"):
        parse_price_list(value)


def test_no_account_has_the_list_of_what_carriers_charge() -> None:
    with pytest.raises(InvalidValue, match="reserved_price_list"):
        parse_price_list("cost")
    assert [parse_price_list(name) for name in ("gold", "0-a", "a" * 40, None)] == ["gold", "0-a", "a" * 40, None]


@pytest.mark.parametrize(
    ("micros", "hundredths", "expected"),
    [(41_500, 1_100, 46_065), (100_000, 1_100, 111_000), (1, 1, 2), (3, -5_000, 2), (0, 100_000, 0), (1, -5_000, 1)],
)
def test_marked_up_prices_are_rounded_up_to_a_micro_dollar(micros: int, hundredths: int, expected: int) -> None:
    assert marked_up(micros, hundredths) == expected
