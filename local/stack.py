"""The local stack as one thing: emulator, stand-in for Stripe, deployed application, demonstration data, example rates.
`start` makes it, `Stack.stop` ends all of it. Tells no story; local.run and the stack tests use the same one.
"""

import json
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import boto3
import stripe as stripe_module
from rich.console import Console

from calling_credit.dynamodb import keys
from calling_credit.rates.deck import parse_deck
from calling_credit.rates.deck_store import activate, deck_version, put_deck
from local.deploy import MAIL_FROM, build, deploy
from local.emulator import Emulator
from local.http_api import HttpApi
from local.mailbox import Mailbox
from local.progress import Progress
from local.seed import MERIDIAN, create_sign_ins, open_accounts
from local.settings import REGION, STRIPE_URL, Settings, aws_environment
from local.stripe_stand_in.server import Server
from local.stripe_stand_in.stand_in import DEFAULT_API_KEY, DEFAULT_WEBHOOK_SECRET

RATES_FILE: Final = Path(__file__).with_name("rates.csv")
DRAIN_SECONDS: Final = 600.0
CALLBACK_SECONDS: Final = 60.0


class StackError(Exception):
    """The stack is not what it should be; the message says what is wrong."""


@dataclass(frozen=True, slots=True)
class Stack:
    """A running stack: where it answers, how to sign in, how to end it. `outputs` are those of the template."""

    settings: Settings
    outputs: dict[str, str]
    service_client: dict[str, str]
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
        """Where Stripe, or its stand-in, answers."""
        return STRIPE_URL if self.stripe is None else self.stripe.url

    def stripe_sdk(self) -> stripe_module.StripeClient:
        """Stripe's SDK, to look at what is there beside the application, and to save cards."""
        mode = self.settings.stripe_test_mode
        key = mode.api_key if mode else DEFAULT_API_KEY
        return stripe_module.StripeClient(key, base_addresses={"api": self.stripe_url})

    def wait_until_callbacks_are_delivered(self) -> None:
        """Return once the stand-in has told all it has to say.

        Raises:
            StackError: it has not after a minute.
        """
        deadline = time.monotonic() + CALLBACK_SECONDS
        while self.stripe is not None and self.stripe.stand_in.outbox.pending():
            self.emulator.require_alive()
            if time.monotonic() > deadline:
                raise StackError(f"Stripe's callbacks are not taken; see {self.settings.emulator_log}")
            time.sleep(0.05)

    def service_token(self) -> str:
        """An access token of the operator's systems, with both scopes."""
        return self.api.service_token(self.service_client["id"], self.service_client["secret"])

    def user_token(self, email: str) -> str:
        """The ID token of a demonstration user."""
        user = next(user for user in self.users if user["email"] == email)
        answer = boto3.client("cognito-idp").initiate_auth(
            ClientId=self.outputs["UserPoolClientId"],
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": email, "PASSWORD": user["password"]},
        )
        return answer["AuthenticationResult"]["IdToken"]

    def calls_waiting(self) -> int:
        """Calls in the queue, being rated included."""
        found = boto3.client("sqs").get_queue_attributes(
            QueueUrl=self.outputs["CallQueueUrl"],
            AttributeNames=["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"],
        )
        return sum(int(count) for count in found["Attributes"].values())

    def wait_until_rated(self, report: Callable[[int], None] = lambda _waiting: None) -> None:
        """Return once the call queue is empty.

        Raises:
            EmulatorError: the emulator died meanwhile.
            StackError: it is not empty after ten minutes.
        """
        deadline = time.monotonic() + DRAIN_SECONDS
        while waiting := self.calls_waiting():
            self.emulator.require_alive()
            if time.monotonic() > deadline:
                raise StackError(f"{waiting} calls are still waiting; see {self.settings.emulator_log}")
            report(waiting)
            time.sleep(0.2)

    def description(self) -> dict[str, Any]:
        """What `.local/stack.json` says."""
        return {
            "api_url": self.settings.api_url,
            "page_url": f"{self.settings.api_url}/",
            "call_queue_url": self.outputs["CallQueueUrl"],
            "dead_letter_queue_url": self.outputs["DeadLetterQueueUrl"],
            "table_name": self.outputs["TableName"],
            "aws_endpoint_url": self.settings.endpoint_url,
            "region": REGION,
            "stripe_api_url": self.stripe_url,
            "user_pool_id": self.outputs["UserPoolId"],
            "user_pool_client_id": self.outputs["UserPoolClientId"],
            "token_url": f"{self.settings.endpoint_url}/oauth2/token",
            "service_client": self.service_client,
            "users": self.users,
        }

    def publish_description(self) -> None:
        """Write stack.json in one step, so that whoever finds it finds all of it."""
        draft = self.settings.description_file.with_suffix(".tmp")
        draft.write_text(json.dumps(self.description(), indent=2) + "\n")
        draft.replace(self.settings.description_file)


def start(settings: Settings, progress: Progress | None = None) -> Stack:
    """Start, build, deploy and fill a stack. The AWS settings of this process become those of the stack.

    Raises:
        SettingsError: its port is in use.
        DeployError, EmulatorError, ApiError, StackError: it could not be made; nothing is left running.
    """
    progress = progress or Progress(Console(), quiet=True)
    settings.folder.mkdir(parents=True, exist_ok=True)
    mailbox = Mailbox(settings.folder / "mails")
    emulator = Emulator(settings, mailbox.address)
    use_aws_settings(settings)
    stand_in = None if settings.stripe_test_mode else _stand_in(settings)
    try:
        if stand_in is not None:
            stand_in.start()
        mailbox.start()
        emulator.start()
        settings.description_file.unlink(missing_ok=True)
        with progress.step("Building the application with sam"):
            build(settings)
        emulator.wait_until_ready()
        with progress.step("Deploying template.yaml to the emulator") as step:
            outputs = deploy(settings, step)
        put_stripe_settings(settings, outputs)
        boto3.client("sesv2").create_email_identity(EmailIdentity=MAIL_FROM)
        return _fill(settings, outputs, (emulator, stand_in, mailbox), progress)
    except BaseException:
        if stand_in is not None:
            stand_in.stop()
        emulator.stop()
        mailbox.stop()
        raise


def _stand_in(settings: Settings) -> Server:
    webhook = f"{settings.endpoint_url}/stripe/webhook"
    return Server(settings.stripe_port, webhook, webhook_host=settings.api_host)


def put_stripe_settings(settings: Settings, outputs: dict[str, str]) -> None:
    """What an operator does once after the first deployment: put Stripe's key and callback secret into the secret."""
    mode = settings.stripe_test_mode
    found = {"api_key": DEFAULT_API_KEY, "webhook_secret": DEFAULT_WEBHOOK_SECRET}
    if mode is not None:
        found = {"api_key": mode.api_key, "webhook_secret": mode.webhook_secret}
    boto3.client("secretsmanager").put_secret_value(SecretId=outputs["StripeSecretArn"], SecretString=json.dumps(found))


def save_card(stack: Stack, email: str, kind: str) -> str:
    """Save one of Stripe's test cards for the account of a billing admin; its id.

    Raises:
        ApiError: a request was refused.
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


def save_demonstration_card(stack: Stack) -> None:
    """The first account has a card that works, and a rule that recharges it.

    Raises:
        ApiError: a request was refused.
    """
    email = MERIDIAN.people[0].email
    card = save_card(stack, email, "pm_card_visa")
    rule = {"enabled": True, "threshold": "40.00", "amount": "50.00", "payment_method_id": card}
    stack.api.send("PUT", "/auto-recharge", stack.user_token(email), rule)


def use_aws_settings(settings: Settings) -> None:
    """Make every AWS client of this process talk to this stack, and to nothing else."""
    environment = aws_environment(settings)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update({name: value for name, value in environment.items() if name.startswith(("AWS_", "NO_PROXY"))})
    os.environ["no_proxy"] = environment["no_proxy"]
    boto3.setup_default_session()


def publish_example_rates(bucket: str) -> int:
    """Publish local/rates.csv as the active deck; returns how many prefixes it has.

    Raises:
        StackError: the file has errors.
    """
    data = RATES_FILE.read_bytes()
    now = datetime.now(UTC)
    version = deck_version(data, now)
    deck = parse_deck(data, version)
    if isinstance(deck, list):
        raise StackError(f"{RATES_FILE} has an error on line {deck[0].line}: {deck[0].detail}")
    client = boto3.client("s3")
    put_deck(client, bucket, version, data)
    activate(client, bucket, version, data, now)
    return len({row.prefix for row in deck.rows})


def _fill(
    settings: Settings,
    outputs: dict[str, str],
    servers: tuple[Emulator, Server | None, Mailbox],
    progress: Progress,
) -> Stack:
    with progress.step("Publishing the example rates") as step:
        step.update(f"{publish_example_rates(outputs['DeckBucketName'])} prefixes")
    client = boto3.client("cognito-idp").describe_user_pool_client(
        UserPoolId=outputs["UserPoolId"], ClientId=outputs["ServiceClientId"]
    )["UserPoolClient"]
    service_client = {"id": client["ClientId"], "secret": client["ClientSecret"]}
    api = HttpApi(settings.endpoint_url, settings.api_host)
    try:
        with progress.step("Opening two accounts through the HTTP API"):
            users = create_sign_ins(outputs["UserPoolId"])
            stack = Stack(settings, outputs, service_client, users, api, *servers)
            open_accounts(api, stack.service_token())
        with progress.step("Saving a card and setting a rule of automatic recharge"):
            save_demonstration_card(stack)
    except BaseException:
        api.close()
        raise
    return stack
