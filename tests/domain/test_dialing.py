"""Compares the meaning of dialed digits with libphonenumber: emergency numbers, trunk zeros, and spellings."""

import re

import phonenumbers
import pytest
from phonenumbers import PhoneNumber, PhoneNumberFormat, shortnumberinfo

from calling_credit.config import Config
from calling_credit.numbering import (
    country_of,
    emergency_code,
    is_e164,
    is_emergency,
    is_plausible,
    is_short_code,
    normalize_dialed,
    strip_trunk_zero,
    use_area_codes,
)
from local import make_dialing
from ops.call_event_schema import emergency_pattern
from tests.domain.test_numbering import ISO_COUNTRY, example_numbers

REGIONS = sorted(phonenumbers.SUPPORTED_REGIONS)
HOME = Config.home_country_list.split(",")
CODES = sorted({code for region in REGIONS for code in make_dialing.emergency_codes(region)})


def valid_examples() -> list[tuple[str, PhoneNumber, str]]:
    """Every valid example number: in E.164, as libphonenumber's object, and its country."""
    examples = []
    for text, region in example_numbers().items():
        number = phonenumbers.parse(text)
        if region is not None and is_e164(text) and phonenumbers.is_valid_number(number):
            examples.append((text, number, ISO_COUNTRY.get(region, region)))
    assert len(examples) > 1000
    return examples


EXAMPLES = valid_examples()


def test_the_dialing_tables_match_the_generator() -> None:
    same = make_dialing.DATA_FILE.read_text(encoding="utf-8") == make_dialing.data_text()
    assert same, "libphonenumber's metadata or the script changed: run `python -m local.make_dialing` and read the diff"


# --- Emergency numbers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("region", REGIONS)
def test_each_form_of_each_emergency_number_is_an_emergency(region: str) -> None:
    calling_code = phonenumbers.country_code_for_region(region)
    for code in make_dialing.emergency_codes(region):
        assert shortnumberinfo.is_emergency_number(code, region) or code == "988"
        assert [is_emergency(form) for form in (code, f"+{code}", f"+{calling_code}{code}")] == [True] * 3
        assert emergency_code(f"+{calling_code}{code}") is not None


def test_the_pattern_of_schemas_matches_every_form_and_no_other() -> None:
    pattern = re.compile(emergency_pattern())
    codes = [code for region in REGIONS for code in make_dialing.emergency_codes(region)]
    calling_codes = sorted({str(phonenumbers.country_code_for_region(region)) for region in REGIONS})
    forms = {f"+{country}{code}" for country in calling_codes for code in codes}
    forms |= {f"{plus}{number}" for plus in ("", "+") for number in range(10, 10_000)} | {"+", "", "+442071838750"}
    assert [form for form in forms if bool(pattern.match(form)) != is_emergency(form)] == []


@pytest.mark.parametrize("country", HOME)
def test_each_e164_form_of_home_emergency_numbers_is_an_emergency(country: str) -> None:
    assert make_dialing.emergency_codes(country) == ("112", "911", "988")
    assert all(is_emergency(f"{plus}{code}") for plus in ("", "+", "+1") for code in ("112", "911", "988"))


def test_short_texts_are_emergencies_exactly_if_some_region_says_so() -> None:
    texts = [f"{number:0{length}d}" for length in (2, 3, 4) for number in range(10**length)]
    patterns = [make_dialing.emergency_codes(region) for region in REGIONS]
    known = {code for codes in patterns for code in codes}
    assert [text for text in texts if is_emergency(text)] == [text for text in texts if text in known]
    assert all(
        any(shortnumberinfo.is_emergency_number(text, r) for r in REGIONS)
        for text in texts
        if is_emergency(text) and text != "988"
    )


def test_no_number_of_a_subscriber_is_an_emergency() -> None:
    forms = [f"+{phonenumbers.country_code_for_region(region)}{code}" for region in REGIONS for code in CODES]
    emergencies = [form for form in forms if is_emergency(form)]
    assert len(emergencies) > 300
    assert not [form for form in emergencies if is_plausible(form)]
    assert not [form for form in emergencies if phonenumbers.is_valid_number(phonenumbers.parse(form, None))]
    assert not [text for text, _, _ in EXAMPLES if is_emergency(text)]


@pytest.mark.parametrize(
    "text",
    [
        "411", "611", "12345", "00", "0", "", "+", "+411", "+1411", "+44911", "+44988", "+112207183", "+11255501",
        "+1911555", "+9115551234", "+999123456", "911911", "9 1 1", "٩١١", "+1 911", "+911\n", "*911", "tel:911",
    ],
)  # fmt: skip
def test_other_dialed_texts_are_no_emergencies(text: str) -> None:
    assert not is_emergency(text)


@pytest.mark.parametrize(
    ("dialed", "code"),
    [("911", "911"), ("+911", "911"), ("+1911", "911"), ("+1988", "988"), ("+44999", "999"), ("+61000", "000")],
)
def test_every_form_gives_the_code_that_it_means(dialed: str, code: str) -> None:
    assert emergency_code(dialed) == code


# --- Trunk zeros ------------------------------------------------------------------------------------------------------


def test_a_trunk_zero_is_stripped_without_changing_a_valid_number() -> None:
    stripped = 0
    for text, number, _ in EXAMPLES:
        assert strip_trunk_zero(text) == text
        national = phonenumbers.national_significant_number(number)
        dialed = f"+{number.country_code}0{national}"
        assert strip_trunk_zero(dialed) in (text, dialed)
        stripped += strip_trunk_zero(dialed) == text
    assert stripped > 500


@pytest.mark.parametrize(
    ("number", "stripped"),
    [
        ("+4402071838750", "+442071838750"),
        ("+4907112345678", "+497112345678"),
        ("+33 0142685300".replace(" ", ""), "+33142685300"),
        ("+61 0255501234".replace(" ", ""), "+61255501234"),
    ],
)
def test_a_trunk_zero_after_the_country_code_is_stripped(number: str, stripped: str) -> None:
    assert strip_trunk_zero(number) == stripped


@pytest.mark.parametrize(
    "number",
    [
        "+390612345678", "+3780549886377", "+390669812345", "+24101441234", "+24106031234", "+242061234567",
        "+2250101234567", "+2290195123456", "+34012345678", "+15550100", "+4400123456", "+4401234", "+442071838750",
        "+870012345678", "911", "",
    ],
)  # fmt: skip
def test_a_zero_that_belongs_to_the_number_stays(number: str) -> None:
    assert strip_trunk_zero(number) == number


# --- Numbers as people and switches dial them -------------------------------------------------------------------------


def test_each_valid_number_is_understood_in_every_international_spelling() -> None:
    for text, number, country in EXAMPLES:
        digits = text[1:]
        spaced = phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)
        for place, prefix in (("US", "011"), ("CA", "011"), ("US", "00"), ("DE", "00"), ("FR", "00"), ("RU", "810")):
            for spelling in (text, spaced, f"{prefix}{digits}", f"{prefix} {spaced[1:]}"):
                assert normalize_dialed(spelling, place) == text, (spelling, place)
        assert normalize_dialed(text, country) == text


def test_each_national_number_is_understood_in_its_country() -> None:
    """Except Argentina's mobile numbers, whose national form has other digits than their international form."""
    understood, other = 0, []
    for text, number, country in EXAMPLES:
        national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
        digits = "".join(character for character in national if character.isdigit())
        is_ascension = text.startswith("+247")  # A part of Saint Helena with a calling code of its own.
        if is_short_code(digits) or country == "001" or is_ascension:
            continue
        understood += 1
        if normalize_dialed(national, country) != text:
            other.append((text, country))
    assert other == [("+5491123456789", "AR")]
    assert understood > 900


@pytest.mark.parametrize(
    ("text", "country", "number"),
    [
        ("+44 (0)20 7183 8750", "US", "+442071838750"),
        ("(212) 555-0100", "US", "+12125550100"),
        ("1 (212) 555-0100", "CA", "+12125550100"),
        ("212.555.0100", "US", "+12125550100"),
        ("011 44 20 7183 8750", "US", "+442071838750"),
        ("011-44-(0)20-7183-8750", "US", "+442071838750"),
        ("00 44 20 7183 8750", "GB", "+442071838750"),
        ("0113 496 0000", "GB", "+441134960000"),
        ("020 7183 8750", "GB", "+442071838750"),
        ("2071838750", "GB", "+442071838750"),
        ("442071838750", "US", "+442071838750"),
        ("+44\u00a020\u00a07183\u20118750", "US", "+442071838750"),
        ("\u202a+44 20 7183 8750\u202c", "US", "+442071838750"),
        ("06 6982 1234", "IT", "+390669821234"),
        ("+39 06 6982 1234", "US", "+390669821234"),
        ("+39 (0)6 6982 1234", "US", "+390669821234"),
        ("8 (495) 123-45-67", "RU", "+74951234567"),
        ("06 1 234 5678", "HU", "+3612345678"),
        ("810 44 20 7183 8750", "RU", "+442071838750"),
        ("020 7183 8750", "ZZ", None),
        ("00 44 20 7183 8750", "ZZ", "+442071838750"),
        ("+999 123 456 78", "US", "+99912345678"),
        ("011 999 123 456 78", "US", "+99912345678"),
        ("411", "US", "411"),
        ("4-1-1", "US", "411"),
        ("911", "US", "911"),
        ("+1 911", "US", "911"),
        ("+112", "US", "112"),
        ("555-0100", "US", None),
        ("+0044 20 7183 8750", "US", None),
        ("1-800-FLOWERS", "US", None),
        ("tel:+442071838750", "US", None),
        ("+44 20 7183 8750 x12", "US", None),
        ("*67", "US", None),
        ("٤٤٢٠٧١٨٣٨٧٥٠", "US", None),
        ("²⁰⁷¹⁸³⁸⁷⁵⁰", "US", None),
        ("", "US", None),
        ("+", "US", None),
        ("5", "US", None),
        ("1" * 40, "US", None),
    ],
)  # fmt: skip
def test_dialed_text_is_read_as_its_writer_means_it(text: str, country: str, number: str | None) -> None:
    assert normalize_dialed(text, country) == number


# --- Area codes that are newer than the tables ------------------------------------------------------------------------


def test_an_added_area_code_has_its_country_until_it_is_removed() -> None:
    assert country_of("+14365550100") == "ZZ"
    use_area_codes({"1436": "US", "1613": "US"})
    try:
        assert country_of("+14365550100") == "US"
        assert country_of("+16135550100") == "CA", "the tables win"
        assert normalize_dialed("(436) 555-0100", "US") == "+14365550100"
    finally:
        use_area_codes({})
    assert country_of("+14365550100") == "ZZ"
    assert country_of("+16135550100") == "CA"
