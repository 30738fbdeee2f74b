"""A probe of the function that moves credit."""

import uuid
from typing import Any

from local.stack import Stack
from tests.stack.credit_probes import redeem_and_list
from tests.stack.customers import open_customer
from tests.stack.move_routes import REASON
from tests.stack.test_calls import open_account


def move_credit(deployed: Stack, tokens: dict[str, str]) -> None:
    """Refund a payment, transfer credit, list the requests that wait, and redeem a promotion code."""
    customer, other = open_customer(deployed), f"acct_{uuid.uuid4().hex[:12]}"
    open_account(deployed, other, "1.00")
    paid = customer.pay(customer.save_card(), "25.00", "moved")
    assert paid.status_code == 201, paid.text
    path = f"/operator/accounts/{customer.account_id}/top-ups/{paid.json()['id']}/refunds"
    assert send(deployed, tokens, path, REASON | {"amount": "1.00"})["status"] == "refunded"
    accounts = {"from_account_id": customer.account_id, "to_account_id": other, "amount": "1.00"}
    assert send(deployed, tokens, "/operator/transfers", REASON | accounts)["to_balance"] == "2.00"
    assert deployed.api.get("/operator/approvals", tokens["operator"])["items"] is not None
    redeem_and_list(deployed, tokens, customer)


def send(deployed: Stack, tokens: dict[str, str], path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Move credit for the back office."""
    return deployed.api.send("POST", path, tokens["operator"], body, {"Idempotency-Key": uuid.uuid4().hex})
