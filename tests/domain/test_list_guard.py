"""The guard of price lists finds what the look-up over list and deck does to each row."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.rates.deck import RateRow
from calling_credit.rates.deck_codes import GuardCode
from calling_credit.rates.findings import Sample
from calling_credit.rates.home_numbers import HomeNumbers
from calling_credit.rates.layered_states import PrefixIndex, rows_by_prefix
from calling_credit.rates.list_guard import ListGuard, home_rows, jumps_from_deck, newly_outdone

AT = "2026-11-23T10:00:00.000Z"
PAST, LATER = "2026-01-01T00:00:00.000Z", "2027-01-01T00:00:00.000Z"
DIGITS = "12"


def row(prefix: str, origin: str = "*", since: str = PAST, rate: int = 100_000) -> RateRow:
    return RateRow(prefix, "Cambodia", "KH", origin, rate, 0, 60, 60, since, "outbound_international_call")


def judged(own: list[RateRow], deck: list[RateRow]) -> dict[str, list[str]]:
    """The prefixes of the list's rows, by finding."""
    found = ListGuard("a", rows_by_prefix(own), rows_by_prefix(deck), AT).judge()
    return {
        str(code): [sample.row.prefix for sample in of_code.values() if sample.row] for code, of_code in found.items()
    }


def test_a_longer_prefix_of_the_deck_outdoes_the_list() -> None:
    found = ListGuard("a", rows_by_prefix([row("855")]), rows_by_prefix([row("855"), row("85597")]), AT).judge()
    [sample] = found[GuardCode.LIST_OVERRIDDEN].values()
    assert (sample.prefix, sample.price_list, sample.row) == ("85597", "a", row("855"))
    assert found[GuardCode.LIST_ROW_UNUSED] == {}


@pytest.mark.parametrize(
    ("own", "deck", "overridden", "unused"),
    [
        ([row("855")], [row("855")], [], []),
        ([row("855")], [row("85")], [], []),
        ([row("855"), row("85597")], [row("85597")], [], []),
        ([row("855"), row("85597")], [row("855971")], ["85597"], []),
        ([row("855")], [row(f"855{digit}") for digit in range(10)], ["855"], ["855"]),
        ([row("855"), *(row(f"855{digit}") for digit in range(10))], [], [], ["855"]),
        ([row("855", since="2025-01-01T00:00:00.000Z"), row("855")], [], [], ["855"]),
        ([row("855"), row("855", since=LATER)], [], [], []),
        ([row("855", "GB")], [row("85597", "FR")], [], []),
        ([row("855", "GB")], [row("85597")], ["855"], []),
        ([row("855")], [row("85597", "FR")], ["855"], []),
        ([row("855")], [row("85597", since=LATER)], ["855"], []),
    ],
)
def test_rows_are_judged_by_length_origin_and_date(
    own: list[RateRow], deck: list[RateRow], overridden: list[str], unused: list[str]
) -> None:
    assert judged(own, deck) == {"list_overridden": overridden, "list_row_unused": unused}


# --- Against the look-up itself ---------------------------------------------------------------------------------------


def winner(layers: tuple[list[RateRow], ...], number: str, origin: str, at: str) -> RateRow | None:
    """The row that prices a number: longest prefix, list before deck, origin, date. Written without the guard."""
    ranked = [
        (len(one.prefix), -position, one.origin != "*", one.effective_from, one)
        for position, layer in enumerate(layers)
        for one in layer
        if number.startswith(one.prefix) and one.origin in (origin, "*") and one.effective_from <= at
    ]
    return max(ranked, key=lambda ranks: ranks[:4])[4] if ranked else None


rows = st.lists(
    st.builds(
        row,
        st.sampled_from(["1", "11", "12", "112", "121"]),
        st.sampled_from(["*", "GB"]),
        st.sampled_from([PAST, LATER]),
    ),
    max_size=5,
    unique_by=lambda one: (one.prefix, one.origin, one.effective_from),
)


@given(rows, rows)
def test_findings_are_those_of_every_number_origin_and_time(own: list[RateRow], deck: list[RateRow]) -> None:
    own = [row(one.prefix, one.origin, one.effective_from, 1) for one in own]  # So that no row is in both.
    used, outdone = set(), set()
    for digits, origin, at in product(product("123", repeat=4), ("GB", "FR"), (AT, LATER)):
        number = "".join(digits)
        best, alone = winner((own, deck), number, origin, at), winner((own,), number, origin, at)
        used.add(best)
        if best is not None and best in deck and alone is not None and len(best.prefix) > len(alone.prefix):
            outdone.add(alone)
    found = ListGuard("a", rows_by_prefix(own), rows_by_prefix(deck), AT).judge()
    assert {sample.row for sample in found[GuardCode.LIST_OVERRIDDEN].values()} == outdone
    assert {sample.row for sample in found[GuardCode.LIST_ROW_UNUSED].values()} == set(own) - used


# --- A new deck beside the lists that stand ---------------------------------------------------------------------------


def outdone(own: list[RateRow], old: list[RateRow], new: list[RateRow]) -> list[tuple[str, str]]:
    before, after = rows_by_prefix(old), rows_by_prefix(new)
    changed = [prefix for prefix, of_prefix in after.items() if before.get(prefix) != of_prefix]
    found: dict[str, Sample] = newly_outdone(
        "a", rows_by_prefix(own), PrefixIndex(before), PrefixIndex(after), changed, AT
    )
    return sorted((sample.row.prefix, sample.prefix) for sample in found.values() if sample.row)


def test_a_new_deck_answers_only_for_what_it_newly_outdoes() -> None:
    assert outdone([row("855")], [row("855")], [row("855"), row("85597")]) == [("855", "85597")]
    assert outdone([row("855")], [row("85597")], [row("85597", rate=200_000)]) == []
    assert outdone([row("855")], [row("85597")], [row("85597"), row("85510")]) == [("855", "85510")]
    assert outdone([row("855"), row("8551")], [], [row("85510"), row("85597")]) == [("855", "85597"), ("8551", "85510")]
    assert outdone([row("44")], [], [row("85597")]) == []
    assert outdone([row("855"), row("85597", "GB")], [], [row("85597")]) == [("855", "85597")]
    assert outdone([row("855"), row("85597", since=LATER)], [], [row("85597")]) == [("855", "85597")]
    assert outdone([row("855"), row("85597")], [], [row("85597")]) == []


@given(rows, rows, rows)
def test_newly_outdone_rows_are_the_difference_of_both_decks(
    own: list[RateRow], old: list[RateRow], new: list[RateRow]
) -> None:
    def all_of(deck: list[RateRow]) -> set[tuple[str, str, str, str]]:
        guard = ListGuard("a", rows_by_prefix(own), rows_by_prefix(deck), AT)
        cells = guard.outdone_at({row.prefix for row in deck})
        return {(key, prefix, "", "") for key, prefix in cells}

    before, after = all_of(old), all_of(new)
    changed = {row.prefix for row in {*old, *new} if (row in old) != (row in new)}
    expected = {key for key, prefix, *_ in after - before if prefix in changed}
    found = outdone(own, old, new)
    assert {key.split()[0] for key in expected} == {prefix for prefix, _ in found}


# --- Jumps and home ---------------------------------------------------------------------------------------------------


def test_a_first_list_is_compared_with_the_deck() -> None:
    own, deck = (
        rows_by_prefix([row("855", rate=10_000), row("66", rate=99_999)]),
        rows_by_prefix([row("85"), row("66")]),
    )
    assert list(jumps_from_deck("a", own, {}, deck, AT)) == ["855"]
    assert jumps_from_deck("a", own, rows_by_prefix([row("855", rate=10_000)]), deck, AT) == {}


@pytest.mark.parametrize("prefix", ["1", "12", "1212", "121255", "1800", "18005", "1416"])
def test_rows_with_home_numbers_are_found(prefix: str) -> None:
    assert home_rows([row(prefix)], HomeNumbers(("US", "CA"))) == [row(prefix)]


@pytest.mark.parametrize("prefix", ["44", "1876", "7", "1900", "1212976", "52"])
def test_rows_without_home_numbers_are_not(prefix: str) -> None:
    assert home_rows([row(prefix)], HomeNumbers(("US", "CA"))) == []


def test_home_is_what_the_stack_says() -> None:
    assert home_rows([row("44"), row("4420"), row("1212")], HomeNumbers(("GB",))) == [row("44"), row("4420")]
    added = HomeNumbers(("US", "CA"), {"1436": "US"})
    assert home_rows([row("1436"), row("14365")], added) == [row("1436"), row("14365")]
