"""From the prices of a sheet to a deck: countries, categories, the home layer, old prices, changes, and margins."""

import csv
from decimal import Decimal
from io import StringIO

import pytest

from calling_credit.rates.deck import Deck, RateRow
from calling_credit.rates.deck_csv import read_deck_file
from calling_credit.rates.guard import judge_deck
from calling_credit.rates.home_numbers import HomeNumbers
from local.make_premium import PREMIUM_FILE, premium_text
from ops.project import ROOT
from ops.rate_sheets.importing import ImportedDeck
from ops.rate_sheets.notes import KINDS, NoteCode
from ops.rate_sheets.output import Margin, cost_by_deck, deck_errors, deck_text, margins_of, margins_text, report_text
from ops.rate_sheets.places import category_of, is_other_country
from ops.rate_sheets.premium_prefixes import PREMIUM_PREFIXES
from ops.rate_sheets.rate_map import PriceRules
from tests.domain.rate_sheet_examples import MAP, imported

NOW = "2026-11-29T12:00:00.000Z"
DATED = MAP + 'effective_from = "Date"\nchange = "Change"\n'
HEADER = "Code,Destination,Rate,Date,Change\n"


def row(prefix: str, rate: int, since: str = "2020-01-01", name: str = "Afghanistan", country: str = "AF") -> RateRow:
    """A charged row of the active deck."""
    return RateRow(prefix, name, country, "*", rate, 0, 60, 60, f"{since}T00:00:00.000Z", "outbound_international_call")


def home(prefix: str) -> RateRow:
    """An included row of the active deck."""
    return RateRow(prefix, "United States", "US", "*", 0, 0, 60, 60, "2020-01-01T00:00:00.000Z", "included")


ACTIVE = Deck(
    "deck-1",
    [
        home("1212"),
        home("1800"),
        row("93", 200_000),
        row("9370", 220_000),
        row("355", 50_000, name="Albania", country="AL"),
    ],
)


def test_country_and_category_follow_from_the_code_and_the_name_only_warns() -> None:
    outcome = imported(
        "Code,Destination,Rate\n37744,Kosovo Mobile,0.3\n870,Inmarsat,5\n44909,UK Premium,1\n49900,DE,1\n"
    )
    assert outcome.row("37744").country == "MC"
    assert ("other_country", "37744") in outcome.reasons()
    assert outcome.row("870").country == "001"
    assert outcome.row("870").category == outcome.row("49900").category == "outbound_premium_call"
    assert outcome.row("37744").category == "outbound_international_call"


def test_the_longest_prefix_decides_whether_a_code_is_premium() -> None:
    assert category_of("900") == "outbound_international_call"
    assert category_of("3531520") == category_of("979") == category_of("8816") == "outbound_premium_call"
    assert category_of("35387") == category_of("9111") == category_of("44") == "outbound_international_call"


def test_the_table_of_premium_numbers_matches_its_generator() -> None:
    assert PREMIUM_FILE.read_text(encoding="utf-8") == premium_text()
    assert "1900" in PREMIUM_PREFIXES.split()


def test_names_of_countries_that_share_a_code_do_not_warn() -> None:
    assert is_other_country("Kazakhstan Mobile", "RU") == ""
    assert is_other_country("Guinea Bissau Mobile", "GN") == "GW"
    assert is_other_country("Satellite", "DE") == ""


def test_the_home_layer_of_the_active_deck_replaces_home_codes() -> None:
    outcome = imported(
        "Code,Destination,Rate\n1,USA,0.01\n1212,USA New York,0.02\n18005,Toll free,0.1\n1876,Jamaica,0.1\n",
        active=ACTIVE,
    )
    assert outcome.rates() == {"1876": 100_000}
    assert {found.prefix for found in outcome.rows if found.category == "included"} == {"1212", "1800"}
    assert {code for reason, code in outcome.reasons() if reason == "home_layer"} == {"1", "1212", "18005"}


def test_without_an_active_deck_the_home_layer_comes_from_the_tables() -> None:
    outcome = imported("Code,Destination,Rate\n93,Afghanistan,0.2\n")
    judgement = judge_deck(None, Deck("new", outcome.rows), HomeNumbers(), NOW)
    assert judgement.findings == ()


def test_an_imported_deck_passes_the_check_of_publishing() -> None:
    outcome = imported("Code,Destination,Rate\n93,Afghanistan,0.2\n355,Albania,0.0000005\n", active=ACTIVE)
    text = deck_text(outcome.rows, "deck-1")
    checked = read_deck_file(text.encode(), "new")
    assert deck_errors(text) == []
    assert (checked.errors, checked.base) == ([], "deck-1")
    assert checked.deck is not None
    assert sorted(checked.deck.rows, key=str) == sorted(outcome.rows, key=str)


def test_the_active_price_stays_until_a_new_one_takes_effect() -> None:
    outcome = imported(
        HEADER + "9370,Afghanistan Mobile,0.3,2027-01-01,Increase\n9379,Other,0.3,2027-01-01,\n", DATED, ACTIVE
    )
    deck = Deck("new", outcome.rows)
    prices = {at: deck.find("93701234567", "*", at) for at in (NOW, "2027-01-01T00:00:00.000Z")}
    assert [found.rate_micros_per_minute for found in prices.values() if found] == [220_000, 300_000]
    other = deck.find("93791234567", "*", NOW)
    assert other is not None
    assert other.rate_micros_per_minute == 200_000


def test_a_later_price_without_an_old_one_is_doubted() -> None:
    outcome = imported(HEADER + "49,Germany,0.3,2027-01-01,New\n", DATED, ACTIVE)
    assert outcome.reasons() == {("no_old_price", "49"), *(("not_in_sheet", code) for code in ("93", "9370", "355"))}


def test_a_code_keeps_all_its_dates_and_its_highest_price() -> None:
    outcome = imported(
        HEADER + "93,A,0.1,2026-01-01,\n93,A,0.2,2026-06-01,\n"
        "355,B,0.1,2026-01-01,\n355,B,0.3,2026-01-01,\n355,B,0.3,2026-01-01,\n",
        DATED,
    )
    assert outcome.row("93", "2026-01").rate_micros_per_minute == 100_000
    assert outcome.row("93", "2026-06").rate_micros_per_minute == 200_000
    assert outcome.row("355").rate_micros_per_minute == 300_000
    assert {("two_prices", "355"), ("repeated", "355")} <= outcome.reasons()


def test_closed_codes_are_left_out_and_those_that_close_later_stay() -> None:
    outcome = imported(HEADER + "93,A,0.1,2026-01-01,Closed\n355,Albania,,2027-01-01,Deleted\n", DATED, ACTIVE)
    assert outcome.rates() == {"355": 50_000}
    assert outcome.reasons() == {("closed", "93"), ("closes_later", "355"), ("not_in_sheet", "9370")}


def test_a_rate_far_below_its_country_and_a_rate_of_zero_are_doubted() -> None:
    outcome = imported("Code,Destination,Rate\n93,A,0.2\n9370,A,0.25\n9379,A,0.019\n355,Albania,0\n")
    assert outcome.reasons() == {("far_below_country", "9379"), ("zero_rate", "355")}


def test_markup_rounding_and_floor_are_exact_and_reported() -> None:
    rules = PriceRules(Decimal(11), floor=Decimal("0.05"))
    outcome = imported("Code,Destination,Rate\n93,A,0.0415\n9370,A,0.1\n355,Albania,0.1\n", rules=rules)
    assert outcome.rates() == {"93": 50_000, "9370": 111_000, "355": 111_000}
    details = {note.prefix: note.detail for note in outcome.notes.notes}
    assert details["9370"] == "0.1 -> 0.1110"
    assert imported("Code,Destination,Rate\n93,A,0.0415\n", rules=PriceRules(Decimal(11))).rates() == {"93": 46_065}


def test_an_amendment_changes_only_its_rows() -> None:
    text = HEADER + (
        "93,Afghanistan,0.25,2026-11-01,Increase\n9370,Afghanistan Mobile,0.3,2027-01-01,Increase\n"
        "355,Albania,,2026-11-01,Closed\n49,Germany,0.01,2026-11-01,New\n1212,USA,0.01,2026-11-01,New\n52,Mexico,,2026-11-01,Closed\n"
    )
    outcome = imported(text, DATED, ACTIVE, amends=True)
    assert outcome.rates() == {"93": 250_000, "9370": 300_000, "49": 10_000}
    assert outcome.row("9370", "2020").rate_micros_per_minute == 220_000
    assert outcome.row("1212").category == "included"
    assert outcome.reasons() == {
        ("amended", "93"), ("amended", "9370"), ("amended", "49"), ("removed", "355"), ("home_layer", "1212"),
        ("not_in_deck", "52"),
    }  # fmt: skip


def test_a_code_change_sheet_moves_codes_at_the_price_of_their_destination() -> None:
    rate_map = (
        'currency = "USD"\n[columns]\ndestination = "Destination"\n'
        'added_codes = "Added Codes"\nremoved_codes = "Removed Codes"\n'
    )
    outcome = imported(
        'Destination,Added Codes,Removed Codes\nAlbania,"35567, 35568",355\nGermany,4915,\n',
        rate_map,
        ACTIVE,
        amends=True,
    )
    assert outcome.rates() == {"93": 200_000, "9370": 220_000, "35567": 50_000, "35568": 50_000}
    assert ("no_rate", "4915") in outcome.reasons()


def test_an_older_change_than_the_deck_is_applied_and_doubted() -> None:
    active = Deck("deck-1", [row("93", 200_000, "2026-11-20"), row("93", 400_000, "2027-06-01")])
    outcome = imported(HEADER + "93,Afghanistan,0.3,2026-10-01,Increase\n", DATED, active, amends=True)
    assert {found.rate_micros_per_minute for found in outcome.rows} == {300_000, 400_000}
    assert ("newer_in_deck", "93") in outcome.reasons()


def test_increments_follow_the_rules_by_name_and_by_code() -> None:
    rules = (
        MAP + '[increments]\ndefault = "1/1"\n[increments.rules]\n'
        '"Mexico" = "60/60"\n"Gambia*Mobile" = "60/1"\n"91" = "30/6"\n'
    )
    outcome = imported(
        "Code,Destination,Rate\n52,Mexico - Mobile,1\n220,Gambia Africell Mobile,1\n91,India,1\n33,France,1\n", rules
    )
    found = {entry.prefix: (entry.minimum_seconds, entry.increment_seconds) for entry in outcome.rows}
    assert [found[prefix] for prefix in ("52", "220", "91", "33")] == [(60, 60), (60, 1), (30, 6), (1, 1)]


def test_rows_of_origins_follow_the_names_of_the_map() -> None:
    rate_map = MAP + 'origin = "Origin"\n[origins]\n"EEA" = ["DE", "FR"]\n'
    outcome = imported("Code,Destination,Rate,Origin\n93,A,0.2,EEA\n93,A,0.5,All\n93,A,0.1,Canada\n", rate_map)
    found = {entry.origin: entry.rate_micros_per_minute for entry in outcome.rows if entry.prefix == "93"}
    assert found == {"DE": 200_000, "FR": 200_000, "*": 500_000, "CA": 100_000}


def test_a_surcharge_is_added_to_the_highest_rate() -> None:
    rate_map = MAP.replace('"Rate"', '["Day", "Night"]') + 'surcharge = "Surcharge"\n'
    assert imported("Code,Destination,Day,Night,Surcharge\n93,A,0.2,0.1,0.05\n", rate_map).rates() == {"93": 250_000}


def test_margins_compare_a_call_of_60_seconds_with_the_buying_list() -> None:
    buying = Deck("cost", [row("93", 250_000)])
    (first, second) = margins_of(
        [row("93", 200_000), row("9370", 500_000), row("49", 1)], cost_by_deck(buying, NOW), NOW
    )
    assert (first.buying, first.selling, second.percent) == (250_000, 200_000, 50.0)
    table = list(csv.DictReader(StringIO(margins_text([first, second]))))
    assert [(line["prefix"], line["margin"], line["at_a_loss"]) for line in table] == [
        ("93", "-0.0500", "true"),
        ("9370", "0.2500", "false"),
    ]
    assert Margin(row("93", 0), 0, 0).percent == 0.0
    assert ImportedDeck().rows == []


def test_the_report_names_every_note_by_code_and_line() -> None:
    outcome = imported("Code,Destination,Rate\n93,=1+1,N/A\n1212,USA,0.1\n")
    lines = list(csv.reader(StringIO(report_text(outcome.notes.notes, "Rates"))))
    assert lines[0] == ["kind", "reason", "code", "sheet", "line", "detail"]
    assert [line[:5] for line in lines[1:]] == [
        ["skipped", "no_rate", "93", "Rates", "2"],
        ["skipped", "home_layer", "1212", "Rates", "3"],
    ]
    assert lines[1][5].startswith("'=")


@pytest.mark.parametrize("code", NoteCode)
def test_every_reason_has_a_kind_and_a_line_in_the_documents(code: NoteCode) -> None:
    assert code in KINDS
    assert f"`{code}`" in (ROOT / "docs" / "rate-decks.md").read_text(encoding="utf-8")
