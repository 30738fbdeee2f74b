"""Invariants of the whole table after all other tests of this stack, including failed payments."""

from collections import defaultdict
from typing import Any

import boto3
import pytest

from calling_credit.audit.proof import DifferenceCode
from calling_credit.categories import TOP_UP
from local.stack import Stack
from tests.stack.customers import expire_leases, stand_in
from tests.stack.deployment import invoke
from tests.stack.payment_probes import OUTSIDE


@pytest.mark.usefixtures("faults")
def test_table_matches_stripe_and_balances_are_sums_of_entries(deployed: Stack) -> None:
    for item in whole_table(deployed):
        if item["SK"]["S"].startswith("TOPUP#") and "sweep_sk" in item:
            expire_leases(deployed, item["PK"]["S"].removeprefix("ACCOUNT#"))
    assert invoke(deployed, "ReconcilePaymentsFunction", {})["failed"] == 0

    entries: dict[str, list[dict[str, Any]]] = defaultdict(list)
    issues, balances, taxes = set(), {}, {}
    for item in whole_table(deployed):
        if item["SK"]["S"].startswith("ENTRY#"):
            entries[item["PK"]["S"]].append(item)
        elif item["SK"]["S"].startswith("TOPUP#") and "intent_id" in item:
            taxes[item["intent_id"]["S"]] = int(item.get("tax_micros", {"N": "0"})["N"])
        elif item["SK"]["S"] == "BALANCE":
            balances[item["PK"]["S"]] = int(item["posted_micros"]["N"])
        elif item["SK"]["S"] == "ISSUE" and item["code"]["S"] != DifferenceCode.NOT_ENTERED:
            issues.add(item["object_id"]["S"])
    intents = stand_in(deployed).account.objects["payment_intent"].values()
    paid = {
        intent["id"]: intent["amount_received"] * 10_000
        for intent in intents
        if intent["amount_received"] and OUTSIDE not in intent["metadata"]
    }
    credited = [
        (entry["intent_id"]["S"], int(entry["amount_micros"]["N"]) + taxes[entry["intent_id"]["S"]])
        for account_entries in entries.values()
        for entry in account_entries
        if entry["category"]["S"] == TOP_UP
    ]
    assert sorted(credited) == sorted((intent, amount) for intent, amount in paid.items() if intent not in issues)
    assert balances == {
        partition: sum(int(entry["amount_micros"]["N"]) for entry in entries[partition]) for partition in balances
    }


def whole_table(deployed: Stack) -> list[dict[str, Any]]:
    """Return every item of the table."""
    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=deployed.outputs["TableName"])
    return [item for page in pages for item in page["Items"]]
