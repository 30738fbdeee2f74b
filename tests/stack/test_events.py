"""The events that another system receives: its own rule on the deployed bus, a queue behind it, and the real stream
with its filters.
"""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import boto3
import jsonschema
import pytest

from calling_credit.instants import format_instant
from local.stack import Stack
from local.stripe_stand_in.controls import Controls
from ops.event_schemas import FOLDER
from tests.stack.conftest import eventually
from tests.stack.customers import open_customer, stand_in
from tests.stack.deployment import EVENTS_MAPPING, Records, invoke, physical_id
from tests.stack.test_calls import number_of


@dataclass(frozen=True, slots=True)
class Subscriber:
    """A queue that receives every event."""

    queue_url: str

    def receive(self, account_id: str, name: str) -> dict[str, Any]:
        """Return the account's first event of this type, checked against its schema; drop all others."""
        event: dict[str, Any] = eventually(lambda: self._next(account_id, name))
        jsonschema.validate(event, json.loads((FOLDER / f"{name}.schema.json").read_text(encoding="utf-8")))
        return event

    def _next(self, account_id: str, name: str) -> dict[str, Any] | None:
        sqs = boto3.client("sqs")
        for message in sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get("Messages", []):
            sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
            envelope = json.loads(message["Body"])
            assert envelope["source"] == "calling-credit"
            detail: dict[str, Any] = envelope["detail"]
            if (detail["account_id"], envelope["detail-type"], detail["type"]) == (account_id, name, name):
                return detail
        return None


@pytest.fixture
def subscriber(deployed: Stack) -> Iterator[Subscriber]:
    """A subscriber to all events on the bus, removed afterwards."""
    sqs, events = boto3.client("sqs"), boto3.client("events")
    name, bus = f"subscriber-{uuid.uuid4().hex[:8]}", deployed.outputs["EventBusName"]
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    events.put_rule(Name=name, EventBusName=bus, EventPattern=json.dumps({"source": ["calling-credit"]}))
    events.put_targets(Rule=name, EventBusName=bus, Targets=[{"Id": "queue", "Arn": arn}])
    try:
        yield Subscriber(url)
    finally:
        events.remove_targets(Rule=name, EventBusName=bus, Ids=["queue"])
        events.delete_rule(Name=name, EventBusName=bus)
        sqs.delete_queue(QueueUrl=url)


def test_subscriber_receives_a_payment_again_under_the_same_id(deployed: Stack, subscriber: Subscriber) -> None:
    customer, records = open_customer(deployed), Records(deployed)
    payment = customer.pay(customer.save_card(), "25.00", "published").json()
    event = subscriber.receive(customer.account_id, "TopUpSucceeded")
    assert event["data"] == {
        "topup_id": payment["id"],
        "amount": "25.00",
        "tax": "0.00",
        "total": "25.00",
        "payment_method": {"brand": "visa", "last4": "4242"},
        "backup": False,
    }
    again = {"Records": records.of_payment(customer.account_id, payment["id"])}
    assert invoke(deployed, "PublishEventsFunction", again) == {"batchItemFailures": []}
    assert subscriber.receive(customer.account_id, "TopUpSucceeded") == event


def test_subscriber_receives_balance_low_at_the_accounts_level(
    deployed: Stack, tokens: dict[str, str], subscriber: Subscriber
) -> None:
    customer = open_customer(deployed, "30.00")
    path = f"/accounts/{customer.account_id}"
    assert deployed.api.send("PUT", path, tokens["operator"], {"low_balance": "20.00"})["low_balance"] == "20.00"
    customer.make_long_call()
    event = subscriber.receive(customer.account_id, "BalanceLow")
    assert event["data"] == {"balance": "9.75", "low_balance": "20.00"}


def test_subscriber_receives_call_denied_and_account_frozen(
    deployed: Stack, tokens: dict[str, str], subscriber: Subscriber
) -> None:
    customer = open_customer(deployed, "30.00")
    path, operator = f"/accounts/{customer.account_id}", tokens["operator"]
    line = {"number": number_of(customer.account_id), "user_id": "user_1", "international_calling": True}
    deployed.api.send("PUT", f"{path}/lines/line_1", operator, line)
    deployed.api.send("PUT", path, operator, {"limits": {"blocked": ["GB"]}})
    request = {"call_id": "c_1", "account_id": customer.account_id, "line_id": "line_1", "to": "+442071838750"}
    assert deployed.api.send("POST", "/calls/authorize", tokens["switch"], request)["reason"] == "destination_blocked"
    denial = subscriber.receive(customer.account_id, "CallDenied")["data"]
    assert (denial["reason"], denial["to"], denial["call_id"]) == ("destination_blocked", "GB…50", "c_1")
    deployed.api.send("PUT", path, operator, {"frozen": True})
    assert subscriber.receive(customer.account_id, "AccountFrozen")["data"]["by"].startswith("client:")


def test_mails_of_both_queues_arrive(deployed: Stack) -> None:
    account_id, email = f"acct_{uuid.uuid4().hex[:12]}", f"{uuid.uuid4().hex}@customer.example"
    settings = {"time_zone": "UTC", "billing_emails": [email]}
    deployed.api.send("PUT", f"/accounts/{account_id}", deployed.operator_token(), settings)
    samples = {
        "BalanceLow": {"balance": "4.00", "low_balance": "5.00"},
        "LimitsLoosened": {"change_id": "c_1", "by": "user:u_1", "set_by": "customer", "limits": ["daily_spend"]},
    }
    at = format_instant(datetime.now(UTC))
    for kind, data in samples.items():
        detail = {"id": f"evt_{uuid.uuid4().hex}", "version": "1", "account_id": account_id, "type": kind, "data": data}
        entry = {"Source": "calling-credit", "DetailType": kind, "Detail": json.dumps(detail | {"occurred_at": at})}
        entry["EventBusName"] = deployed.outputs["EventBusName"]
        assert boto3.client("events").put_events(Entries=[entry])["FailedEntryCount"] == 0
    mails = eventually(lambda: len(deployed.mailbox.mails_to(email)) == 2 and deployed.mailbox.mails_to(email))
    assert sum("/links/" in mail.get_content() for mail in mails) == 1, "the urgent one"


def test_publisher_filters_are_deployed_unchanged(deployed: Stack) -> None:
    mapping = boto3.client("lambda").get_event_source_mapping(UUID=physical_id(deployed, EVENTS_MAPPING))
    patterns = [json.loads(entry["Pattern"])["dynamodb"]["NewImage"] for entry in mapping["FilterCriteria"]["Filters"]]
    assert len(patterns) == 5
    assert {"SK": {"S": ["BALANCE"]}, "low_micros": {"N": [{"exists": True}]}} in patterns


def test_suspension_mail_contains_the_confirmation_link(deployed: Stack) -> None:
    customer = open_customer(deployed)
    email = f"{uuid.uuid4().hex}@customer.example"
    account = f"/accounts/{customer.account_id}"
    deployed.api.send("PUT", account, deployed.operator_token(), {"billing_emails": [email], "low_balance": "5.00"})
    customer.set_rule(customer.save_card("pm_card_authenticationRequired"), threshold="100.00")
    [mail] = eventually(lambda: deployed.mailbox.mails_to(email), seconds=60)
    assert mail["Subject"] == "Confirm your automatic recharge"
    [link] = [line for line in mail.get_content().splitlines() if "/links/" in line]
    assert link == customer.payments()[0]["next_action_url"]
    assert deployed.api.request("POST", urlsplit(link).path).status_code == 303
    [intent] = customer.intents()
    Controls(stand_in(deployed)).answer_challenge(intent.id)
    eventually(lambda: customer.statuses() == ["succeeded"], seconds=60)
    subjects = eventually(lambda: len(deployed.mailbox.mails_to(email)) == 2 and deployed.mailbox.mails_to(email))
    assert subjects[1]["Subject"].startswith("Automatic recharge: $")
