"""Calls across two releases: the release before holds and posts, this one continues its calls, and after a rollback the
release before continues those of this one.
"""

import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3

from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.schema import SCHEMA
from calling_credit.instants import format_instant
from local.seed import ADMIN, PASSWORD, Person, create_sign_in

if TYPE_CHECKING:
    from tests.stack.upgrade import Upgrade

ACCOUNT, EMAIL, NUMBER = "acct_mixed", "grace@mixed.example", "+14155550177"
PATH = f"/accounts/{ACCOUNT}"
PATIENCE_SECONDS = 90.0


class MixedReleases:
    """One account whose calls two releases hold and charge."""

    def __init__(self, upgrade: "Upgrade") -> None:
        self.upgrade = upgrade
        self._ended: dict[str, datetime] = {}

    def begin(self, token: str, rates: Path) -> None:
        """The release before publishes a deck, holds credit for a call, and posts another one."""
        api, outputs = self.upgrade.api, self.upgrade.outputs
        api.send("PUT", PATH, token, {"time_zone": "UTC"})
        api.send("PUT", f"{PATH}/users/user_1", token, {"name": "Grace"})
        line = {"number": NUMBER, "user_id": "user_1", "international_calling": True}
        api.send("PUT", f"{PATH}/lines/line_1", token, line)
        credit = {"amount": "50.00", "reason": "Opening credit"}
        api.send("POST", f"{PATH}/adjustments", token, credit, {"Idempotency-Key": "mixed"})
        create_sign_in(outputs["UserPoolId"], ACCOUNT, Person("user_1", "Grace", EMAIL, ADMIN))
        boto3.client("s3").put_object(
            Bucket=outputs["DeckBucketName"], Key="incoming/rates.csv", Body=rates.read_bytes()
        )
        self.wait_for(lambda: self.authorize(token, "begun").get("decision") == "allow", "a hold by the old release")
        self.post("begun_and_ended")
        self.wait_for(lambda: self.is_charged("begun_and_ended"), "a charge by the old release")
        assert "schema" not in self.item("HOLD#begun")
        self.check_sums()

    def carry_on(self) -> None:
        """This release extends the hold of the release before and charges its call; then it begins its own calls."""
        token = self.upgrade.api.service_token(*self.upgrade.client("SwitchClientId"))
        before = self.item("HOLD#begun")["amount_micros"]
        answer = self.authorize(token, "begun", seconds=1_200)
        assert answer["decision"] == "allow", answer
        assert self.item("HOLD#begun")["amount_micros"] > before
        self.post("begun")
        self.set_terms()
        for call_id in ("carried_on", "left"):
            assert self.authorize(token, call_id)["decision"] == "allow"
        self.post("carried_on")
        for call_id in ("begun", "carried_on"):
            self.wait_for(lambda name=call_id: self.is_charged(name), f"a charge of {call_id}")  # type: ignore[misc]
            assert self.item(f"HOLD#{call_id}")["status"] == "released"
        assert self.item("HOLD#left")["schema"] == SCHEMA
        assert (self.item("HOLD#left")["counted"], self.item("BALANCE")["lots"]) == ("L", 1)
        self.check_sums()

    def set_terms(self) -> None:
        """This release gives the line a budget, and the account credit that expires, unlike the release before."""
        api, token = self.upgrade.api, self.upgrade.api.service_token(*self.upgrade.client("OperatorClientId"))
        api.send("PUT", "/lines/line_1/budget", self._id_token(), {"monthly": "30.00"})
        expires_at = format_instant(datetime.now(UTC) + timedelta(days=30))
        credit = {"amount": "3.00", "reason": "A gift", "kind": "granted", "expires_at": expires_at}
        api.send("POST", f"{PATH}/adjustments", token, credit, {"Idempotency-Key": "gift"})

    def roll_back(self) -> None:
        """The release before is deployed again. It charges the call that this release holds, and no call twice."""
        token = self.upgrade.api.service_token(*self.upgrade.client("ServiceClientId"))
        self.post("left")
        self.wait_for(lambda: self.is_charged("left"), "a charge of the new release's hold")
        assert self.item("HOLD#left")["status"] == "released"
        for call_id in ("begun", "begun_and_ended", "carried_on"):
            self.post(call_id)
        answer = self.authorize(token, "after")
        assert answer["decision"] == "allow", answer
        self.post("after")
        self.wait_for(lambda: self.is_charged("after"), "a charge after the rollback")
        charged = [item["SK"].rsplit("#", 1)[1] for item in self.items() if item.get("kind") == "call_charged"]
        assert sorted(charged) == ["after", "begun", "begun_and_ended", "carried_on", "left"]
        self.check_sums()
        shown = self.upgrade.api.get("/balance", self._id_token())
        assert (shown["held"], shown["available"]) == ("0.00", shown["balance"])

    def authorize(self, token: str, call_id: str, seconds: int = 600) -> dict[str, Any]:
        """The answer about a call to London."""
        call = {"account_id": ACCOUNT, "line_id": "line_1", "to": "+442071838750", "requested_seconds": seconds}
        answer = self.upgrade.api.request("POST", "/calls/authorize", token, json=call | {"call_id": call_id})
        answered: dict[str, Any] = answer.json()
        return answered

    def post(self, call_id: str) -> None:
        """Queue the event of a call of one minute; a call has the same facts each time."""
        ended = self._ended.setdefault(call_id, datetime.now(UTC) - timedelta(seconds=5))
        started = format_instant(ended - timedelta(seconds=60))
        event = {
            "version": "1",
            "call_id": call_id,
            "account_id": ACCOUNT,
            "line_id": "line_1",
            "user_id": "user_1",
            "direction": "outbound",
            "from": NUMBER,
            "to": "+442071838750",
            "started_at": started,
            "answered_at": started,
            "ended_at": format_instant(ended),
            "duration_seconds": 60,
            "disposition": "answered",
        }
        queue = self.upgrade.outputs["CallQueueUrl"]
        boto3.client("sqs").send_message(QueueUrl=queue, MessageBody=json.dumps(event))

    def items(self) -> list[dict[str, Any]]:
        """The items of the account."""
        found = boto3.client("dynamodb").query(
            TableName=self.upgrade.outputs["TableName"],
            ConsistentRead=True,
            KeyConditionExpression="PK = :pk",
            ExpressionAttributeValues={":pk": {"S": f"ACCOUNT#{ACCOUNT}"}},
        )
        return [from_attributes(item) for item in found["Items"]]

    def item(self, sort_key: str) -> dict[str, Any]:
        """One item of the account."""
        [found] = [item for item in self.items() if item["SK"] == sort_key]
        return found

    def is_charged(self, call_id: str) -> bool:
        """Whether the call has an entry."""
        return any(item["SK"].startswith("ENTRY#") and item["SK"].endswith(f"#{call_id}") for item in self.items())

    def check_sums(self) -> None:
        """The laws of money: posted is the sum of the entries, held that of the live holds."""
        items = self.items()
        balance = self.item("BALANCE")
        entries = sum(item["amount_micros"] for item in items if item["SK"].startswith("ENTRY#"))
        held = sum(item["amount_micros"] for item in items if item.get("status") == "live")
        assert (balance["posted_micros"], balance["held_micros"]) == (entries, held)
        assert balance["available_micros"] == entries - held

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until a condition holds."""
        until = time.monotonic() + PATIENCE_SECONDS
        while not condition():
            assert time.monotonic() < until, f"no {what}"
            time.sleep(0.5)

    def _id_token(self) -> str:
        answer = boto3.client("cognito-idp").initiate_auth(
            ClientId=self.upgrade.outputs["UserPoolClientId"],
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": EMAIL, "PASSWORD": PASSWORD},
        )
        return str(answer["AuthenticationResult"]["IdToken"])
