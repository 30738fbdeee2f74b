"""Starts a local stack: emulator and stand-in, build, deployment, example rates, demonstration accounts. Independent
steps run in parallel.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from typing import Final

import boto3
from rich.console import Console

from calling_credit import clock
from calling_credit.connectors.key import KeySettings
from calling_credit.connectors.store import ConnectorKeyStore
from calling_credit.payments.webhook_events import ENDPOINT_EVENTS
from local.build import build
from local.clients import use_aws_settings
from local.deploy import MAIL_FROM, Deployment
from local.emulator import Emulator
from local.errors import DeployError
from local.example_rates import example_deck, publish_example_rates
from local.http_api import HttpApi
from local.mailbox import Mailbox
from local.progress import Progress
from local.seed import MERIDIAN, create_sign_ins, open_accounts
from local.settings import API_ID, REGION, Settings
from local.stack import Stack, save_card
from local.stripe_stand_in.server import Server
from local.stripe_stand_in.stand_in import DEFAULT_API_KEY, DEFAULT_WEBHOOK_SECRET
from ops.actor import this_operator
from ops.build import BuildError

CONNECTOR_NAME: Final = "demonstration-switch"
CONNECTOR_PER_MINUTE: Final = 6_000
"""Enough for a demonstration that sends many calls at once."""


def start(settings: Settings, progress: Progress | None = None, *, retry_for: float = 0.0) -> Stack:
    """Start, build, deploy and fill a stack. The AWS settings of this process become those of the stack.

    The stack's `api` repeats failed requests for `retry_for` seconds.

    Raises:
        SettingsError: its port is in use.
        LocalError: the stack cannot start; nothing is left running.
    """
    progress = progress or Progress(Console(), quiet=True)
    settings.folder.mkdir(parents=True, exist_ok=True)
    mailbox = Mailbox(settings.folder / "mails")
    emulator = Emulator(settings, mailbox.address)
    deployment = Deployment(settings)
    use_aws_settings(settings)
    stand_in = None if settings.stripe_test_mode else _stand_in(settings)
    with ExitStack() as cleanup:
        cleanup.callback(mailbox.stop)
        cleanup.callback(emulator.stop)
        cleanup.callback(deployment.stop)
        if stand_in is not None:
            cleanup.callback(stand_in.stop)
            stand_in.start()
        mailbox.start()
        emulator.start()
        settings.description_file.unlink(missing_ok=True)
        outputs = _deploy(emulator, deployment, progress)
        api = HttpApi(settings.endpoint_url, settings.api_host, retry_for=retry_for)
        cleanup.callback(api.close)
        put_stripe_settings(settings, outputs)
        boto3.client("sesv2").create_email_identity(EmailIdentity=MAIL_FROM)
        switch, operator = _client(outputs, "SwitchClientId"), _client(outputs, "OperatorClientId")
        key = create_connector_key(outputs)
        stack = Stack(settings, outputs, switch, operator, key, [], api, emulator, stand_in, mailbox)
        _fill(stack, progress)
        deployment.stop()
        cleanup.pop_all()
    return stack


def _stand_in(settings: Settings) -> Server:
    webhook = f"{settings.endpoint_url}/stripe/webhook"
    shown = f"https://{API_ID}.execute-api.{REGION}.amazonaws.com/stripe/webhook"  # The output WebhookUrl.
    return Server(
        settings.stripe_port,
        webhook,
        webhook_host=settings.api_host,
        endpoint_url=shown,
        enabled_events=ENDPOINT_EVENTS,
    )


def _deploy(emulator: Emulator, deployment: Deployment, progress: Progress) -> dict[str, str]:
    """Build and deploy. The emulator and sam load during the build; the deck is parsed during the deployment."""
    with progress.step("Building the layer and the functions") as step:
        deployment.prepare()
        try:
            template, is_cached = build()
        except BuildError as error:
            raise DeployError(str(error)) from error
        step.update("unchanged since an earlier start" if is_cached else "new")
    with progress.step("Starting the AWS emulator") as step:
        emulator.wait_until_ready(step)
    with progress.step("Deploying template.yaml to the emulator with sam") as step, ThreadPoolExecutor(1) as pool:
        pool.submit(example_deck)
        return deployment.run(template, step)


def put_stripe_settings(settings: Settings, outputs: dict[str, str]) -> None:
    """Store Stripe's key and webhook secret, each in its own secret, as an operator does after the first deployment."""
    mode = settings.stripe_test_mode
    api_key = DEFAULT_API_KEY if mode is None else mode.api_key
    webhook_secret = DEFAULT_WEBHOOK_SECRET if mode is None else mode.webhook_secret
    for output, value in (
        ("StripeSecretArn", {"api_key": api_key}),
        ("StripeWebhookSecretArn", {"webhook_secret": webhook_secret}),
    ):
        boto3.client("secretsmanager").put_secret_value(SecretId=outputs[output], SecretString=json.dumps(value))


def _client(outputs: dict[str, str], output: str) -> dict[str, str]:
    client = boto3.client("cognito-idp").describe_user_pool_client(
        UserPoolId=outputs["UserPoolId"], ClientId=outputs[output]
    )["UserPoolClient"]
    return {"id": client["ClientId"], "secret": client["ClientSecret"]}


def create_connector_key(outputs: dict[str, str]) -> dict[str, str]:
    """Create the key of a demonstration switch that sends a fixed header; return its name and the key."""
    store = ConnectorKeyStore(boto3.client("dynamodb"), outputs["TableName"])
    settings = KeySettings(CONNECTOR_NAME, per_minute=CONNECTOR_PER_MINUTE)
    return {"name": CONNECTOR_NAME, "key": store.create(settings, this_operator(), clock.now())}


def save_demonstration_card(stack: Stack) -> None:
    """Give the first account a valid card and a rule that recharges it.

    Raises:
        ApiError: the API refused a request.
    """
    email = MERIDIAN.people[0].email
    card = save_card(stack, email, "pm_card_visa")
    rule = {"enabled": True, "threshold": "40.00", "amount": "50.00", "payment_method_id": card}
    stack.api.send("PUT", "/auto-recharge", stack.user_token(email), rule)


def _fill(stack: Stack, progress: Progress) -> None:
    """Publish the rates and open the accounts in parallel."""
    with ThreadPoolExecutor(2) as pool:
        with progress.step("Publishing the example rates and opening two accounts") as step:
            deck = pool.submit(publish_example_rates, stack.outputs["DeckBucketName"])
            accounts = pool.submit(lambda: open_accounts(stack.api, stack.operator_token()))
            stack.users.extend(create_sign_ins(stack.outputs["UserPoolId"]))
            step.update(f"{deck.result()} prefixes")
            accounts.result()
        with progress.step("Saving a card and an automatic recharge rule"):
            save_demonstration_card(stack)
