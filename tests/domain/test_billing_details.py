"""Billing details are complete, of one line each, and with a correct region and tax id."""

import json
from typing import Any

import pytest

from calling_credit.errors import InvalidValue
from calling_credit.tax.details import details_view, parse_details

ADDRESS: dict[str, Any] = {
    "line1": "1 Main St",
    "line2": None,
    "city": "New York",
    "region": "NY",
    "postal_code": "10001",
    "country": "US",
}
DETAILS: dict[str, Any] = {
    "legal_name": "Meridian Ltd",
    "address": ADDRESS,
    "tax_id": {"kind": "us_ein", "value": "91-1144442"},
    "po_number": "PO 7",
    "email_receipts": True,
}


def code_of(body: dict[str, Any]) -> str:
    """The code of the refusal of a body."""
    with pytest.raises(InvalidValue) as refused:
        parse_details(body)
    return refused.value.code


def test_details_are_shown_as_they_were_entered() -> None:
    shown = details_view(parse_details({**DETAILS, "version": 3}))
    assert shown == {**DETAILS, "tax_id": {"kind": "us_ein", "value": "911144442"}, "version": 0}


def test_without_details_the_view_is_empty() -> None:
    nothing = {"legal_name": None, "address": None, "tax_id": None, "po_number": None, "email_receipts": False}
    assert details_view(None) == {**nothing, "version": 0}


def test_a_payment_stores_who_buys_but_not_their_choice_of_mail() -> None:
    stored = json.loads(parse_details(DETAILS).at_creation)
    assert set(stored) == {"legal_name", "address", "tax_id", "po_number"}
    assert stored["address"] == ADDRESS


def test_absent_and_blank_fields_are_empty() -> None:
    address = {"line1": " 1 Rue  A ", "city": "Paris", "country": "FR", "region": "", "line2": " "}
    details = parse_details({"legal_name": "Société É", "address": address, "po_number": " "})
    assert (details.address.line1, details.address.line2, details.address.region) == ("1 Rue  A", None, None)
    assert (details.tax_id, details.po_number, details.email_receipts) == (None, None, False)


def test_a_region_is_stored_in_capitals() -> None:
    assert parse_details(DETAILS | {"address": ADDRESS | {"region": " ny "}}).address.region == "NY"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"legal_name": None}, "missing_field"),
        ({"legal_name": "  "}, "missing_field"),
        ({"legal_name": "\u200b\u00a0\u200f"}, "missing_field"),
        ({"legal_name": 7}, "invalid_field"),
        ({"legal_name": "a\nb"}, "invalid_field"),
        ({"legal_name": "a\u2028b"}, "invalid_field"),
        ({"legal_name": "a\u202eb"}, "invalid_field"),
        ({"legal_name": "a\ud800b"}, "invalid_field"),
        ({"po_number": "\u2066PO 7"}, "invalid_field"),
        ({"legal_name": "x" * 121}, "invalid_field"),
        ({"po_number": "x" * 41}, "invalid_field"),
        ({"email_receipts": "yes"}, "invalid_field"),
        ({"email_receipts": None}, "invalid_field"),
        ({"vat": "1"}, "invalid_field"),
        ({"address": None}, "missing_field"),
        ({"address": "1 Main St"}, "invalid_field"),
        ({"address": {**ADDRESS, "street": "x"}}, "invalid_field"),
        ({"address": {**ADDRESS, "line1": None}}, "missing_field"),
        ({"address": {**ADDRESS, "city": ""}}, "missing_field"),
        ({"address": {**ADDRESS, "country": None}}, "unknown_country"),
        ({"address": {**ADDRESS, "country": "UK"}}, "unknown_country"),
        ({"address": {**ADDRESS, "country": "001"}}, "unknown_country"),
        ({"address": {**ADDRESS, "country": ["US"]}}, "unknown_country"),
        ({"address": {**ADDRESS, "region": None}}, "invalid_field"),
        ({"address": {**ADDRESS, "region": "New York"}}, "invalid_field"),
        ({"address": {**ADDRESS, "region": ["NY"]}}, "invalid_field"),
        ({"address": {**ADDRESS, "country": "CA", "region": "NY"}}, "invalid_field"),
        ({"address": {**ADDRESS, "country": "FR", "region": "Île-de-France"}}, "invalid_field"),
        ({"tax_id": "911144442"}, "invalid_field"),
        ({"tax_id": {"kind": "us_ein"}}, "invalid_field"),
        ({"tax_id": {"kind": "us_ssn", "value": "1"}}, "invalid_field"),
        ({"tax_id": {"kind": ["us_ein"], "value": "1"}}, "invalid_field"),
        ({"tax_id": {"kind": "us_ein", "value": "00-1144442"}}, "invalid_tax_id"),
        ({"tax_id": {"kind": "us_ein", "value": 911144442}}, "invalid_tax_id"),
    ],
)
def test_wrong_details_are_refused(change: dict[str, Any], code: str) -> None:
    assert code_of(DETAILS | change) == code
