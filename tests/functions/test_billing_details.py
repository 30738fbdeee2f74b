"""Billing details are read by every user, set by billing admins, and recorded with each change."""

import json
from typing import Any

import pytest

from tests.functions.tax_bench import DETAILS, NEW_YORK, enter
from tests.harness.http import MEMBER
from tests.harness.till import Till

pytestmark = pytest.mark.dynamodb
EMPTY = {"legal_name": None, "address": None, "tax_id": None, "po_number": None, "email_receipts": False, "version": 0}


def shown(till: Till, **claims: Any) -> dict[str, object]:
    """GET /billing-details."""
    answer = till.world.ask("change_settings", "GET", "/billing-details", **claims)
    assert answer.status == 200, answer.text
    body: dict[str, object] = answer.body
    return body


def test_entered_details_are_shown_to_every_user(till: Till) -> None:
    assert shown(till) == EMPTY
    stored = enter(till, tax_id={"kind": "us_ein", "value": "91-1144442"}, po_number="PO 7", email_receipts=True)
    assert stored.status == 200
    address = {**NEW_YORK, "line2": None, "postal_code": None}
    expected = {"legal_name": "Meridian Ltd", "address": address, "po_number": "PO 7", "email_receipts": True}
    assert stored.body == {**expected, "tax_id": {"kind": "us_ein", "value": "911144442"}, "version": 1}
    assert shown(till, **MEMBER) == stored.body
    [item] = till.world.of_kind("BILLING_DETAILS")
    assert item["changed_by"].startswith("user:")


def test_only_billing_admins_set_details(till: Till) -> None:
    answer = till.world.ask("change_settings", "PUT", "/billing-details", DETAILS, **MEMBER)
    assert (answer.status, answer.code) == (403, "billing_admin_required")
    assert shown(till) == EMPTY


def test_a_change_is_recorded_once_with_the_values_before_and_after(till: Till) -> None:
    enter(till)
    till.later(seconds=1)
    assert enter(till, region="CA", po_number="PO 8").body["version"] == 2
    till.later(seconds=1)
    assert enter(till, region="CA", po_number="PO 8").body["version"] == 2
    first, second = till.world.changes("billing_details_changed")
    assert (first["subject"], first["old"], first["new"]["legal_name"]) == ("billing_details", {}, "Meridian Ltd")
    assert (second["old"]["address"]["region"], second["new"]["address"]["region"]) == ("NY", "CA")
    assert (second["old"].get("po_number"), second["new"]["po_number"]) == (None, "PO 8")
    assert "legal_name" not in second["new"]


def test_an_older_tab_overwrites_nothing(till: Till) -> None:
    enter(till)
    refused = enter(till, version=0, po_number="PO 9")
    assert (refused.status, refused.code) == (409, "changed_meanwhile")
    assert refused.body["current"] == shown(till)
    assert enter(till, version=0).body["version"] == 1, "the result stands already"
    assert enter(till, version=1, po_number="PO 9").body["version"] == 2


def test_details_of_an_unknown_account_are_refused(till: Till) -> None:
    answer = till.world.ask("change_settings", "GET", "/billing-details", **{"custom:account_id": "acct_9"})
    assert (answer.status, answer.code) == (404, "unknown_account")
    assert enter(till, "acct_9").code == "unknown_account"
    assert till.world.of_kind("BILLING_DETAILS", "acct_9") == []


def test_wrong_details_change_nothing(till: Till) -> None:
    assert enter(till, country="UK").code == "unknown_country"
    assert enter(till, tax_id={"kind": "gb_vat", "value": "GB980780685"}).code == "invalid_tax_id"
    assert enter(till, version="1").code == "invalid_field"
    assert shown(till) == EMPTY


def test_without_tax_a_payment_stores_the_details_and_charges_as_before(till: Till) -> None:
    before = till.paid("25.00", till.card())
    enter(till, po_number="PO 7")
    after = till.paid("25.00", till.card())
    assert (after["amount"], after["tax"], after["total"]) == ("25.00", "0.00", "25.00")
    requests = [json.loads(item["create_request"]) for item in till.top_ups()]
    assert [sorted(request) for request in requests] == [sorted(requests[0])] * 2
    first, second = sorted(till.top_ups(), key=lambda item: item["topup_id"] != before["id"])
    assert not {"tax_micros", "tax_percent", "billing"} & set(first)
    assert not {"tax_micros", "tax_percent"} & set(second)
    assert json.loads(second["billing"])["po_number"] == "PO 7"
    assert till.charged() == [2500, 2500]
    till.check()
