"""An export holds what an account was told about tax: billing details, receipts, and credit notes; and what it was
given: granted credit and budgets.
"""

import json
from typing import Any

import pytest

from tests.functions.budgets_bench import set_budget
from tests.functions.lots_bench import granted
from tests.functions.reversals_bench import paid, refund
from tests.functions.tax_bench import DETAILS, enter, turn_on
from tests.functions.test_exports import exported, files, table
from tests.harness.till import ACCOUNT, Till

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]


def contents(till: Till) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The account of an export, and all its files."""
    content = files(exported(till.world))
    return json.loads(content["account.json"]), content


def test_an_export_holds_billing_details_and_documents(till: Till, monkeypatch: pytest.MonkeyPatch) -> None:
    turn_on(monkeypatch, till)
    assert enter(till, po_number="=PO-7").status == 200
    refund(till, paid(till, "86.96"), 5_000)
    till.call_all_back()
    account, content = contents(till)
    assert account["billing_details"]["legal_name"] == DETAILS["legal_name"]
    [payment] = table(content["payments.csv"])
    assert (payment["amount"], payment["tax"], payment["total"], payment["refunded"]) == (
        "86.96", "13.04", "100.00", "50.00",
    )  # fmt: skip
    receipt, note = json.loads(content["documents.json"])
    assert (receipt["kind"], receipt["number"], receipt["net"], receipt["tax"], receipt["total"]) == (
        "receipt", "2026-000001", "86.96", "13.04", "100.00",
    )  # fmt: skip
    assert (receipt["billing"]["po_number"], receipt["top_up_id"]) == ("=PO-7", payment["id"])
    assert (note["kind"], note["net"], note["total"], note["receipt"]) == (
        "credit_note", "43.48", "50.00", "2026-000001",
    )  # fmt: skip
    rows = table(content["documents.csv"])
    assert [row["number"] for row in rows] == ["2026-000001", "2026-000001"]
    assert rows[0]["po_number"] == "'=PO-7"


def test_an_export_leaves_out_what_cannot_be_read(till: Till) -> None:
    paid(till)
    till.paid("30.00", till.card())
    assert enter(till).status == 200
    stack = till.world.stack
    for sort_key, name in (("RECEIPT#2026#000001", "net_micros"), ("BILLING_DETAILS", "postal_address")):
        key = {"PK": {"S": f"ACCOUNT#{ACCOUNT}"}, "SK": {"S": sort_key}}
        stack.dynamodb.update_item(TableName=stack.table_name, Key=key, UpdateExpression=f"REMOVE {name}")
    account, content = contents(till)
    assert account["billing_details"]["legal_name"] is None
    assert [one["number"] for one in json.loads(content["documents.json"])] == ["2026-000002"]


def test_an_export_holds_lots_and_lines_with_their_budgets(till: Till) -> None:
    granted(till.world, "20.00")
    set_budget(till.world, 30_000_000)
    account, content = contents(till)
    assert [(lot["amount"], lot["used"]) for lot in account["lots"]] == [("20.00", "0.00")]
    assert [line["budget"]["monthly"] for line in account["lines"]] == ["30.00"]
    assert json.loads(content["documents.json"]) == []
