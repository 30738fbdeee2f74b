"""Sheets with two tables, several rates, or codes without a calling code: nothing is joined or chosen silently."""

import io
import zipfile

import pytest

from ops.rate_sheets.notes import SheetRefusedError
from tests.domain.rate_sheet_examples import MAP, Cell, Page, imported, proposed, workbook

FIRST = "Code,Destination,Rate\n93,Afghanistan,0.25\n355,Albania,0.11\n"


@pytest.mark.parametrize("gap", ["", ","])
def test_two_tables_side_by_side_are_not_joined(gap: str) -> None:
    header, more = "Code,Destination,Rate", ("244,Angola,0.06", "376,Andorra,0.05")
    rows = [
        f"{header},{gap}{header}",
        *(f"{line},{gap}{other}" for line, other in zip(FIRST.split()[1:], more, strict=True)),
    ]
    text = "\n".join(rows)
    rate_map = proposed(text.encode())
    assert "area_code" not in rate_map
    assert 'code = "Code (column A)"' in rate_map
    outcome = imported(text, rate_map)
    assert outcome.rates() == {"93": 250_000, "355": 110_000}
    assert ["is left out, with the table" in note.detail for note in outcome.notes.notes] == [True]


@pytest.mark.parametrize("second", ["Code,Destination,Setup Fee", "Prefix,Name,Rate", "Code,Destination,Old Rate"])
def test_a_table_below_with_another_header_is_refused(second: str) -> None:
    text = f"{FIRST}\nOthers\n{second}\n244,Angola,0.5\n"
    with pytest.raises(SheetRefusedError, match=r"row 6.*begins another table"):
        imported(text)


def test_swapped_columns_below_a_repeated_header_are_refused() -> None:
    text = "Code,Destination,Peak,Off-Peak\n93,A,0.25,0.1\n\nCode,Destination,Off-Peak,Peak\n244,Angola,0.5,0.6\n"
    with pytest.raises(SheetRefusedError, match=r"row 4.*another table"):
        imported(text, MAP.replace('"Rate"', '"Peak"'))


def test_a_repeated_header_is_no_other_table() -> None:
    assert imported(f"{FIRST}\nMobile\n{FIRST.replace('93,', '9370,').replace('355', '35567')}").rates() == {
        "93": 250_000, "355": 110_000, "9370": 250_000, "35567": 110_000,
    }  # fmt: skip


def test_a_table_above_the_chosen_one_is_doubted() -> None:
    text = f"Prefix,Name,Price\n244,Angola,0.2\n\n{FIRST}"
    outcome = imported(text)
    assert ("sheet", "") in outcome.reasons()
    assert set(outcome.rates()) == {"93", "355"}


@pytest.mark.parametrize("header", ["Gold,Silver", "Silver Rate,Gold Rate", "Premium USD,Standard USD", "White,Grey"])
def test_one_of_several_qualities_must_be_chosen(header: str) -> None:
    text = f"Code,Destination,{header}\n93,Afghanistan,0.25,0.2\n355,Albania,0.11,0.1\n"
    assert 'rate = ""  # decide: write the one to import of' in proposed(text.encode())


@pytest.mark.parametrize(
    "text",
    [
        "NPANXX,Interstate,Intrastate\n604200,0.0041,0.0051\n604201,0.0040,0.0052\n",
        "NPA,NXX,State,Rate\n604,200,BC,0.0051\n604,201,BC,0.0052\n",
        "NPA-NXX,Rate\n604200,0.0051\n604201,0.0052\n",
    ],
)
def test_north_american_codes_get_their_calling_code(text: str) -> None:
    rate_map = proposed(text.encode())
    assert 'calling_code = "1"' in rate_map
    codes = {code for reason, code in imported(text, rate_map).reasons() if reason == "home_layer"}
    assert codes == {"1604200", "1604201"}
    without = "\n".join(line for line in rate_map.split("\n") if "calling_code" not in line)
    with pytest.raises(SheetRefusedError, match="calling_code"):
        imported(text, without)


def test_codes_that_may_lack_their_one_are_asked_about() -> None:
    rows = "".join(f"{code},0.005\n" for code in ("201200", "201201", "212555", "3125556"))
    assert 'calling_code = ""  # decide' in proposed(f"Prefix,Rate\n{rows}".encode())
    assert "calling_code" not in proposed(f"Prefix,Rate\n{rows}93,0.2\n".encode())


def test_a_calling_code_is_not_added_twice() -> None:
    with pytest.raises(SheetRefusedError, match="calling code already"):
        imported("Code,Destination,Rate\n1201200,US,0.01\n", f'calling_code = "1"\n{MAP}')
    assert set(imported("Code,Destination,Rate\n07400,UK,0.01\n", f'calling_code = "44"\n{MAP}').rates()) == {"447400"}


def test_a_row_without_a_new_rate_keeps_its_old_one() -> None:
    text = (
        "Code,Destination,Current Rate,New Rate,Change,Effective Date\n93,Afghanistan,0.25,0.27,Increase,2026-11-01\n"
        "355,Albania,0.11,,No change,\n376,Andorra,0.05,,New,\n244,Angola,0.06,,Deleted,2026-11-01\n"
    )
    outcome = imported(text, proposed(text.encode()))
    assert outcome.rates() == {"93": 270_000, "355": 110_000}
    assert {("old_price_kept", "355"), ("no_rate", "376"), ("closed", "244")} <= outcome.reasons()


def test_a_date_in_prose_above_a_table_of_a_workbook_is_proposed() -> None:
    prose = "Dear partner, effective 01 December 2026 these rates apply. All prices are USD per minute, billed 1/1."
    rows: list[list[Cell]] = [
        [None, "ACME"],
        [],
        [prose],
        ["Destination", "Dial Code", "Price"],
        ["Afghanistan", 93.0, 0.25],
        ["A", 355.0, 0.1],
    ]
    rate_map = proposed(workbook(Page("Cover", [["ACME"]]), Page("A-Z", rows)))
    assert 'effective_from = "2026-12-01"  # unsure' in rate_map
    assert 'default = "1/1"  # unsure' in rate_map


def test_an_ods_workbook_is_read_and_a_cut_one_is_refused() -> None:
    names = " ".join(
        f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "text", "table")
    )
    cell = '<table:table-cell office:value-type="string"><text:p>{}</text:p></table:table-cell>'.format
    number = (
        '<table:table-cell office:value-type="float" office:value="{}"><text:p>1</text:p></table:table-cell>'.format
    )
    rows = [map(cell, ("Code", "Destination", "Rate")), (number(93), cell("Afghanistan"), number(0.25))]
    table = "".join(f"<table:table-row>{''.join(row)}</table:table-row>" for row in rows)
    sheet = f'<office:spreadsheet><table:table table:name="Rates">{table}</table:table></office:spreadsheet>'
    content = f"<office:document-content {names}><office:body>{sheet}</office:body></office:document-content>"
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", content)
        archive.writestr(
            "META-INF/manifest.xml", '<manifest xmlns="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'
        )
    assert imported(file.getvalue()).rates() == {"93": 250_000}
    with pytest.raises(SheetRefusedError, match="damaged"):
        imported(file.getvalue()[:300])
