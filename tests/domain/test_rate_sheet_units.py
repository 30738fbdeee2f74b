"""Units of prices: cents, and prices for another time than a minute. They are stated by the map, never guessed."""

import pytest

from ops.rate_sheets.map_values import MapError
from ops.rate_sheets.notes import SheetRefusedError
from ops.rate_sheets.rate_map import parse_map
from ops.rate_sheets.units import priced_seconds, stated_seconds, states_cents
from tests.domain.rate_sheet_examples import MAP, imported, proposed

ROWS = "93,Afghanistan,{}\n355,Albania,{}\n"
FEE = MAP.replace('rate = "Rate"', 'rate = "Rate"\nconnection_fee = "Fee"')


def sheet(header: str, first: str, second: str, above: str = "") -> str:
    return f"{above}Prefix,Destination,{header}\n{ROWS.format(first, second)}"


def mapped(header: str, *keys: str) -> str:
    columns = f'[columns]\ncode = "Prefix"\ndestination = "Destination"\nrate = "{header}"\n'
    return "\n".join(['currency = "USD"', *keys, columns])


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("Rate per second", 1),
        ("USD/sec", 1),
        ("$/s", 1),
        ("rate_per_sec", 1),
        ("RatePerSecond", 1),
        ("Price per 30 sec", 30),
        ("Rate per hour", 3600),
        ("Rate/10 min", 600),
        ("Preis pro Sekunde", 1),
        ("Rate PPS", 1),
        ("Rate (seconds)", 1),
        ("Rate per minute, billed per second", 60),
        ("Rate per 60 sec", 60),
        ("USD/min", 60),
        ("Rate", None),
        ("Rate 60/1 s", None),
        ("Rate (1/1)", None),
    ],
)
def test_a_header_states_the_seconds_of_its_price(header: str, seconds: int | None) -> None:
    assert priced_seconds(header) == seconds


@pytest.mark.parametrize("header", ["Rate per second", "USD/sec", "Price per 30 sec", "Rate per hour", "rate_per_sec"])
def test_a_price_for_another_time_than_a_minute_needs_the_map(header: str) -> None:
    text = sheet(header, "0.0041", "0.0018")
    with pytest.raises(SheetRefusedError, match="rate_seconds = "):
        imported(text, mapped(header))
    assert f"rate_seconds = {priced_seconds(header)}  # unsure" in proposed(text.encode())
    assert imported(text, mapped(header, "rate_seconds = 60")).rates() == {"93": 4_100, "355": 1_800}


def test_rates_for_any_time_become_rates_per_minute_rounded_up() -> None:
    text = sheet("Rate per second", "0.0041", "0.0018")
    assert imported(text, mapped("Rate per second", "rate_seconds = 1")).rates() == {"93": 246_000, "355": 108_000}
    text = sheet("Rate per hour", "0.41", "0.18")
    assert imported(text, mapped("Rate per hour", "rate_seconds = 3600")).rates() == {"93": 6_834, "355": 3_000}
    text = sheet("Rate per sec (cents)", "0.41", "0.18")
    keys = ("rate_seconds = 1", 'rate_unit = "cents"')
    assert imported(text, mapped("Rate per sec (cents)", *keys)).rates() == {"93": 246_000, "355": 108_000}


@pytest.mark.parametrize(
    ("sentence", "key"),
    [
        ("All rates are in USD per second.", "rate_seconds"),
        ("Prices per second. Billing 1/1.", "rate_seconds"),
        ("Prices in US cents per minute", "rate_unit"),
        ("All rates are cents", "rate_unit"),
        ("Rates: USc/min", "rate_unit"),
    ],
)
def test_a_sentence_about_units_must_be_settled_by_the_map(sentence: str, key: str) -> None:
    text = sheet("Rate", "0.0041", "0.0018", f'"{sentence}"\n\n')
    with pytest.raises(SheetRefusedError, match=key):
        imported(text, mapped("Rate"))
    assert f'{key} = ""  # decide' in proposed(text.encode())
    settled = "rate_seconds = 60" if key == "rate_seconds" else 'rate_unit = "dollars"'
    assert imported(text, mapped("Rate", settled)).rates() == {"93": 4_100, "355": 1_800}


@pytest.mark.parametrize(
    "sentence",
    [
        "Rates are in USD per minute and billed per second.",
        "Billing: per second",
        "Prices are rounded up to the nearest cent per minute.",
        "Call charges are charged per second after the first minute.",
        "Support answers within 24 hours.",
    ],
)
def test_a_sentence_about_billing_states_no_unit(sentence: str) -> None:
    assert (stated_seconds(sentence), states_cents(sentence)) == (None, False)


@pytest.mark.parametrize("header", ["Rate (cents)", "USc/min", "Rate c/min", "Rate ¢/min", "rate_cents", "RateCents"])
def test_a_header_with_cents_needs_the_map(header: str) -> None:
    text = sheet(header, "25", "11.5")
    with pytest.raises(SheetRefusedError, match="rate_unit"):
        imported(text, mapped(header))
    assert 'rate_unit = "cents"' in proposed(text.encode())
    assert imported(text, mapped(header, 'rate_unit = "cents"')).rates() == {"93": 250_000, "355": 115_000}


def test_a_cell_with_another_unit_than_its_column_is_refused() -> None:
    with pytest.raises(SheetRefusedError, match="states dollars"):
        imported(sheet("Rate", "25", "$0.11"), mapped("Rate", 'rate_unit = "cents"'))
    with pytest.raises(SheetRefusedError, match="states cents"):
        imported(sheet("Rate", "0.25", "11c"), mapped("Rate"))
    assert 'rate_unit = "cents"' in proposed(sheet("Rate", "25c", "11 c").encode())


def test_a_connection_fee_has_a_unit_of_its_own() -> None:
    text = "Code,Destination,Rate (cents),Fee\n93,Afghanistan,25,0.1\n355,Albania,11,0.1\n"
    in_cents = FEE.replace('"Rate"', '"Rate (cents)"').replace("[columns]", 'rate_unit = "cents"\n[columns]')
    with pytest.raises(SheetRefusedError, match="fee_unit"):
        imported(text, in_cents)
    assert 'fee_unit = ""  # decide' in proposed(text.replace("Fee", "Connection Fee").encode())
    row = imported(text, in_cents.replace("[columns]", 'fee_unit = "dollars"\n[columns]')).row("93")
    assert (row.rate_micros_per_minute, row.connection_fee_micros) == (250_000, 100_000)
    text = text.replace("Fee", "Fee (cents)").replace("Rate (cents)", "Rate")
    with pytest.raises(SheetRefusedError, match='fee_unit = "cents"'):
        imported(text, FEE.replace('"Fee"', '"Fee (cents)"'))
    with pytest.raises(SheetRefusedError, match='fee_unit = "dollars"'):
        imported(
            text.replace("(cents)", "(USD)"),
            FEE.replace('"Fee"', '"Fee (USD)"').replace("[", 'rate_unit = "cents"\n[', 1),
        )


@pytest.mark.parametrize(
    ("unit", "key"), [("cents", "rate_unit"), ("per second", "rate_seconds"), ("sec", "rate_seconds")]
)
def test_a_column_of_units_is_read_though_no_price_uses_it(unit: str, key: str) -> None:
    text = f"Code,Destination,Rate,Unit\n93,Afghanistan,0.25,{unit}\n355,Albania,0.11,{unit}\n"
    with pytest.raises(SheetRefusedError, match=key):
        imported(text)
    assert f'{key} = ""  # decide' in proposed(text.encode())


def test_rates_too_high_for_dollars_or_too_low_for_minutes_are_doubted() -> None:
    assert 'rate_unit = ""  # decide' in proposed(sheet("Rate", "25", "11").encode())
    assert "rate_seconds = 60  # unsure" in proposed(sheet("Rate", "0.0021", "0.0018").encode())


@pytest.mark.parametrize(
    "line", ['rate_unit = ""', 'fee_unit = "c"', 'rate_seconds = ""', "rate_seconds = 0", 'calling_code = ""']
)
def test_an_open_unit_in_a_map_is_refused(line: str) -> None:
    with pytest.raises(MapError, match=line.split(maxsplit=1)[0]):
        parse_map(f"{line}\n{MAP}")


@pytest.mark.parametrize("header", ["Rate (mills)", "Rate x1000", "Price per SMS", "Rate per 1,000"])
def test_a_unit_that_no_map_can_name_is_refused(header: str) -> None:
    with pytest.raises(SheetRefusedError, match="states the unit"):
        imported(sheet(f'"{header}"', "250", "110"), mapped(header, 'rate_unit = "dollars"'))


def test_a_price_per_thousand_minutes_is_read_by_its_seconds() -> None:
    text = sheet("Price per 1000 minutes", "25", "11")
    outcome = imported(text, mapped("Price per 1000 minutes", "rate_seconds = 60000"))
    assert outcome.rates() == {"93": 25_000, "355": 11_000}


def test_a_minimum_in_minutes_is_not_read_as_seconds() -> None:
    text = "Code,Destination,Rate,Min (min),Increment\n93,Afghanistan,0.25,1,60\n355,Albania,0.11,1,60\n"
    assert "minimum_seconds" not in proposed(text.encode())
    with pytest.raises(SheetRefusedError, match="states minutes"):
        imported(text, f'{MAP}minimum_seconds = "Min (min)"\n')


def test_commas_that_may_separate_thousands_are_asked_about() -> None:
    text = "Prefix;Destination;Rate\n93;Afghanistan;1,250\n355;Albania;1,110\n"
    assert 'decimal = ""  # decide' in proposed(text.encode())


def test_several_country_codes_beside_an_area_code_are_refused() -> None:
    rate_map = MAP.replace('code = "Code"', 'country_code = "Country"\narea_code = "Area"')
    with pytest.raises(SheetRefusedError, match="several country codes"):
        imported('Country,Area,Destination,Rate\n"20,93",2,Egypt,0.2\n', rate_map)
