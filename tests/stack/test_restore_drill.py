"""`make restore-drill` on the deployed application. The emulator copies the table in its current state, also for an
earlier moment, and leaves stream and expiry off, as AWS does.
"""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest

from local.stack import Stack
from tests.stack.callbacks import redeliver_all
from tests.stack.commands import LANDLINE, command
from tests.stack.conftest import eventually
from tests.stack.customers import open_customer
from tests.stack.test_calls import make_call, open_account, posted_micros, send


@pytest.fixture(scope="module", autouse=True)
def described(deployed: Stack) -> None:
    """Publish stack.json, by which commands find the stack, and make good what other tests have lost on purpose: the
    drill also proves their payments, once they are old enough.
    """
    deployed.publish_description()
    deployed.wait_until_callbacks_are_delivered()
    redeliver_all(deployed, "payment_intent.succeeded", "refund.created", "charge.dispute.created")


def copies(deployed: Stack) -> list[str]:
    """The tables that drills have left."""
    names = boto3.client("dynamodb").list_tables()["TableNames"]
    return [name for name in names if name.startswith(f"{deployed.outputs['TableName'][:220]}-drill-")]


def test_a_drill_proves_a_copy_and_deletes_it(deployed: Stack) -> None:
    open_account(deployed, "acct_drilled")
    send(deployed, [json.dumps(make_call("acct_drilled", LANDLINE, 60, datetime.now(UTC) - timedelta(hours=1)))])
    eventually(lambda: posted_micros(deployed, "acct_drilled") == -14_000)
    customer = open_customer(deployed)
    assert customer.pay(customer.save_card(), "25.00", "drilled").json()["status"] == "succeeded"
    at = datetime.now(UTC).isoformat(timespec="seconds")
    answer = command(deployed, "restore_drill", at, "--sample", "400", "--yes")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    assert "0  differences" in answer.stdout
    assert "is deleted." in answer.stdout
    assert copies(deployed) == []


def test_a_kept_copy_has_stream_expiry_recovery_and_protection(deployed: Stack) -> None:
    client, at = boto3.client("dynamodb"), datetime.now(UTC).isoformat(timespec="seconds")
    answer = command(deployed, "restore_drill", at, "--sample", "1", "--keep", "--yes")
    assert answer.returncode == 0, answer.stdout + answer.stderr
    [copy] = copies(deployed)
    try:
        table: Any = client.describe_table(TableName=copy)["Table"]
        assert table["StreamSpecification"] == {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        assert table["DeletionProtectionEnabled"] is True
        expiry = client.describe_time_to_live(TableName=copy)["TimeToLiveDescription"]
        assert (expiry["TimeToLiveStatus"], expiry.get("AttributeName")) == ("ENABLED", "expires_at")
        assert f"LedgerTableName={copy} LedgerStreamArn={table['LatestStreamArn']}" in answer.stdout
    finally:
        client.update_table(TableName=copy, DeletionProtectionEnabled=False)
        client.delete_table(TableName=copy)
