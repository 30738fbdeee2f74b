"""Compares the example rate deck, local/rates.csv, with libphonenumber: regions, number types, every area code of +1.

The tests read the file independently, with the csv module and a search for the longest prefix.
"""

import csv
import re
from collections import Counter
from functools import cache

import phonenumbers
import pytest
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType
from phonenumbers.phonemetadata import PhoneMetadata

from calling_credit.numbering import COUNTRIES, country_of
from local import make_rates

HEADER = (
    "prefix,destination,country,origin,rate_per_minute,connection_fee,minimum_seconds,increment_seconds,"
    "effective_from,category"
)
INCLUDED, INTERNATIONAL, PREMIUM = "included", "outbound_international_call", "outbound_premium_call"
GEOGRAPHIC = (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE, PhoneNumberType.FIXED_LINE_OR_MOBILE)
NEVER_INCLUDED = {"1900", "1700", "1710", "1500", "1600", "1622", "1787", "1939", "1876", "1658", "1340", "1671"}
TOLL_FREE_AREA_CODES = (800, 833, 844, 855, 866, 877, 888)

NEWER_AREA_CODES = {357, 436, 457, 471, 483, 621, 624, 679, 729, 837, 861, 924}
"""Assigned by NANPA, all of them in the US, and unknown to libphonenumber 9.0."""

# Two regions of libphonenumber are parts of one ISO 3166-1 country.
ISO_COUNTRY = {"AC": "SH", "TA": "SH"}

# Regions whose example number belongs to another region in libphonenumber, because they share the range.
SHARED_EXAMPLES = {
    PhoneNumberType.FIXED_LINE: {"EH": "MA", "MF": "BL"},
    PhoneNumberType.MOBILE: {
        "AX": "FI",
        "BL": "GP",
        "CC": "AU",
        "CX": "AU",
        "EH": "MA",
        "IM": "GB",
        "MF": "GP",
        "SJ": "NO",
        "VA": "IT",
    },
}

Row = dict[str, str]


@cache
def rows() -> list[Row]:
    with make_rates.RATES_FILE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def rows_by_prefix() -> dict[str, Row]:
    return {row["prefix"]: row for row in rows() if row["origin"] == "*"}


def row_of(number: PhoneNumber) -> Row | None:
    digits = phonenumbers.format_number(number, PhoneNumberFormat.E164)[1:]
    prefixes = (digits[:length] for length in range(len(digits), 0, -1))
    return next((rows_by_prefix()[prefix] for prefix in prefixes if prefix in rows_by_prefix()), None)


def region_of(number: PhoneNumber) -> str:
    region = phonenumbers.region_code_for_number(number) or "none"
    return ISO_COUNTRY.get(region, region)


@cache
def number_in(area: int) -> PhoneNumber | None:
    """A valid number of an area code of +1, found by trying exchanges; None if it has none.

    Small countries have numbers in few exchanges, so all are tried there. Their leading digits identify them.
    """
    regions = phonenumbers.COUNTRY_CODE_TO_REGION_CODE[1]
    plans = [PhoneMetadata.metadata_for_region(region) for region in regions]
    small = any(plan and plan.leading_digits and re.match(plan.leading_digits, str(area)) for plan in plans)
    for exchange in range(200, 1000, 1 if small else 37):
        number = PhoneNumber(country_code=1, national_number=area * 10_000_000 + exchange * 10_000 + 1234)
        if phonenumbers.is_valid_number(number):
            return number
    return None


def test_the_header_and_every_row_are_well_formed() -> None:
    text = make_rates.RATES_FILE.read_bytes().decode("utf-8")
    assert text.split("\n", 1)[0] == HEADER
    assert "\r" not in text
    assert len(text) < 500_000
    for row in rows():
        assert set(row) == set(HEADER.split(",")), row
        assert None not in row.values(), row
        assert re.fullmatch(r"[1-9][0-9]{0,11}", row["prefix"]), row
        assert re.fullmatch(r"[ -~]{1,60}", row["destination"]), row
        assert row["country"] in COUNTRIES, row
        assert row["origin"] == "*" or row["origin"] in COUNTRIES, row
        assert re.fullmatch(r"[0-9]{1,2}\.[0-9]{4}", row["rate_per_minute"]), row
        assert re.fullmatch(r"[0-9]\.[0-9]{4}", row["connection_fee"]), row
        assert (row["minimum_seconds"], row["increment_seconds"]) in {("60", "60"), ("30", "6"), ("1", "1")}, row
        assert row["effective_from"] == "2020-01-01", row
        assert row["category"] in {INCLUDED, INTERNATIONAL, PREMIUM}, row


def test_rows_are_unique_and_in_order() -> None:
    keys = [(row["prefix"], row["origin"], row["effective_from"]) for row in rows()]
    assert [key for key, times in Counter(keys).items() if times > 1] == []
    assert keys == sorted(keys)
    assert len(rows_by_prefix()) >= 1000


def test_only_included_destinations_cost_nothing() -> None:
    for row in rows():
        costs = set(row["rate_per_minute"] + row["connection_fee"]) != {"0", "."}
        assert costs == (row["category"] != INCLUDED), row


def test_some_prices_apply_to_callers_from_one_country() -> None:
    exact = [row for row in rows() if row["origin"] != "*"]
    assert {(row["country"], row["origin"]) for row in exact} >= {("MX", "CA"), ("GB", "CA")}
    for row in exact:
        everyone = rows_by_prefix()[row["prefix"]]
        assert row["rate_per_minute"] != everyone["rate_per_minute"], row
        assert {**row, "origin": "*", "rate_per_minute": everyone["rate_per_minute"]} == everyone


def class_of(number: PhoneNumber) -> tuple[str, str]:
    """The country and category a number of +1 must have, from libphonenumber's region and type."""
    region, kind = region_of(number), phonenumbers.number_type(number)
    if kind == PhoneNumberType.PREMIUM_RATE:
        return region, PREMIUM
    if region not in ("US", "CA"):
        return region, INTERNATIONAL
    return region, INCLUDED if kind in (*GEOGRAPHIC, PhoneNumberType.TOLL_FREE) else PREMIUM


def test_every_plus_1_area_code_matches_its_region_and_number_type() -> None:
    wrong = {}
    for area in range(200, 1000):
        number, row = number_in(area), rows_by_prefix().get(f"1{area}")
        expected = class_of(number) if number else None
        if area in NEWER_AREA_CODES:
            assert (number, row and (row["country"], row["category"])) == (None, ("US", INCLUDED))
            continue
        actual = (row["country"], row["category"]) if row else None
        if expected != actual or country_of(f"+1{area}2345678") != (expected[0] if expected else "ZZ"):
            wrong[area] = (expected, actual)
    assert not wrong


def test_an_unassigned_area_code_has_no_row_and_no_country() -> None:
    unassigned = [area for area in range(200, 1000) if number_in(area) is None and area not in NEWER_AREA_CODES]
    assert len(unassigned) > 200
    for area in unassigned:
        number = PhoneNumber(country_code=1, national_number=area * 10_000_000 + 2345678)
        assert row_of(number) is None
        assert country_of(f"+1{area}2345678") == "ZZ"


def test_only_whole_area_codes_are_included() -> None:
    included = {row["prefix"] for row in rows() if row["category"] == INCLUDED}
    assert all(re.fullmatch("1[2-9][0-9]{2}", prefix) for prefix in included)
    assert {f"1{area}" for area in TOLL_FREE_AREA_CODES} <= included
    assert {row["country"] for row in rows() if row["prefix"] in included} == {"US", "CA"}
    assert not included & NEVER_INCLUDED


def test_only_billed_exchanges_differ_below_an_included_area_code() -> None:
    """Mass announcements and directory assistance are billed in each geographic code; 1 800 1… is Dominican."""
    longer = [row for row in rows() if len(row["prefix"]) > 4 and row["prefix"].startswith("1")]
    below = {row["prefix"] for row in longer if rows_by_prefix()[row["prefix"][:4]]["category"] == INCLUDED}
    included = {row["prefix"] for row in rows() if row["category"] == INCLUDED}
    geographic = included - {f"1{area}" for area in TOLL_FREE_AREA_CODES}
    assert below == {"18001"} | {f"{code}{more}" for code in geographic for more in ("976", "5551212")}
    assert all(rows_by_prefix()[prefix]["category"] == PREMIUM for prefix in below - {"18001"})


@pytest.mark.parametrize("kind", [PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE])
def test_the_example_number_of_every_region_has_a_row_of_its_country(kind: int) -> None:
    """Regions that share a range have examples in another region; the deck then agrees with libphonenumber."""
    shared = {}
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        number = phonenumbers.example_number_for_type(region, kind)
        if number is None:
            continue
        row = row_of(number)
        country = row["country"] if row else None
        if country != ISO_COUNTRY.get(region, region):
            assert country == region_of(number)
            shared[region] = country
    assert shared == SHARED_EXAMPLES[kind]


def test_every_country_but_western_sahara_has_a_row() -> None:
    countries = {ISO_COUNTRY.get(region, region) for region in phonenumbers.SUPPORTED_REGIONS} | {"001"}
    assert countries - {row["country"] for row in rows()} == {"EH"}


def test_premium_numbers_are_never_included_and_almost_always_premium() -> None:
    other = {}
    examples = 0
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        number = phonenumbers.example_number_for_type(region, PhoneNumberType.PREMIUM_RATE)
        if number is None or phonenumbers.number_type(number) != PhoneNumberType.PREMIUM_RATE:
            continue
        examples += 1
        row = row_of(number)
        if row is None or row["category"] != PREMIUM:
            other[region] = row and row["category"]
    assert other == {}
    assert examples > 100


@pytest.mark.parametrize("calling_code", sorted(phonenumbers.COUNTRY_CODES_FOR_NON_GEO_REGIONS))
def test_global_networks_are_high_cost_and_in_no_country(calling_code: int) -> None:
    number = phonenumbers.example_number_for_non_geo_entity(calling_code)
    assert number is not None
    row = row_of(number)
    assert row is not None
    assert row["country"] == "001"
    assert row["category"] == (PREMIUM if calling_code == 979 else INTERNATIONAL)
    if calling_code in (870, 881, 882, 883):
        assert float(row["rate_per_minute"]) > 2
        assert row["connection_fee"] != "0.0000"


def test_the_deck_has_the_prices_of_the_readme() -> None:
    prices = {
        "+442071838750": ("United Kingdom - Landline", "0.0140", "60", "60"),
        "+447400123456": ("United Kingdom - Mobile", "0.0320", "60", "60"),
        "+5255512345678": ("Mexico", "0.0160", "60", "60"),
        "+33612345678": ("France - Mobile", "0.0350", "30", "6"),
        "+493012345678": ("Germany - Landline", "0.0150", "1", "1"),
    }
    for number, expected in prices.items():
        row = row_of(phonenumbers.parse(number))
        assert row is not None
        columns = ("destination", "rate_per_minute", "minimum_seconds", "increment_seconds")
        assert tuple(row[column] for column in columns) == expected


def test_the_committed_deck_matches_the_generator() -> None:
    same = make_rates.RATES_FILE.read_text(encoding="utf-8") == make_rates.deck_text()
    assert same, "libphonenumber's metadata or the script changed: run `python -m local.make_rates` and read the diff"
