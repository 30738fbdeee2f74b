"""Rate steps in decks: reading the column, comparing and judging two decks, and showing the steps of a row."""

from dataclasses import replace

import pytest

from calling_credit.accounts.limits import DEFAULT_LIMITS
from calling_credit.admission.decision import Credit, decide_admission
from calling_credit.ledger.holds import rate_held
from calling_credit.money import parse_money
from calling_credit.rates.account_prices import AccountPrices, with_markup
from calling_credit.rates.deck import RateRow
from calling_credit.rates.deck_csv import read_deck_file
from calling_credit.rates.deck_diff import compare
from calling_credit.rates.deck_report import price_text
from calling_credit.rates.price_list import rates_for_number
from calling_credit.rates.pricing import RatedCall
from calling_credit.rates.rate_items import rate_item
from calling_credit.rates.rate_steps import RateStep, parse_steps
from calling_credit.rates.telling_rows import telling_rows
from calling_credit.usage.forecast import minutes_left
from tests.domain.admission_examples import DOLLAR, after, ask, context_of, hold_of, row
from tests.domain.examples import deck, deck_csv, seconds_call
from tests.domain.test_deck_guard import ACTIVE, judged, whole

AT = "2026-11-23T12:00:00.000Z"
STEPS = {"rate_per_minute": "0.2", "connection_fee": "0.4", "rate_steps": "60:0.1:1"}
MARKED = {"country": "US", "rate_per_minute": "0", "category": "included", "prefix": "1415"}


def read(*rows: dict[str, str]) -> RateRow:
    """The first row of a deck."""
    return deck(*rows).rows[0]


# --- The column -------------------------------------------------------------------------------------------------------


def test_the_column_is_read_by_name_beside_other_named_columns() -> None:
    header, line = deck_csv(STEPS).decode().splitlines()
    head, cells = header.rsplit(",", 1)[0], line.rsplit(",", 1)[0]
    csv = f"{head},note, rate_steps ,base\n{cells},x, 60:0.1:1 ,deck-0\n{cells.replace('44', '33', 1)}\n"
    file = read_deck_file(csv.encode(), "deck-1")
    assert file.deck is not None
    assert [row.rate_steps for row in file.deck.rows] == [(RateStep(60, 100_000, 1),), ()]
    assert file.base == "deck-0"
    assert [note.detail for note in file.notes if note.code == "unused_column"] == ["The column note is not used."]


def test_errors_in_steps_name_line_and_column() -> None:
    broken = {"prefix": "33", "rate_steps": "60:0.1"}
    twice = {"prefix": "39", "rate_steps": "60:0.1:1;60:0.2:1", "rate_per_minute": "x"}
    file = read_deck_file(deck_csv(STEPS, broken, twice, {**MARKED, "rate_steps": "60:0:1"}), "deck-1")
    assert file.deck is None
    assert [(error.line, error.column, error.code) for error in file.errors] == [
        (3, "rate_steps", "invalid_rate_steps"),
        (4, "rate_per_minute", "invalid_price"),
        (4, "rate_steps", "invalid_rate_steps"),
        (5, "rate_steps", "included_with_price"),
    ]
    assert "step 2 begins at second 60" in file.errors[2].detail


def test_two_columns_of_steps_are_refused() -> None:
    csv = deck_csv(STEPS).decode().replace("rate_steps", "rate_steps,rate_steps")
    [error] = read_deck_file(csv.encode(), "deck-1").errors
    assert (error.line, error.column, error.code) == (1, "rate_steps", "wrong_header")


def test_a_line_with_only_steps_is_no_blank_line() -> None:
    csv = deck_csv(STEPS).decode() + "," * 10 + "60:0.1:1\n"
    assert {error.line for error in read_deck_file(csv.encode(), "deck-1").errors} == {3}


# --- Two decks --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "now", "way"),
    [
        ("60:0.1:1", "60:0.2:1", "raised"),
        ("60:0.1:1", "", "raised"),
        ("", "60:0.1:1", "lowered"),
        ("60:0.1:1", "60:0.1:60", "raised"),
        ("60:0.1:1", "7200:0.1:1", "raised"),
        ("60:0.1:1", "60:0.3:1;600:0:1", "mixed"),
    ],
)
def test_a_change_of_steps_is_a_change_of_the_price(before: str, now: str, way: str) -> None:
    changes = compare(deck({**STEPS, "rate_steps": before}), deck({**STEPS, "rate_steps": now}), AT)
    assert [difference.way for difference in changes.repriced] == [way]


@pytest.mark.parametrize(
    ("before", "now", "count"),
    [
        ("", "60:0.3:1", 1),
        ("", "60:0.1:1", 0),
        ("", "300:0.5:1", 1),
        ("", "7200:0.5:1", 1),
        ("60:0.5:1", "", 1),
        ("60:0.1:1", "60:0.1:1", 0),
        ("60:0.1:1", "60:0.12:1", 0),
    ],
)
def test_the_guard_sees_the_effect_of_steps(before: str, now: str, count: int) -> None:
    cells = {"prefix": "441", "country": "GB"}
    active = whole({**cells, "rate_steps": before}) if before else ACTIVE
    assert judged(whole({**cells, "rate_steps": now}), active).get("price_jump", 0) == count


def test_a_free_first_minute_is_found_and_hides_no_jump() -> None:
    cells = {"prefix": "441", "country": "GB", "rate_per_minute": "0"}
    free, later = whole({**cells, "rate_steps": "60:0.01:1"}), whole({**cells, "rate_steps": "60:9:1"})
    assert judged(free) == {"free_abroad": 1, "price_jump": 1}
    assert judged(later, free) == {"price_jump": 1}
    assert judged(later, whole(cells)) == {"price_jump": 1}
    assert judged(free, free) == {}


# --- What is shown ----------------------------------------------------------------------------------------------------


def test_a_row_shows_its_steps_and_only_then() -> None:
    assert price_text(read(STEPS)) == "0.20/min + 0.40 60/60, from 60 s 0.10/min 1"
    step = {"from_second": 60, "rate_per_minute": "0.10", "increment_seconds": 1}
    assert rate_item(read(STEPS), None)["rate_steps"] == [step]
    assert "rate_steps" not in rate_item(read({}), None)


def test_an_announced_change_of_steps_alone_is_shown() -> None:
    later = {**STEPS, "rate_steps": "60:0.05:1", "effective_from": "2027-01-01"}
    [now, _] = rates_for_number(deck(STEPS, later), "+442071838750", None, AT)
    assert (now["changes_at"], now["next_rate_per_minute"]) == ("2027-01-01T00:00:00.000Z", "0.20")
    assert now["next_rate_steps"] == [{"from_second": 60, "rate_per_minute": "0.05", "increment_seconds": 1}]


def test_the_most_expensive_step_makes_a_row_telling() -> None:
    rows = [
        {"prefix": "44", "rate_per_minute": "0.01", "destination": "UK Fixed"},
        {"prefix": "447", "rate_per_minute": "0.02", "destination": "UK Mobile"},
        {"prefix": "449", "rate_per_minute": "0.03", "destination": "UK Services"},
        {"prefix": "4498", "rate_per_minute": "0.02", "rate_steps": "60:5:60", "destination": "UK Premium"},
    ]
    assert [row.destination for row in telling_rows(deck(*rows).rows, None)][2] == "UK Premium"


# --- Prices of accounts, limits, and forecasts ------------------------------------------------------------------------


def test_each_step_is_marked_up_and_rounded_up() -> None:
    base = row(rate_micros_per_minute=100_000, rate_steps=parse_steps("60:0.041501:1;120:0:60"))
    marked = with_markup(base, 1_100)
    assert marked.rate_micros_per_minute == 111_000
    assert [step.rate_micros_per_minute for step in marked.rate_steps] == [46_067, 0]
    assert [step.from_second for step in marked.rate_steps] == [60, 120]
    prices = AccountPrices(deck(STEPS), None, 1_100)
    found = prices.find("442071838750", "US", AT)
    assert found is not None
    assert found.rate_steps == (RateStep(60, 111_000, 1),)


def test_an_expensive_step_is_a_high_cost() -> None:
    cheap = row(rate_micros_per_minute=10_000)
    assert not DEFAULT_LIMITS.refuses_cost(cheap, "442071838750")
    for steps, is_refused in (("3600:2.01:1", True), ("3600:1.9:7", False), ("3600:0.01:3600", False)):
        assert DEFAULT_LIMITS.refuses_cost(replace(cheap, rate_steps=parse_steps(steps)), "44207") is is_refused, steps


def test_a_forecast_counts_the_minutes_of_all_steps() -> None:
    price = row(rate_micros_per_minute=DOLLAR, rate_steps=parse_steps("60:0.5:60"))
    assert minutes_left(2 * DOLLAR, price) == 3
    assert minutes_left(DOLLAR - 1_000, price) == 0
    assert minutes_left(2 * DOLLAR, row(rate_steps=parse_steps("120:0:60"))) is None, "the rest is free"
    assert minutes_left(2 * DOLLAR, row(rate_micros_per_minute=0, rate_steps=parse_steps("60:1:60"))) == 3


# --- Holds ------------------------------------------------------------------------------------------------------------

FREE_MINUTE = row(rate_micros_per_minute=0, rate_steps=parse_steps("60:1:60"))


def test_a_call_whose_first_minute_is_free_is_held_and_extended() -> None:
    decision = decide_admission(context_of(request=ask(60), row=FREE_MINUTE))
    hold = hold_of(decision)
    assert (decision.max_seconds, hold.amount_micros) == (60, 0)
    late = rate_held(seconds_call(61), hold, 2)
    assert isinstance(late, RatedCall)
    assert (late.billed_seconds, late.price_micros) == (60, 0), "it ended with the timer of its hold"
    longer = hold_of(decide_admission(after(50, hold, 120)))
    assert (longer.max_seconds, longer.amount_micros) == (170, 2 * DOLLAR)


def test_the_credit_grants_whole_increments_of_a_later_step() -> None:
    price = row(rate_micros_per_minute=DOLLAR, rate_steps=parse_steps("60:2:30;120:1:1"))
    for credit, granted in (("0.99", 0), ("1", 60), ("1.99", 60), ("2", 90), ("3", 120), ("3.5", 150)):
        decision = decide_admission(context_of(request=ask(600), row=price, credit=Credit(parse_money(credit))))
        assert decision.max_seconds == granted, credit
        assert decision.held_micros <= parse_money(credit)
