"""A running local stack: emulator, stand-in for Stripe, deployed application, and mailbox. It can sign in, wait, and
stop; local.start creates it for local.run and the stack tests.
"""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import boto3
import stripe as stripe_module

from calling_credit.dynamodb import keys
from local.clients import BUSY_ADVICE, TIMEOUT_SECONDS
from local.emulator import Emulator
from local.errors import StackError
from local.http_api import HttpApi
from local.mailbox import Mailbox
from local.settings import REGION, STRIPE_URL, Settings
from local.stripe_stand_in.server import Server
from local.stripe_stand_in.stand_in import DEFAULT_API_KEY

POLL_SECONDS: Final = 0.2

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Stack:
    """A running stack: its addresses, sign-ins, and processes. `outputs` are those of the template."""

    settings: Settings
    outputs: dict[str, str]
    switch_client: dict[str, str]
    operator_client: dict[str, str]
    connector_key: dict[str, str]
    users: list[dict[str, Any]]
    api: HttpApi
    emulator: Emulator
    stripe: Server | None
    mailbox: Mailbox

    def stop(self) -> None:
        """End the emulator, every worker and the stand-in; safe to call twice."""
        self.settings.description_file.unlink(missing_ok=True)
        self.api.close()
        if self.stripe is not None:
            self.stripe.stop()
        self.emulator.stop()
        self.mailbox.stop()

    @property
    def stripe_url(self) -> str:
        """The address of Stripe, or of its stand-in."""
        return STRIPE_URL if self.stripe is None else self.stripe.url

    def stripe_sdk(self) -> stripe_module.StripeClient:
        """Return Stripe's SDK, to read what the application stored there and to save cards."""
        mode = self.settings.stripe_test_mode
        return stripe_module.StripeClient(
            mode.api_key if mode else DEFAULT_API_KEY,
            base_addresses={"api": self.stripe_url},
            http_client=stripe_module.RequestsClient(timeout=TIMEOUT_SECONDS),
        )

    def switch_token(self) -> str:
        """Return an access token of the phone switch, with every scope of its client."""
        return self.api.service_token(self.switch_client["id"], self.switch_client["secret"])

    def operator_token(self) -> str:
        """Return an access token of the back office, with every scope of its client."""
        return self.api.service_token(self.operator_client["id"], self.operator_client["secret"])

    def user_token(self, email: str) -> str:
        """Return the ID token of a demonstration user or a member of the staff."""
        user = next(user for user in self.users if user["email"] == email)
        answer = boto3.client("cognito-idp").initiate_auth(
            ClientId=self.outputs["UserPoolClientId" if user["account_id"] else "StaffClientId"],
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": email, "PASSWORD": user["password"]},
        )
        return answer["AuthenticationResult"]["IdToken"]

    def wait_for(self, look: Callable[[], Result | None], what: str) -> Result:
        """Return the first true value of `look`.

        Raises:
            EmulatorError: the emulator has ended.
            StackError: there is none within `TIMEOUT_SECONDS`.
        """
        deadline = time.monotonic() + TIMEOUT_SECONDS
        while not (result := look()):
            self.emulator.require_alive()
            if time.monotonic() > deadline:
                log = self.settings.emulator_log
                raise StackError(f"Waited {TIMEOUT_SECONDS} s for {what} without success; see {log}. {BUSY_ADVICE}")
            time.sleep(POLL_SECONDS)
        return result

    def calls_waiting(self) -> int:
        """Return the number of calls in the queue, including those being rated."""
        answer = boto3.client("sqs").get_queue_attributes(
            QueueUrl=self.outputs["CallQueueUrl"],
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )
        return sum(int(count) for count in answer["Attributes"].values())

    def wait_until_rated(self, report: Callable[[int], None] = lambda _waiting: None) -> None:
        """Return when the call queue is empty; call `report` with the number of waiting calls.

        Raises:
            EmulatorError, StackError: as `wait_for`.
        """

        def is_empty() -> bool:
            if waiting := self.calls_waiting():
                report(waiting)
            return not waiting

        self.wait_for(is_empty, "the call queue to become empty")

    def wait_until_callbacks_are_delivered(self) -> None:
        """Return when the stand-in has delivered all its webhook events.

        Raises:
            EmulatorError, StackError: as `wait_for`.
        """
        stripe = self.stripe
        if stripe is not None:
            self.wait_for(lambda: not stripe.stand_in.outbox.pending(), "the delivery of Stripe's webhook events")

    def description(self) -> dict[str, Any]:
        """Return the content of `.local/stack.json`."""
        return {
            "api_url": self.settings.api_url,
            "page_url": f"{self.settings.api_url}/",
            "desk_url": f"{self.settings.api_url}/desk",
            "call_queue_url": self.outputs["CallQueueUrl"],
            "dead_letter_queue_url": self.outputs["DeadLetterQueueUrl"],
            "table_name": self.outputs["TableName"],
            "aws_endpoint_url": self.settings.endpoint_url,
            "region": REGION,
            "stripe_api_url": self.stripe_url,
            "user_pool_id": self.outputs["UserPoolId"],
            "user_pool_client_id": self.outputs["UserPoolClientId"],
            "token_url": f"{self.settings.endpoint_url}/oauth2/token",
            "staff_client_id": self.outputs["StaffClientId"],
            "switch_client": self.switch_client,
            "operator_client": self.operator_client,
            "connector_key": self.connector_key,
            "users": self.users,
        }

    def publish_description(self) -> None:
        """Write stack.json in one step, so that no reader finds half of it."""
        draft = self.settings.description_file.with_suffix(".tmp")
        draft.write_text(json.dumps(self.description(), indent=2) + "\n")
        draft.replace(self.settings.description_file)


def save_card(stack: Stack, email: str, kind: str) -> str:
    """Save one of Stripe's test cards for the account of a billing admin; return its id.

    Raises:
        ApiError: the API refused a request.
    """
    account_id = next(user["account_id"] for user in stack.users if user["email"] == email)
    stack.api.send("POST", "/payment-methods", stack.user_token(email), {})
    account = boto3.client("dynamodb").get_item(
        TableName=stack.outputs["TableName"],
        Key={"PK": {"S": keys.account_pk(account_id)}, "SK": {"S": keys.account_sk()}},
        ConsistentRead=True,
    )["Item"]
    customer_id = account["stripe_customer_id"]["S"]
    return stack.stripe_sdk().v1.payment_methods.attach(kind, {"customer": customer_id}).id
