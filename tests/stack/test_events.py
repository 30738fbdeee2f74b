"""What a system beside the application hears: a rule of its own on the deployed bus, a queue behind it, and the real
stream with its filters in front.
"""

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import boto3
import jsonschema
import pytest

from local.stack import Stack
from local.stripe_stand_in.controls import Controls
from ops.event_schemas import FOLDER
from tests.stack.conftest import eventually
from tests.stack.customers import open_customer, stand_in
from tests.stack.deployment import EVENTS_MAPPING, Records, invoke, physical_id


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Someone with a queue who keeps all that is said of an account."""

    queue_url: str

    def hear(self, account_id: str, name: str) -> dict[str, Any]:
        """The first event of this type of the account, in its published form; others are dropped meanwhile."""
        event: dict[str, Any] = eventually(lambda: self._next(account_id, name))
        jsonschema.validate(event, json.loads((FOLDER / f"{name}.schema.json").read_text(encoding="utf-8")))
        return event

    def _next(self, account_id: str, name: str) -> dict[str, Any] | None:
        sqs = boto3.client("sqs")
        for message in sqs.receive_message(QueueUrl=self.queue_url, MaxNumberOfMessages=10).get("Messages", []):
            sqs.delete_message(QueueUrl=self.queue_url, ReceiptHandle=message["ReceiptHandle"])
            told = json.loads(message["Body"])
            assert told["source"] == "calling-credit"
            detail: dict[str, Any] = told["detail"]
            if (detail["account_id"], told["detail-type"], detail["type"]) == (account_id, name, name):
                return detail
        return None


@pytest.fixture
def subscriber(deployed: Stack) -> Iterator[Subscriber]:
    """A subscriber to everything on the bus, gone afterwards."""
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
    paid = customer.pay(customer.save_card(), "25.00", "heard").json()
    event = subscriber.hear(customer.account_id, "TopUpSucceeded")
    assert event["data"] == {
        "topup_id": paid["id"],
        "amount": "25.00",
        "payment_method": {"brand": "visa", "last4": "4242"},
    }
    again = {"Records": records.of_payment(customer.account_id, paid["id"])}
    assert invoke(deployed, "PublishEventsFunction", again) == {"batchItemFailures": []}
    assert subscriber.hear(customer.account_id, "TopUpSucceeded") == event


def test_subscriber_receives_balance_low_at_the_accounts_level(
    deployed: Stack, tokens: dict[str, str], subscriber: Subscriber
) -> None:
    customer = open_customer(deployed, "30.00")
    path = f"/accounts/{customer.account_id}"
    assert deployed.api.send("PUT", path, tokens["service"], {"low_balance": "20.00"})["low_balance"] == "20.00"
    customer.talk()
    event = subscriber.hear(customer.account_id, "BalanceLow")
    assert event["data"] == {"balance": "9.84", "low_balance": "20.00"}


def test_subscriber_receives_call_denied_and_account_frozen(
    deployed: Stack, tokens: dict[str, str], subscriber: Subscriber
) -> None:
    customer = open_customer(deployed, "30.00")
    path, service = f"/accounts/{customer.account_id}", tokens["service"]
    line = {"number": "+13125550100", "user_id": "user_1", "international_calling": True}
    deployed.api.send("PUT", f"{path}/lines/line_1", service, line)
    deployed.api.send("PUT", path, service, {"limits": {"blocked": ["GB"]}})
    asked = {"call_id": "c_1", "account_id": customer.account_id, "line_id": "line_1", "to": "+442071838750"}
    assert deployed.api.send("POST", "/calls/authorize", service, asked)["reason"] == "destination_blocked"
    heard = subscriber.hear(customer.account_id, "CallDenied")["data"]
    assert (heard["reason"], heard["to"], heard["call_id"]) == ("destination_blocked", "GB…50", "c_1")
    deployed.api.send("PUT", path, service, {"frozen": True})
    assert subscriber.hear(customer.account_id, "AccountFrozen")["data"]["by"].startswith("operator:")


def test_publisher_filters_are_deployed_unchanged(deployed: Stack) -> None:
    mapping = boto3.client("lambda").get_event_source_mapping(UUID=physical_id(deployed, EVENTS_MAPPING))
    patterns = [json.loads(found["Pattern"])["dynamodb"]["NewImage"] for found in mapping["FilterCriteria"]["Filters"]]
    assert len(patterns) == 5
    assert {"SK": {"S": ["BALANCE"]}, "low_micros": {"N": [{"exists": True}]}} in patterns


def test_suspension_mail_contains_the_confirmation_link(deployed: Stack) -> None:
    customer = open_customer(deployed)
    email = f"{uuid.uuid4().hex}@customer.example"
    account = f"/accounts/{customer.account_id}"
    deployed.api.send("PUT", account, deployed.service_token(), {"billing_emails": [email], "low_balance": "5.00"})
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
