"""Parts of probes that damage one item, which the function then lists."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import boto3

from calling_credit.accounts.bounces import address_hash
from calling_credit.dynamodb import desk_keys, keys
from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.sweep_keys import sweep_pk
from calling_credit.dynamodb.unreadable_store import read_unreadable
from local.stack import Stack
from tests.harness.template import ROOT
from tests.stack.deployment import invoke
from tests.stack.test_calls import open_account

LONG_AGO = "2026-01-01T00:00:00.000Z"


@contextmanager
def damaged(deployed: Stack, account_id: str, sort_key: str, **sweep: str) -> Iterator[None]:
    """Store an item without its attributes, and check that it is listed afterwards; remove both."""
    client, table = boto3.client("dynamodb"), deployed.outputs["TableName"]
    key = {"PK": keys.account_pk(account_id), "SK": sort_key}
    client.put_item(TableName=table, Item=to_attributes(key | sweep))
    listed: list[dict[str, Any]] = []
    try:
        yield
        listed = [one for one in read_unreadable(client, table) if one["SK"].startswith(f"{key['PK']}|")]
        assert listed, "the unreadable item is listed"
    finally:
        for one in ({"PK": keys.account_pk(account_id), "SK": sort_key}, *listed):
            client.delete_item(TableName=table, Key=to_attributes({"PK": one["PK"], "SK": one["SK"]}))


@contextmanager
def damaged_and_due(deployed: Stack, kind: str, sort_key: str) -> Iterator[None]:
    """The same with an item of a new account that a sweep finds."""
    account_id = f"acct_{uuid4().hex[:12]}"
    cause = sort_key.rpartition("#")[2]
    sweep = {"sweep_pk": sweep_pk(kind, account_id), "sweep_sk": f"{LONG_AGO}#{account_id}#{cause}"}
    with damaged(deployed, account_id, sort_key, **sweep):
        yield


def expire_a_damaged_hold(deployed: Stack) -> None:
    """Find an overdue hold that cannot be read."""
    with damaged_and_due(deployed, "hold", keys.hold_sk("c_damaged")):
        invoke(deployed, "ExpireHoldsFunction", {})


def settle_a_damaged_payment(deployed: Stack) -> None:
    """Find an open payment that cannot be read."""
    with damaged_and_due(deployed, "topup", keys.topup_sk("tu_damaged")):
        invoke(deployed, "ReconcilePaymentsFunction", {})


def rate_a_damaged_call(deployed: Stack) -> None:
    """Find a waiting call that cannot be read."""
    with damaged_and_due(deployed, "unrated", keys.unrated_sk(LONG_AGO, "c_damaged")):
        invoke(deployed, "RerateCallsFunction", {"version": "0", "source": "aws.scheduler"})


def recharge_a_damaged_account(deployed: Stack) -> None:
    """Check a rule that cannot be read."""
    account_id = f"acct_{uuid4().hex[:12]}"
    open_account(deployed, account_id)
    key = to_attributes({"PK": keys.account_pk(account_id), "SK": keys.balance_sk()})
    with damaged(deployed, account_id, keys.auto_recharge_sk()):
        event = {"Records": [{"dynamodb": {"Keys": key, "SequenceNumber": "1"}}]}
        assert invoke(deployed, "AutoRechargeFunction", event) == {"batchItemFailures": []}


def announce_a_damaged_entry(deployed: Stack) -> None:
    """Take a record of an entry that cannot be read."""
    account_id, sort_key = f"acct_{uuid4().hex[:12]}", keys.entry_sk(LONG_AGO, "c_damaged")
    image = to_attributes({"PK": keys.account_pk(account_id), "SK": sort_key})
    change = {"SequenceNumber": "1", "Keys": image, "NewImage": image, "ApproximateCreationDateTime": 1.0}
    with damaged(deployed, account_id, sort_key):
        event = {"Records": [{"eventID": "1", "eventName": "INSERT", "dynamodb": change}]}
        assert invoke(deployed, "PublishEventsFunction", event) == {"batchItemFailures": []}


@contextmanager
def damaged_report(deployed: Stack, account_id: str, email: str) -> Iterator[None]:
    """The same with the item of an address that mails came back from."""
    with damaged(deployed, account_id, desk_keys.bounced_sk(address_hash(email))):
        yield


def mail_event(account_id: str, reason: str) -> dict[str, Any]:
    """Return an event that is mailed to the account's billing addresses."""
    data = {"reason": reason, "message": "", "payment_method": {"brand": "visa", "last4": "3220"}}
    sample: dict[str, Any] = json.loads((ROOT / "events" / "send_mail.json").read_text(encoding="utf-8"))
    detail = {"id": f"evt_{uuid4().hex}", "account_id": account_id, "type": "AutoRechargeSuspended"}
    return sample | {"detail": detail | {"data": data}}
