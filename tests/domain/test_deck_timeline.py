"""Which deck is in force when, and which deck prices a call that waited for a price."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.instants import format_instant
from calling_credit.rates.deck import Deck
from calling_credit.rates.decks_for_calls import Lookup, decks_for
from calling_credit.rates.timeline import HISTORY, MAX_DECKS_IN_FORCE, START_OF_TIME, DeckInForce, deck_at, put_in_force
from tests.domain.examples import NOW, deck

LEAD, GRACE = timedelta(seconds=60), timedelta(minutes=15)
UK, FRANCE = "442071838750", "33142685300"
COVERING = {"prefix": "33", "country": "FR"}


def minutes(number: float) -> datetime:
    """Noon and some minutes."""
    return NOW + timedelta(minutes=number)


def timeline(*published: tuple[str, float]) -> tuple[DeckInForce, ...]:
    """Decks in force from these minutes after noon, and `first` before them."""
    entries = put_in_force((), DeckInForce("first", ""), NOW, LEAD)
    for version, at in published:
        entries = put_in_force(entries, DeckInForce(version, ""), minutes(at), timedelta())
    return entries


DECKS = {
    "first": deck({}, version="first"),
    "covering": deck({}, COVERING, version="covering"),
    "dearer": deck({"rate_per_minute": "0.20"}, COVERING, version="dearer"),
    "later": deck({}, COVERING | {"effective_from": "2026-11-23T12:40:00Z"}, version="later"),
}


def priced_by(entries: tuple[DeckInForce, ...], number: str, at: float, now: float) -> str | None:
    """The version that prices a call to a number; None if it waits."""
    [found] = decks_for(
        [Lookup(number, "US", format_instant(minutes(at)))],
        entries,
        lambda entry: DECKS[entry.version],
        minutes(now),
        GRACE,
    )
    assert isinstance(found, Deck)
    return found.version if found.rows else None


# --- The timeline -----------------------------------------------------------------------------------------------------


def test_the_first_deck_is_in_force_from_the_start_of_time() -> None:
    assert timeline() == (DeckInForce("first", START_OF_TIME),)


def test_a_later_deck_is_in_force_a_lead_time_ahead_and_after_every_other() -> None:
    entries = put_in_force(timeline(), DeckInForce("b", "", "s", "c"), NOW, LEAD)
    assert entries[0] == DeckInForce("b", "2026-11-23T12:01:00.000Z", "s", "c")
    behind = put_in_force(entries, DeckInForce("c", ""), NOW - timedelta(minutes=5), LEAD)
    assert behind[0] == DeckInForce("c", "2026-11-23T12:01:00.001Z"), "a clock that is behind changes no past price"
    assert behind[1:] == entries


def test_a_rollback_keeps_the_time_of_the_deck_between() -> None:
    entries = timeline(("mistake", 10), ("first", 20))
    times = [deck_at(entries, format_instant(minutes(at))).version for at in (9, 10, 19, 20, 500)]
    assert times == ["first", "mistake", "mistake", "first", "first"]


def test_decks_are_listed_while_a_call_of_their_time_may_arrive() -> None:
    entries = timeline(("b", 10), ("c", 20))
    late = NOW + HISTORY + timedelta(minutes=15)
    entries = put_in_force(entries, DeckInForce("d", ""), late, LEAD)
    assert [entry.version for entry in entries] == ["d", "c", "b"], "b priced calls that are 91 days old"
    assert deck_at(entries, START_OF_TIME).version == "b", "an older call is priced by the oldest known deck"


def test_a_timeline_has_a_bounded_length() -> None:
    entries = timeline()
    for number in range(MAX_DECKS_IN_FORCE + 10):
        entries = put_in_force(entries, DeckInForce(f"deck-{number}", ""), minutes(number / 60), LEAD)
    assert len(entries) == MAX_DECKS_IN_FORCE
    assert entries[0].version == f"deck-{MAX_DECKS_IN_FORCE + 9}"


# --- The deck of a call -----------------------------------------------------------------------------------------------


def test_the_deck_in_force_when_a_call_began_prices_it() -> None:
    entries = timeline(("dearer", 10), ("first", 20))
    for now in (21, 60, 10_000):
        assert [priced_by(entries, UK, at, now) for at in (9.99, 10, 19.99, 20)] == [
            "first",
            "dearer",
            "dearer",
            "first",
        ]


def test_a_waiting_call_is_priced_after_the_grace_time_only() -> None:
    entries = timeline(("covering", 10))
    assert [priced_by(entries, FRANCE, 5, now) for now in (10, 24.99, 25, 10_000)] == [
        None,
        None,
        "covering",
        "covering",
    ]


def test_a_call_that_begins_under_the_new_deck_does_not_wait() -> None:
    assert priced_by(timeline(("covering", 10)), FRANCE, 10, 10) == "covering"


def test_a_deck_rolled_back_within_its_grace_time_charges_no_waiting_call() -> None:
    entries = timeline(("covering", 10), ("first", 24))
    assert [priced_by(entries, FRANCE, 5, now) for now in (12, 30, 10_000)] == [None, None, None]
    assert priced_by(timeline(("covering", 10), ("first", 26)), FRANCE, 5, 10_000) == "covering"


def test_the_first_deck_that_lasts_prices_a_waiting_call_for_good() -> None:
    entries = timeline(("dearer", 10), ("covering", 20), ("dearer", 40))
    assert [priced_by(entries, FRANCE, 5, now) for now in (34, 35, 60, 10_000)] == [None, *["covering"] * 3]


def test_a_row_that_takes_effect_later_prices_a_waiting_call_from_then_on() -> None:
    entries = timeline(("later", 10))
    assert [priced_by(entries, FRANCE, 5, now) for now in (25, 39, 40)] == [None, None, "later"]
    replaced = timeline(("later", 10), ("first", 39))
    assert priced_by(replaced, FRANCE, 5, 10_000) is None, "its row never took effect while it was in force"
    assert priced_by(replaced, FRANCE, 12, 10_000) is None


def test_a_deck_that_is_not_readable_makes_only_its_calls_wait() -> None:
    def load(entry: DeckInForce) -> Deck:
        if entry.version == "covering":
            raise Unavailable(ProblemCode.UNUSABLE_DECK, "The file was changed.")
        return DECKS[entry.version]

    lookups = [Lookup(number, "US", format_instant(minutes(at))) for number, at in ((UK, 5), (FRANCE, 5), (UK, 12))]
    found = decks_for(lookups, timeline(("covering", 10), ("dearer", 40)), load, minutes(100), GRACE)
    assert [getattr(one, "version", "error") for one in found] == ["first", "error", "error"]


@given(
    st.lists(st.tuples(st.sampled_from(sorted(DECKS)), st.integers(1, 20)), max_size=6),
    st.sampled_from((UK, FRANCE)),
    st.integers(-5, 90),
    st.lists(st.integers(0, 200), min_size=2, max_size=2),
)
def test_a_price_once_found_never_changes(steps: list[tuple[str, int]], number: str, at: int, nows: list[int]) -> None:
    """Two workers at different times, before and after later publications, agree on the deck, or one of them waits."""
    published: list[tuple[str, float]] = []
    for version, step in steps:
        published.append((version, (published[-1][1] if published else 0) + step))
    first, second = sorted(nows)
    known = [entry for entry in published if entry[1] <= first + 1]  # Published a minute ahead.
    early = priced_by(timeline(*known), number, at, first)
    late = priced_by(timeline(*published), number, at, second)
    if at <= first and early is not None:
        assert late == early


def test_each_deck_is_loaded_once_for_many_calls() -> None:
    loads: list[str] = []

    def load(entry: DeckInForce) -> Deck:
        loads.append(entry.version)
        return DECKS[entry.version]

    lookups = [Lookup(number, "US", format_instant(minutes(at))) for at in range(60) for number in (UK, FRANCE)]
    decks_for(lookups, timeline(("covering", 10), ("first", 12), ("dearer", 40)), load, minutes(60), GRACE)
    assert sorted(loads) == ["covering", "dearer", "first", "first"]


def test_no_calls_load_no_deck() -> None:
    assert decks_for([], timeline(), lambda entry: pytest.fail(entry.version), NOW, GRACE) == []
