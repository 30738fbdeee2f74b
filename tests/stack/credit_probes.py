"""Parts of probes for credit that expires, budgets, and promotion codes."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import boto3

from calling_credit.accounts.budgets_of_line import read_budgets_of_line
from calling_credit.dynamodb import keys, spend_keys
from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.sweep_keys import sweep_pk
from calling_credit.instants import format_instant
from calling_credit.links.link import Link, raise_link
from local.stack import Stack
from tests.stack.credit_routes import PROMOTION
from tests.stack.customers import Customer
from tests.stack.damaged_probes import LONG_AGO
from tests.stack.deployment import invoke
from tests.stack.test_calls import items_of, open_account


def end_credit(deployed: Stack, tokens: dict[str, str]) -> None:
    """Take back granted credit whose time has come, give up other that is not available, and end the counting of a
    budget.
    """
    account_id, other_id = (f"acct_{uuid.uuid4().hex[:12]}" for _ in range(2))
    open_account(deployed, account_id, "5.00")
    grant(deployed, tokens, account_id, timedelta(hours=1))
    count_a_budget(deployed, account_id)
    open_account(deployed, other_id)
    grant(deployed, tokens, other_id, timedelta(days=8))
    adjust(deployed, tokens, other_id, {"amount": "-2.00"})
    assert invoke(deployed, "ExpireHoldsFunction", {})["failed"] == 0
    taken = [item for item in items_of(deployed, account_id, "ENTRY#") if item["kind"]["S"] == "credit_expired"]
    assert [item["amount_micros"]["N"] for item in taken] == ["-2000000"]
    [counter] = items_of(deployed, account_id, "SPENT#")
    assert "counting" not in counter
    [lot] = items_of(deployed, other_id, "LOT#")
    assert "ended_at" in lot, "it is given up"


def grant(deployed: Stack, tokens: dict[str, str], account_id: str, ago: timedelta) -> None:
    """Grant credit of 2.00 whose end is then moved to a time in the past."""
    tomorrow = format_instant(datetime.now(UTC) + timedelta(days=1))
    adjust(deployed, tokens, account_id, {"amount": "2.00", "kind": "granted", "expires_at": tomorrow})
    [lot] = items_of(deployed, account_id, "LOT#")
    ended = format_instant(datetime.now(UTC) - ago)
    change(deployed, lot, {"ends_at": ended, "sweep_sk": due_since(ended, lot)})


def adjust(deployed: Stack, tokens: dict[str, str], account_id: str, terms: dict[str, str]) -> None:
    """Adjust the balance of an account."""
    path, key = f"/accounts/{account_id}/adjustments", {"Idempotency-Key": uuid.uuid4().hex}
    deployed.api.send("POST", path, tokens["operator"], terms | {"reason": "Credit of a test"}, key)


def count_a_budget(deployed: Stack, account_id: str) -> None:
    """Store the counter of a budget whose earlier entries are due to be counted."""
    sort_key = spend_keys.line_sk(LONG_AGO[:7], "line_1")
    amounts = {"limit_micros": 1_000_000, "left_micros": 1_000_000}
    times = {"counts_from": LONG_AGO, "counting": spend_keys.before_all_entries()}
    sweep = {"sweep_pk": sweep_pk("spending", account_id), "sweep_sk": f"{LONG_AGO}#{account_id}#{sort_key}"}
    item = {"PK": keys.account_pk(account_id), "SK": sort_key, **amounts, **times, **sweep}
    boto3.client("dynamodb").put_item(TableName=deployed.outputs["TableName"], Item=to_attributes(item))


def due_since(moment: str, item: dict[str, Any]) -> str:
    """The place in the sweep index of an item that is due since a moment."""
    return f"{moment}#{item['sweep_sk']['S'].partition('#')[2]}"


def change(deployed: Stack, item: dict[str, Any], attributes: dict[str, Any]) -> None:
    """Set attributes of an item in the table."""
    boto3.client("dynamodb").put_item(TableName=deployed.outputs["TableName"], Item=item | to_attributes(attributes))


def asked_by_link(deployed: Stack, customer: Customer) -> Link:
    """Ask for more of a budget that is almost used; return the link of the request."""
    budget = "/lines/line_1/budget"
    deployed.api.send("PUT", budget, customer.token, {"monthly": "1.00"})
    counter = items_of(deployed, customer.account_id, "SPENT#")[0]
    change(deployed, counter, {"spent_micros": 900_000, "left_micros": 100_000})
    deployed.api.send("POST", f"{budget}/requests", customer.token, {"note": "A test"})
    client, table, now = boto3.client("dynamodb"), deployed.outputs["TableName"], datetime.now(UTC)
    request = read_budgets_of_line(client, table, customer.account_id, "line_1", now).request
    assert request is not None
    return raise_link(customer.account_id, request)


def raise_by_link(deployed: Stack, customer: Customer, address: str) -> None:
    """Follow the link, which raises the budget once."""
    assert deployed.api.request("POST", urlsplit(address).path).status_code == 200
    [line] = deployed.api.get("/lines", customer.token)["items"]
    assert (line["budget"]["monthly"], line["budget"]["limit"]) == ("1.00", "2.00"), line["budget"]


def redeem_and_list(deployed: Stack, tokens: dict[str, str], customer: Customer) -> None:
    """Redeem a promotion code, and list the codes in pages."""
    codes = [f"PROBE-{uuid.uuid4().hex[:12].upper()}" for _ in range(2)]
    for code in codes:
        deployed.api.send("POST", "/operator/promotions", tokens["operator"], PROMOTION | {"code": code})
    redeemed = deployed.api.send("POST", f"/promotions/{codes[0]}/redeem", customer.token, {})
    assert redeemed["amount"] == PROMOTION["amount"]
    last = deployed.api.get("/operator/promotions", tokens["operator"], limit=1)
    before = deployed.api.get("/operator/promotions", tokens["operator"], limit=1, cursor=last["next_cursor"])
    assert [item["code"] for item in last["items"] + before["items"]] == codes[::-1]
