"""The row of a deck that prices a call, and the announced future rows."""

from hypothesis import given
from hypothesis import strategies as st

from calling_credit.rates.deck import Deck
from tests.domain.examples import deck

AT = "2026-11-23T10:00:00.000Z"


# --- The row of a call ------------------------------------------------------------------------------------------------


def destination_of(book: Deck, digits: str, origin: str = "US", at: str = AT) -> str | None:
    """The destination of the row that prices a number."""
    row = book.find(digits, origin, at)
    return None if row is None else row.destination


def test_the_longest_prefix_wins() -> None:
    book = deck({"prefix": "855", "destination": "short"}, {"prefix": "85597", "destination": "long"})
    assert destination_of(book, "855975100888") == "long"
    assert destination_of(book, "855965100888") == "short"
    assert destination_of(book, "85597") == "long"
    assert destination_of(book, "8559") == "short"
    assert destination_of(book, "85") is None
    assert destination_of(book, "8") is None


def test_an_exact_origin_wins_over_any_origin() -> None:
    book = deck({"destination": "any"}, {"origin": "CA", "destination": "from Canada"})
    assert destination_of(book, "442071838750", "CA") == "from Canada"
    assert destination_of(book, "442071838750", "US") == "any"


def test_a_longer_prefix_wins_over_an_exact_origin() -> None:
    book = deck({"origin": "US", "destination": "short exact"}, {"prefix": "447", "destination": "long any"})
    assert destination_of(book, "447700900123") == "long any"


def test_a_prefix_for_another_origin_is_ignored() -> None:
    book = deck({"destination": "short"}, {"prefix": "447", "origin": "CA", "destination": "long from Canada"})
    assert destination_of(book, "447700900123", "US") == "short"


def test_the_latest_row_applies_from_its_exact_moment() -> None:
    rows = [{"destination": name, "effective_from": f"20{name}-01-01"} for name in ("24", "26", "25")]
    book = deck(*rows)
    assert destination_of(book, "442071838750", at="2023-12-31T23:59:59.999Z") is None
    assert destination_of(book, "442071838750", at="2024-01-01T00:00:00.000Z") == "24"
    assert destination_of(book, "442071838750", at="2025-12-31T23:59:59.999Z") == "25"
    assert destination_of(book, "442071838750", at="2026-01-01T00:00:00.000Z") == "26"


def test_an_exact_origin_not_yet_in_effect_is_ignored() -> None:
    book = deck({"destination": "any"}, {"origin": "US", "destination": "exact", "effective_from": "2027-01-01"})
    assert destination_of(book, "442071838750") == "any"
    assert destination_of(book, "442071838750", at="2027-01-01T00:00:00.000Z") == "exact"


def test_a_longer_prefix_not_yet_in_effect_is_ignored() -> None:
    book = deck({"destination": "short"}, {"prefix": "447", "destination": "long", "effective_from": "2027-01-01"})
    assert destination_of(book, "447700900123") == "short"
    assert destination_of(book, "447700900123", at="2027-06-01T00:00:00.000Z") == "long"


prefixes = st.text("12", min_size=1, max_size=4)
deck_rows = st.lists(
    st.tuples(prefixes, st.sampled_from(["*", "US", "CA"]), st.integers(2020, 2030)),
    min_size=1,
    max_size=25,
    unique=True,
)


@given(deck_rows, st.text("12", min_size=1, max_size=5), st.sampled_from(["US", "CA", "GB"]), st.integers(2019, 2031))
def test_a_lookup_agrees_with_a_linear_search(
    rows: list[tuple[str, str, int]], digits: str, origin: str, year: int
) -> None:
    book = deck(
        *({"prefix": prefix, "origin": place, "effective_from": f"{since}-01-01"} for prefix, place, since in rows)
    )
    eligible = [row for row in rows if digits.startswith(row[0]) and row[1] in (origin, "*") and row[2] <= year]
    best = max(eligible, key=lambda row: (len(row[0]), row[1] == origin, row[2]), default=None)
    row = book.find(digits, origin, f"{year}-06-01T00:00:00.000Z")
    assert (row and (row.prefix, row.origin, int(row.effective_from[:4]))) == best


# --- Announced rows ---------------------------------------------------------------------------------------------------


def announced_destinations(book: Deck, digits: str, origin: str = "*") -> list[str]:
    """The destinations of the rows that will price a number, soonest first."""
    return [row.destination for row in book.announced(digits, origin, AT)]


def test_future_rows_are_announced_soonest_first() -> None:
    book = deck(
        {"destination": "past", "effective_from": "2019-01-01"},
        {"destination": "now"},
        {"destination": "second", "effective_from": "2028-01-01"},
        {"destination": "first", "effective_from": "2027-01-01"},
    )
    assert announced_destinations(book, "442071838750") == ["first", "second"]


def test_a_future_row_hidden_by_a_longer_prefix_is_not_announced() -> None:
    book = deck(
        {"prefix": "447", "destination": "long"},
        {"destination": "short"},
        {"destination": "short later", "effective_from": "2027-01-01"},
    )
    assert announced_destinations(book, "447700900123") == []
    assert announced_destinations(book, "442071838750") == ["short later"]


def test_a_future_longer_prefix_hides_later_rows_of_the_shorter() -> None:
    book = deck(
        {"destination": "short"},
        {"destination": "short later", "effective_from": "2028-01-01"},
        {"prefix": "447", "destination": "long", "effective_from": "2027-01-01"},
    )
    assert announced_destinations(book, "447700900123") == ["long"]


def test_rows_of_another_origin_are_not_announced() -> None:
    book = deck({"destination": "any"}, {"origin": "CA", "destination": "exact", "effective_from": "2027-01-01"})
    assert announced_destinations(book, "442071838750", "US") == []
    assert announced_destinations(book, "442071838750", "CA") == ["exact"]
