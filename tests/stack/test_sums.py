"""Invariants of the whole table after all other tests of this stack, including failed payments."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import boto3
import pytest

from calling_credit.audit.proof import DifferenceCode
from calling_credit.categories import TOP_UP
from local.stack import Stack
from tests.stack.customers import expire_leases, stand_in
from tests.stack.deployment import invoke, pause_streams
from tests.stack.payment_probes import OUTSIDE

MAX_ROUNDS = 6
"""The most rounds of the sweeper that a busy machine may need: each has a minute, and Stripe 8 s for each answer."""


@dataclass
class Books:
    """What Stripe took, by intent and in micro-dollars, and what the table says about it."""

    paid: dict[str, int]
    topup_ids: dict[str, str]
    credited: list[tuple[str, int]] = field(default_factory=list)
    topups: dict[str, dict[str, Any]] = field(default_factory=dict)
    issues: set[str] = field(default_factory=set)
    balances: dict[str, int] = field(default_factory=dict)
    sums: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def expected(self) -> list[tuple[str, int]]:
        """The payments that the ledger must have, and their amounts."""
        return sorted((intent, amount) for intent, amount in self.paid.items() if intent not in self.issues)

    def left(self) -> list[str]:
        """The payments that are not entered."""
        return sorted(dict(self.expected).keys() - dict(self.credited).keys())

    def later(self) -> list[str]:
        """The payments that are entered, but that Stripe had not taken when it was read."""
        return sorted(dict(self.credited).keys() - self.paid.keys())

    def is_waiting(self, intent: str) -> bool:
        """Whether the sweep index lists a payment, so that a later round finds it. No round finds another one."""
        return "sweep_pk" in self.topups.get(self.topup_ids[intent], {})

    def describe(self, intent: str) -> str:
        """What the table says about a payment."""
        item = self.topups.get(self.topup_ids[intent], {})
        names = ("PK", "SK", "status", "created_at", "updated_at", "lease_until", "sweep_sk", "failure_code")
        facts = [f"{name} {item[name]['S']}" for name in names if name in item]
        return f"{intent}: {', '.join(facts) or 'no top-up'}"


@pytest.mark.usefixtures("faults")
def test_table_matches_stripe_and_balances_are_sums_of_entries(
    deployed: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    with pause_streams(deployed):  # Otherwise, what the probes left unpaid is charged between two reads.
        books, rounds = settle(deployed)
    with capsys.disabled():
        print("".join(f"\n  {text}" for text in rounds))
    assert sorted(books.credited) == books.expected, [books.describe(intent) for intent in books.left()]
    assert books.balances == {partition: books.sums[partition] for partition in books.balances}


def settle(deployed: Stack) -> tuple[Books, list[str]]:
    """Run a round of the sweeper with every lease expired. Run another one only if a recharge that had begun before was
    still being charged, or while the sweep index lists a payment that Stripe took and the ledger lacks: the round ended
    too early for it, or Stripe answered too late. Return the books, and why there were more rounds.
    """
    reasons: list[str] = []
    number = 0
    while True:
        number += 1
        for item in whole_table(deployed):
            if item["SK"]["S"].startswith("TOPUP#") and "sweep_sk" in item:
                expire_leases(deployed, item["PK"]["S"].removeprefix("ACCOUNT#"))
        counts = invoke(deployed, "ReconcilePaymentsFunction", {})
        assert counts["failed"] == 0
        books = read_books(deployed)
        left, later = books.left(), books.later()
        if number == MAX_ROUNDS or not (left or later) or not all(map(books.is_waiting, left)):
            return books, reasons
        reasons += [f"round {number} of {counts['payments']} left {books.describe(intent)}" for intent in left]
        reasons += [f"{intent} was paid during round {number}" for intent in later]


def read_books(deployed: Stack) -> Books:
    """Read what Stripe took, then the table."""
    intents = [one for one in list(stand_in(deployed).account.objects["payment_intent"].values()) if is_ours(one)]
    books = Books(
        {intent["id"]: intent["amount_received"] * 10_000 for intent in intents},
        {intent["id"]: intent["metadata"].get("topup_id", "") for intent in intents},
    )
    items, taxes = whole_table(deployed), {}
    for item in items:
        if item["SK"]["S"].startswith("TOPUP#"):
            books.topups[item["SK"]["S"].removeprefix("TOPUP#")] = item
            if "intent_id" in item:
                taxes[item["intent_id"]["S"]] = int(item.get("tax_micros", {"N": "0"})["N"])
        elif item["SK"]["S"] == "BALANCE":
            books.balances[item["PK"]["S"]] = int(item["posted_micros"]["N"])
        elif item["SK"]["S"] == "ISSUE" and item["code"]["S"] != DifferenceCode.NOT_ENTERED:
            books.issues.add(item["object_id"]["S"])
    for item in items:
        if item["SK"]["S"].startswith("ENTRY#"):
            amount = int(item["amount_micros"]["N"])
            books.sums[item["PK"]["S"]] += amount
            if item["category"]["S"] == TOP_UP:
                intent = item["intent_id"]["S"]
                books.credited.append((intent, amount + taxes[intent]))
    return books


def is_ours(intent: dict[str, Any]) -> bool:
    """Whether Stripe took money that the application asked for."""
    return bool(intent["amount_received"]) and OUTSIDE not in intent["metadata"]


def whole_table(deployed: Stack) -> list[dict[str, Any]]:
    """Return every item of the table."""
    pages = boto3.client("dynamodb").get_paginator("scan").paginate(TableName=deployed.outputs["TableName"])
    return [item for page in pages for item in page["Items"]]
