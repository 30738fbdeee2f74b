"""A compiled deck gives the answers of the CSV that it was made from, and a damaged file is refused."""

import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.rates.compiled_deck import MAGIC, InvalidCompiledDeckError, compile_deck, read_compiled
from calling_credit.rates.deck import Deck, RateRow
from calling_credit.rates.rate_steps import RateStep
from tests.domain.examples import deck

DATES = ("2020-01-01T00:00:00.000Z", "2026-11-23T10:00:00.000Z", "2026-12-01T00:00:00.000Z")
INSTANTS = ("2019-12-31T23:59:59.999Z", *DATES, "2027-01-01T00:00:00.000Z")
PREFIXES = ("1", "14", "141", "1415", "44", "447", "4477", "9")

rows = st.lists(
    st.builds(
        RateRow,
        prefix=st.sampled_from(PREFIXES),
        destination=st.text(st.characters(categories=("L", "N", "P", "Zs")), min_size=1, max_size=8),
        country=st.sampled_from(("US", "GB", "001")),
        origin=st.sampled_from(("*", "US", "CA")),
        rate_micros_per_minute=st.integers(0, 1_000_000_000),
        connection_fee_micros=st.integers(0, 1_000_000_000),
        minimum_seconds=st.integers(0, 3600),
        increment_seconds=st.integers(1, 3600),
        effective_from=st.sampled_from(DATES),
        category=st.sampled_from(("included", "outbound_international_call", "calls")),
        rate_steps=st.sampled_from(
            ((), (), (RateStep(60, 100_000, 1),), (RateStep(1, 0, 60), RateStep(604_800, 7, 6)))
        ),
    ),
    max_size=30,
    unique_by=lambda row: (row.prefix, row.origin, row.effective_from),
)
digits = st.text("1479", min_size=1, max_size=6)


@given(rows, digits, st.sampled_from(("US", "CA", "GB")), st.sampled_from(INSTANTS))
def test_a_compiled_deck_gives_the_same_answers(of_deck: list[RateRow], number: str, origin: str, at: str) -> None:
    listed = Deck("deck-1", of_deck)
    compiled = read_compiled(compile_deck(listed), "deck-1")
    assert compiled.find(number, origin, at) == listed.find(number, origin, at)
    assert compiled.announced(number, origin, at) == listed.announced(number, origin, at)
    assert set(compiled.rows) == set(listed.rows)
    assert len(compiled.rows) == len(of_deck)
    assert [compiled.rows[position] for position in range(len(of_deck))] == list(compiled.rows)
    assert compiled.rows[1:3] == list(compiled.rows)[1:3]
    assert set(compiled.rows_of("GB")) == set(listed.rows_of("GB"))
    assert compiled.rows_of("FR") == []
    assert (compiled.version, compiled.categories) == (listed.version, listed.categories)


def test_a_deck_without_rate_steps_has_the_format_of_earlier_releases() -> None:
    assert EXAMPLE.startswith(b"calling-credit-deck 1\n")
    assert WITH_STEPS.startswith(b"calling-credit-deck 2\n")
    assert read_compiled(WITH_STEPS, "deck-1").rows[0].rate_steps == (RateStep(60, 100_000, 1),)


@given(rows)
def test_the_same_rows_in_any_order_make_the_same_file(of_deck: list[RateRow]) -> None:
    assert compile_deck(Deck("deck-1", of_deck)) == compile_deck(Deck("deck-2", of_deck[::-1]))


def test_many_prefixes_are_found_although_few_stay_in_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("calling_credit.rates.compiled_deck.MAX_ROWS_KEPT", 3)
    listed = deck(*({"prefix": f"44{number}", "destination": f"Place {number}"} for number in range(10, 40)))
    compiled = read_compiled(compile_deck(listed), "deck-1")
    for number in (*range(10, 40), *range(10, 40)):
        found = compiled.find(f"44{number}5", "US", DATES[1])
        assert found is not None
        assert found.destination == f"Place {number}"


EXAMPLE = compile_deck(deck({}, {"prefix": "33", "country": "FR"}))
WITH_STEPS = compile_deck(deck({"rate_steps": "60:0.1:1"}))
_, DESCRIPTION, CONTENT = EXAMPLE.split(b"\n", 2)


def described(**changes: object) -> bytes:
    """The example with another description of its content."""
    return MAGIC + json.dumps(json.loads(DESCRIPTION) | changes).encode() + b"\n" + CONTENT


@pytest.mark.parametrize(
    "damaged",
    [
        b"",
        b"prefix,destination\n",
        EXAMPLE.replace(b"deck 1\n", b"deck 2\n"),
        EXAMPLE.replace(b"deck 1\n", b"deck 3\n"),
        WITH_STEPS.replace(b"deck 2\n", b"deck 1\n"),
        WITH_STEPS[:-1],
        EXAMPLE[:-1],
        EXAMPLE + b"x",
        MAGIC,
        MAGIC + b"{}\n" + CONTENT,
        MAGIC + b"[]\n" + CONTENT,
        described(rows=3),
        described(sizes=[1]),
        described(sizes=[*json.loads(DESCRIPTION)["sizes"][:-1], 0]),
        MAGIC + DESCRIPTION + b"\n" + zlib.compress(b"x" * 10),
        MAGIC + DESCRIPTION + b"\n" + zlib.compress(zlib.decompress(CONTENT).replace(b"\x01\x00\x00\x00", b"\xff" * 4)),
    ],
)
def test_a_file_of_another_format_or_damaged_is_refused(damaged: bytes) -> None:
    assert len(read_compiled(EXAMPLE, "deck-1").rows) == 2
    with pytest.raises(InvalidCompiledDeckError):
        read_compiled(damaged, "deck-1")
