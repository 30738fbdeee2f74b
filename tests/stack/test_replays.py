"""`make replay-calls` and the raw archive on the deployed application."""

import json
from datetime import UTC, datetime, timedelta

import boto3
import pytest

from local.stack import Stack
from tests.stack.call_probes import archived
from tests.stack.commands import LANDLINE, command
from tests.stack.conftest import eventually
from tests.stack.test_calls import items_of, make_call, open_account, posted_micros, send


@pytest.fixture(scope="module", autouse=True)
def described(deployed: Stack) -> None:
    """Publish stack.json, by which commands find the stack."""
    deployed.publish_description()


def test_a_lost_call_is_charged_again_from_the_archive(deployed: Stack) -> None:
    open_account(deployed, "acct_replayed")
    began, before = datetime.now(UTC), archived(deployed)
    call = make_call("acct_replayed", LANDLINE, 60, began - timedelta(hours=1))
    send(deployed, [json.dumps(call)])
    eventually(lambda: posted_micros(deployed, "acct_replayed") == -14_000)
    assert len(archived(deployed) - before) >= 1
    for key in before:  # A replay sends whole hours, with the refused calls of other tests.
        boto3.client("s3").delete_object(Bucket=deployed.outputs["ArchiveBucketName"], Key=key)
    client, table = boto3.client("dynamodb"), deployed.outputs["TableName"]
    charged = {
        item["SK"]["S"]: item for kind in ("ENTRY#", "DAY#") for item in items_of(deployed, "acct_replayed", kind)
    }
    for item in charged.values():
        client.delete_item(TableName=table, Key={"PK": item["PK"], "SK": item["SK"]})
    [balance] = items_of(deployed, "acct_replayed", "BALANCE")
    zero = {"posted_micros", "available_micros", "charged_micros"}
    earlier = balance | {name: {"N": "0"} for name in zero} | {"headroom_micros": {"N": str(10**15)}}
    client.put_item(TableName=table, Item=earlier)
    for _ in ("once", "again"):
        answer = command(deployed, "replay_calls", "--from", began.isoformat(timespec="seconds"), "--yes")
        assert answer.returncode == 0, answer.stdout + answer.stderr
        eventually(lambda: posted_micros(deployed, "acct_replayed") == -14_000)
    deployed.wait_until_rated()
    assert posted_micros(deployed, "acct_replayed") == -14_000
    after = {item["SK"]["S"] for kind in ("ENTRY#", "DAY#") for item in items_of(deployed, "acct_replayed", kind)}
    assert after == set(charged)
