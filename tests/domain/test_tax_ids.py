"""Tax ids have the form of their kind, and their check digits are right."""

import pytest

from calling_credit.errors import InvalidValue
from calling_credit.tax.tax_ids import KINDS, parse_tax_id

EXAMPLES = [
    ("eu_vat", "DE 136.695.976"),
    ("eu_vat", "ATU13585627"),
    ("eu_vat", "BE0428759497"),
    ("eu_vat", "FR40303265045"),
    ("eu_vat", "IT00743110157"),
    ("eu_vat", "DK13585628"),
    ("eu_vat", "FI20774740"),
    ("eu_vat", "LU15027442"),
    ("eu_vat", "PL8567346215"),
    ("eu_vat", "PT501964843"),
    ("eu_vat", "SE123456789701"),
    ("eu_vat", "NL004495445B01"),
    ("eu_vat", "EL094259216"),
    ("eu_vat", "EE100931558"),
    ("eu_vat", "HU12892312"),
    ("eu_vat", "HR33392005961"),
    ("eu_vat", "MT11679112"),
    ("eu_vat", "SK2022749619"),
    ("eu_vat", "XI980780684"),
    ("gb_vat", "GB 980 7806 84"),
    ("au_abn", "51 824 753 556"),
    ("ca_bn", "123456782"),
    ("ca_gst_hst", "123456782 RT0001"),
    ("ch_vat", "CHE-107.787.577 IVA"),
    ("no_vat", "995525828MVA"),
    ("nz_gst", "49-091-850"),
    ("nz_gst", "136410132"),
    ("us_ein", "91-1144442"),
    ("mx_rfc", "GODE561231GR8"),
]
UNCHECKED = {"us_ein", "mx_rfc"}
"""Kinds without check digits."""


@pytest.mark.parametrize(("kind", "value"), EXAMPLES)
def test_a_known_id_is_accepted_and_stored_without_punctuation(kind: str, value: str) -> None:
    parsed = parse_tax_id({"kind": kind, "value": value.lower()})
    assert (parsed.kind, parsed.value) == (kind, "".join(filter(str.isalnum, value)))


@pytest.mark.parametrize(("kind", "value"), EXAMPLES)
def test_most_wrong_digits_are_found(kind: str, value: str) -> None:
    if kind in UNCHECKED:
        return
    digits = [place for place, character in enumerate(value) if character.isdigit()]
    typos = [
        value[:place] + str((int(value[place]) + 1) % 10) + value[place + 1 :]
        for place in (digits[:-6] if kind == "ca_gst_hst" else digits[:8])
    ]
    refused = 0
    for typo in typos:
        try:
            parse_tax_id({"kind": kind, "value": typo})
        except InvalidValue as error:
            refused += error.code == "invalid_tax_id"
    assert refused >= len(typos) - 1, kind


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("ca_bn", "000000000"),
        ("eu_vat", "GB980780684"),
        ("eu_vat", "GR094259216"),
        ("gb_vat", "980780684"),
        ("gb_vat", "GBGD500"),
        ("no_vat", "NO974760674MVA"),
        ("us_ein", "91Ñ1144442"),
        ("eu_vat", "DE13669597\u0666"),
        ("us_ein", "9-1144442"),
        ("us_ein", "91-11444421"),
        ("us_ein", "٩١١١٤٤٤٤٢"),
        ("mx_rfc", ""),
        ("ch_vat", "CHE107787577"[:-1]),
        ("eu_vat", "9" * 41),
    ],
)
def test_an_id_of_another_form_is_refused(kind: str, value: str) -> None:
    with pytest.raises(InvalidValue, match="invalid_tax_id"):
        parse_tax_id({"kind": kind, "value": value})


@pytest.mark.parametrize(
    ("kind", "value", "plain"),
    [
        ("eu_vat", "FR\u00a040\u202f303\u2009265\u00a0045", "FR40303265045"),
        ("us_ein", "91\u20111144442", "911144442"),
        ("us_ein", "91\u20131144442\n", "911144442"),
        ("gb_vat", "\tgb 980\u00a07806 84 ", "GB980780684"),
        ("gb_vat", "GB GD 001", "GBGD001"),
        ("gb_vat", "GBHA500", "GBHA500"),
        ("no_vat", "NO 974 760 673 MVA", "NO974760673MVA"),
        ("mx_rfc", "ñ&A-010101-AAA", "Ñ&A010101AAA"),
    ],
)
def test_an_id_may_be_copied_with_its_blanks_and_dashes(kind: str, value: str, plain: str) -> None:
    assert parse_tax_id({"kind": kind, "value": value}).value == plain


def test_every_kind_has_an_example() -> None:
    assert {kind for kind, _ in EXAMPLES} == set(KINDS)
