"""Sheets that other billing systems export: their own columns are not taken for codes or prices."""

import pytest

from ops.rate_sheets.codes import CodeReader
from ops.rate_sheets.notes import CellError, SheetRefusedError
from tests.domain.rate_sheet_examples import MAP, imported, proposed

EXPORTS = {
    "digits,rate,lead_strip,prefix,date_start\n93,0.2,0,00,2026-01-01\n355,0.3,0,00,2026-01-01\n": "93",
    "Rate prefix,Area prefix,Area name,Billing rate\n93,93,Afghanistan,0.2\n355,355,Albania,0.3\n": "93",
    "prefix,rate_cost,rate_increment,rate_minimum,rate_nocharge_time\n93,0.2,6,30,0\n355,0.3,6,30,0\n": "93",
    "Code,Area Code,Name,Rate\n93,9370,Afghanistan,0.2\n355,35567,Albania,0.3\n": "9370",
}


@pytest.mark.parametrize("text", EXPORTS)
def test_an_export_gives_its_own_codes_and_prices(text: str) -> None:
    rates = imported(text, proposed(text.encode())).rates()
    assert rates[EXPORTS[text]] == 200_000
    assert sorted(rates.values()) == [200_000, 300_000]


@pytest.mark.parametrize(
    "columns", ["First Price,Next Price", "Price 1,Price N", "Premium,Value", "buyrate,rateinitial"]
)
def test_one_of_several_prices_is_asked_for(columns: str) -> None:
    text = f"Prefix,Country,{columns}\n93,Afghanistan,0.2,0.1\n355,Albania,0.3,0.2\n"
    assert 'rate = ""  # decide: write the one to import of' in proposed(text.encode())


@pytest.mark.parametrize("header", ["stopdate", "Date To", "Expiration Date", "date_end"])
def test_a_price_that_ended_is_left_out(header: str) -> None:
    text = f"Prefix,Name,Rate,{header}\n93,Afghanistan,0.2,2026-02-01 00:00:00\n355,Albania,0.3,2036-02-01 00:00:00\n"
    assert set(imported(text, proposed(text.encode())).rates()) == {"355"}


@pytest.mark.parametrize("cell", ["00", "011", "000", "+"])
def test_an_access_prefix_alone_is_no_code(cell: str) -> None:
    with pytest.raises(CellError, match=r"country code is missing|no code of digits"):
        CodeReader().codes(cell)


@pytest.mark.parametrize(("header", "role"), [("Fee", "connection_fee"), ("Old", "old_rate"), ("More", "surcharge")])
def test_an_amount_that_no_deck_may_have_is_refused_in_its_cell(header: str, role: str) -> None:
    text = f"Code,Destination,Rate,{header}\n93,Afghanistan,0.2,0.1\n355,Albania,0.3,1000.5\n"
    with pytest.raises(SheetRefusedError, match=rf"row 3, column D .{header}.*more than 1000 dollars"):
        imported(text, f'{MAP}{role} = "{header}"\n')


def test_codes_in_further_numbered_columns_are_doubted() -> None:
    text = "Destination,Rate,Code 1,Code 2\nAfghanistan,0.2,9370,9379\nAlbania,0.3,355,\n"
    assert 'code = "Code 1"  # unsure: "Code 2" has codes too' in proposed(text.encode())
    whole = "Destination,Rate,Country Code,Code\nAfghanistan,0.2,93,9370\nAlbania,0.3,355,3554\n"
    assert "has codes too" not in proposed(whole.encode())


def test_a_minimum_below_a_header_of_two_rows_is_read() -> None:
    text = "Destination,Code,Rate,Billing,Billing\n,,,Min,Inc\nAfghanistan,93,0.2,30,6\nAlbania,355,0.3,60,60\n"
    row = imported(text, proposed(text.encode())).row("93")
    assert (row.minimum_seconds, row.increment_seconds) == (30, 6)
