"""Rate steps of the active deck in imports, amendments, and margins."""

from dataclasses import replace

from calling_credit.rates.deck import Deck, RateRow
from calling_credit.rates.deck_csv import read_deck_file
from calling_credit.rates.rate_steps import RateStep
from ops.rate_sheets.output import deck_errors, deck_text, price_of
from tests.domain.rate_sheet_examples import MAP, Outcome, imported

STEPS = (RateStep(30, 60_000, 60), RateStep(120, 12_345, 1))
SINCE = "2020-01-01T00:00:00.000Z"


def row(prefix: str, rate: int, name: str = "Afghanistan", country: str = "AF") -> RateRow:
    return RateRow(prefix, name, country, "*", rate, 0, 1, 1, SINCE, "outbound_international_call", rate_steps=STEPS)


STEPPED = row("93", 120_000)
PLAIN = replace(row("355", 50_000, "Albania", "AL"), rate_steps=())
ACTIVE = Deck("deck-1", [STEPPED, PLAIN])
INCREMENTS = MAP.replace("[columns]", '[increments]\ndefault = "1/1"\n[columns]')


def amended(text: str, rate_map: str = INCREMENTS) -> Outcome:
    return imported(text, rate_map, ACTIVE, amends=True)


def test_a_deck_text_keeps_rate_steps_and_its_base() -> None:
    text = deck_text([STEPPED, PLAIN], "deck-1")
    assert text.splitlines()[0].endswith(",category,rate_steps,base")
    file = read_deck_file(text.encode(), "deck-2")
    assert file.deck is not None
    assert {found.prefix: found.rate_steps for found in file.deck.rows} == {"93": STEPS, "355": ()}
    assert file.base == "deck-1"
    assert "rate_steps" not in deck_text([PLAIN], "deck-1")


def test_wrong_rate_steps_are_errors_of_the_deck() -> None:
    text = deck_text([STEPPED], "")
    assert deck_errors(text) == []
    assert [error.column for error in deck_errors(text.replace("30:", "500:"))] == ["rate_steps"]


def test_an_amendment_keeps_the_rate_steps_of_all_other_rows() -> None:
    outcome = amended("Code,Destination,Rate\n355,Albania,0.06\n")
    assert (outcome.row("93"), outcome.row("355").rate_micros_per_minute) == (STEPPED, 60_000)


def test_a_row_keeps_its_rate_steps_only_at_the_same_price() -> None:
    same, other = "Code,Destination,Rate\n93,Afghanistan,0.12\n", "Code,Destination,Rate\n93,Afghanistan,0.13\n"
    for amends in (False, True):
        assert imported(same, INCREMENTS, ACTIVE, amends=amends).row("93").rate_steps == STEPS
        outcome = imported(other, INCREMENTS, ACTIVE, amends=amends)
        assert outcome.row("93").rate_steps == ()
        assert ("steps_lost", "93") in outcome.reasons()


def test_the_old_price_until_a_date_keeps_its_rate_steps() -> None:
    text = "Code,Destination,Rate,Date\n93,Afghanistan,0.13,2027-01-01\n"
    rate_map = f'{INCREMENTS}effective_from = "Date"\n'
    for amends in (False, True):
        outcome = imported(text, rate_map, ACTIVE, amends=amends)
        assert (outcome.row("93", "2020").rate_steps, outcome.row("93", "2027").rate_steps) == (STEPS, ())


def test_a_moved_code_gets_the_rate_steps_of_its_destination() -> None:
    rate_map = 'currency = "USD"\n[columns]\ndestination = "Destination"\nadded_codes = "Added"\n'
    outcome = amended("Destination,Added\nAfghanistan,9370\n", rate_map)
    assert outcome.row("9370").rate_steps == STEPS


def test_margins_count_the_rate_steps_of_a_minute() -> None:
    assert price_of(STEPPED) == 120_000
    assert price_of(replace(STEPPED, rate_micros_per_minute=2_000_000)) == 1_060_000
