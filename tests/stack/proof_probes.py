"""Probes of the functions that prove the ledger."""

import json
import uuid
from datetime import UTC, datetime, timedelta

import boto3

from calling_credit.audit.checkpoints import FULL_PROOF_DAYS
from calling_credit.audit.nightly_proof import Task
from calling_credit.audit.proof import Payment
from calling_credit.audit.proof_messages import message_bodies
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.lease_keys import position_key
from calling_credit.payments.issues import read_issues
from local.stack import Stack
from tests.harness.template import ROOT
from tests.stack.conftest import eventually
from tests.stack.customers import open_customer
from tests.stack.damaged_probes import damaged
from tests.stack.deployment import invoke
from tests.stack.payment_probes import OUTSIDE, forget_payment, make_older, make_payment


def prove(deployed: Stack, tokens: dict[str, str]) -> None:
    """Prove an account that paid, and list a payment made outside the application in its name."""
    customer = open_customer(deployed)
    assert customer.pay(customer.save_card(), "25.00", "proven").json()["status"] == "succeeded"
    [paid] = customer.intents()
    metadata = {"account_id": customer.account_id, "topup_id": f"tu_{uuid.uuid4().hex}", OUTSIDE: "yes"}
    outside = make_payment(deployed, customer, metadata, str(paid.payment_method))
    make_older(deployed, paid.id, outside)
    dynamodb, table = boto3.client("dynamodb"), deployed.outputs["TableName"]
    dynamodb.delete_item(TableName=table, Key=position_key("proof"))

    def listed() -> list[tuple[str, str]]:
        issues = [issue for issue in read_issues(dynamodb, table) if issue["account_id"] == customer.account_id]
        return [(issue["code"], issue["object_id"]) for issue in issues]

    try:
        assert invoke(deployed, "ProveLedgerFunction", {})["done"] == 1
        eventually(lambda: listed() == [("payment_without_entry", outside)])
    finally:
        forget_payment(deployed, outside)


def prove_one(deployed: Stack, tokens: dict[str, str]) -> None:
    """Prove an account that paid in each way, list a difference and an unreadable item of it."""
    customer = open_customer(deployed)
    assert customer.pay(customer.save_card(), "25.00", "proven").json()["status"] == "succeeded"
    nights = [datetime.now(UTC).date() + timedelta(days=number) for number in range(FULL_PROOF_DAYS)]
    assert {Task(customer.account_id, night).is_full for night in nights} == {True, False}
    assert send_tasks(deployed, *(Task(customer.account_id, night) for night in nights)) == []
    dynamodb, table = boto3.client("dynamodb"), deployed.outputs["TableName"]
    values = {":pk": {"S": f"ACCOUNT#{customer.account_id}"}, ":proof": {"S": "PROOF#"}}
    condition = "PK = :pk AND begins_with(SK, :proof)"
    stored = dynamodb.query(TableName=table, KeyConditionExpression=condition, ExpressionAttributeValues=values)
    assert stored["Count"] == 1, "the role stores checkpoints"
    outside = Payment("pi_outside", "tu_outside", customer.account_id, 1, datetime(2026, 1, 1, tzinfo=UTC))
    assert send_tasks(deployed, Task(customer.account_id, nights[0], (outside,))) == [], "the difference is listed"
    with damaged(deployed, customer.account_id, keys.topup_sk("tu_damaged")):
        assert len(send_tasks(deployed, Task(customer.account_id, nights[0]))) == 1


def send_tasks(deployed: Stack, *tasks: Task) -> list[str]:
    """Deliver tasks to prove_accounts; return the failed messages."""
    [record] = json.loads((ROOT / "events" / "prove_accounts.json").read_text(encoding="utf-8"))["Records"]
    records = [record | {"messageId": str(number), "body": body} for number, body in enumerate(message_bodies(tasks))]
    answer = invoke(deployed, "ProveAccountsFunction", {"Records": records})
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]
