"""Compares calling_credit.numbering with libphonenumber: countries, valid numbers, and masking."""

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat, PhoneNumberType
from phonenumbers.phonemetadata import PhoneMetadata

from calling_credit.masking import country_kept, masked
from calling_credit.numbering import COUNTRIES, country_of, is_e164, is_short_code, normalize_dialed
from local import make_numbering

DESCRIPTIONS = (
    "fixed_line",
    "mobile",
    "toll_free",
    "premium_rate",
    "shared_cost",
    "voip",
    "personal_number",
    "pager",
    "uan",
    "voicemail",
)

# Two regions of libphonenumber are parts of one ISO 3166-1 country.
ISO_COUNTRY = {"AC": "SH", "TA": "SH"}

# A seven-digit Canadian number that can be dialed only inside Canada.
LOCAL_ONLY = {"+13101234"}


def example_numbers() -> dict[str, str | None]:
    """Every example number of libphonenumber in E.164, with its region according to libphonenumber."""
    numbers = {}
    for calling_code, regions in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.items():
        for region in regions:
            metadata = (
                PhoneMetadata.metadata_for_nongeo_region(calling_code)
                if region == "001"
                else PhoneMetadata.metadata_for_region(region)
            )
            for name in DESCRIPTIONS:
                description = getattr(metadata, name)
                if description is not None and description.example_number:
                    number = phonenumbers.parse(f"+{calling_code}{description.example_number}")
                    text = phonenumbers.format_number(number, PhoneNumberFormat.E164)
                    numbers[text] = phonenumbers.region_code_for_number(number)
    return numbers


def test_every_example_number_is_in_the_country_libphonenumber_says() -> None:
    numbers = example_numbers()
    wrong = {
        number: (country_of(number), region)
        for number, region in numbers.items()
        if region is not None and country_of(number) != ISO_COUNTRY.get(region, region) and number not in LOCAL_ONLY
    }
    assert not wrong
    assert len(numbers) > 900


def test_some_example_numbers_belong_to_another_region() -> None:
    untold = set(phonenumbers.SUPPORTED_REGIONS) - set(example_numbers().values())
    assert untold == {"EH", "MF"}
    assert country_of("+212528812345") == "MA", "every number of Western Sahara is Morocco's to libphonenumber"
    assert country_of("+590590271234") == "BL", "Saint Martin's example is Saint Barthelemy's"
    assert country_of("+590590071234") == "MF", "other landlines of Saint Martin can be told"
    assert phonenumbers.region_code_for_number(phonenumbers.parse("+590590071234")) == "MF"


@pytest.mark.parametrize(
    ("number", "country"),
    [
        ("+442071838750", "GB"),
        ("442071838750", "GB"),
        ("+441481256789", "GG"),
        ("+447911712345", "GG"),
        ("+447911812345", "GB"),
        ("+390669812345", "VA"),
        ("+390612345678", "IT"),
        ("+77123456789", "KZ"),
        ("+76123456789", "KZ"),
        ("+74951234567", "RU"),
        ("+4779123456", "SJ"),
        ("+38343201234", "XK"),
        ("+24762889", "SH"),
        ("+2908999", "SH"),
        ("+881612345678", "001"),
        ("+80012345678", "001"),
        ("+18002345678", "US"),
        ("+18001412345", "DO"),
        ("+17872345678", "PR"),
        ("+16132345678", "CA"),
        ("+12112345678", "ZZ"),
        ("+1", "ZZ"),
        ("+210123456", "ZZ"),
        ("+999123456", "ZZ"),
        ("+0442071838750", "ZZ"),
        ("+", "ZZ"),
        ("", "ZZ"),
        ("anonymous", "ZZ"),
    ],
)
def test_shared_calling_codes_are_split_and_unassigned_ones_are_unknown(number: str, country: str) -> None:
    assert country_of(number) == country


def test_countries_are_iso_3166_plus_kosovo_and_global_networks() -> None:
    assert len(COUNTRIES) == 249 + 2
    assert {"XK", "001", "AQ", "UM", "US"} <= COUNTRIES
    assert not COUNTRIES & {"ZZ", "AC", "TA", "UK", "EU", "*", ""}
    assert set(phonenumbers.SUPPORTED_REGIONS) - COUNTRIES == {"AC", "TA"}


@pytest.mark.parametrize("text", ["+1234567", "+14155550100", "+123456789012345"])
def test_an_e164_number_is_plus_and_7_to_15_digits(text: str) -> None:
    assert is_e164(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "+",
        "14155550100",
        "+04155550100",
        "+123456",
        "+1234567890123456",
        "+1415555010\u0660",
        "+14155550100\n",
        " +14155550100",
        "+1 415",
    ],
)
def test_other_text_is_not_an_e164_number(text: str) -> None:
    assert not is_e164(text)


def test_short_codes_are_two_to_six_digits() -> None:
    assert [text for text in ("911", "988", "15", "123456") if not is_short_code(text)] == []
    assert [
        text
        for text in ("", "9", "1234567", "+911", "9 1", "\u0669\u0661\u0661", "911\n", "*67")
        if is_short_code(text)
    ] == []


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        ("+442071838771", "GB…71"),
        ("+14155550100", "US…00"),
        ("911", "ZZ…11"),
        ("4242424242424242", "ZZ…"),
        ("+44 20 7183 8771", "ZZ…"),
        ("", "ZZ…"),
    ],
)
def test_a_masked_number_shows_country_and_two_digits_at_most(number: str, shown: str) -> None:
    assert masked(number) == shown


@pytest.mark.parametrize("number", ["+14155550100", "+442071838750", "+38343123456", "+881612345678", "+9990000000"])
def test_a_masked_number_still_gives_its_country(number: str) -> None:
    assert country_kept(masked(number)) == country_kept(number) == country_of(number)


def test_the_numbering_tables_match_the_generator() -> None:
    same = make_numbering.DATA_FILE.read_text(encoding="utf-8") == make_numbering.data_text()
    same &= make_numbering.ORDINARY_FILE.read_text(encoding="utf-8") == make_numbering.ordinary_text()
    assert same, (
        "libphonenumber's metadata or the script changed: run `python -m local.make_numbering` and read the diff"
    )


def test_libphonenumber_has_the_types_that_these_tests_use() -> None:
    assert {name.upper() for name in DESCRIPTIONS} < {
        PhoneNumberType.to_string(value) for value in PhoneNumberType.values()
    }


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("+36 (06) 20 123 4567", "+36201234567"),
        ("+7 (8) 495 123-45-67", "+74951234567"),
        ("+44 (0)20 7183 8750", "+442071838750"),
        ("+39 06 6982", "+39066982"),
    ],
)
def test_a_trunk_prefix_after_the_country_code_is_removed(text: str, number: str) -> None:
    assert normalize_dialed(text, "US") == number
