"""Checks that Stripe and the stack fit together: key, account, card settings, rights, endpoint, and events. Changes
nothing, and exits with 1 if anything must be corrected.
"""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from typing import Any, Final

import stripe

from calling_credit.dynamodb.stripe_keys import stripe_account_key
from calling_credit.dynamodb.sweep import read_listed
from calling_credit.ledger.charge_reader import ACCOUNT_KIND
from calling_credit.payments.callback_watch import is_silent
from calling_credit.payments.sweep_store import SweepStore
from calling_credit.payments.webhook_events import ENDPOINT_EVENTS, SWEPT_EVENTS
from ops.audit import stripe_of
from ops.stack import FoundStack, find_stack
from ops.stripe_checks import (
    Finding,
    check_account,
    check_cards,
    check_customers,
    check_deliveries,
    check_endpoint,
    check_rights,
    check_settings,
    is_live,
)
from ops.terminal import CommandError, console, run

SAMPLED_CUSTOMERS: Final = 3


def main() -> int:
    """Run `python -m ops.check_stripe`, behind `make check-stripe`."""
    stack = find_stack()
    count = 0
    for finding in find_all(stack):
        count += 1  # Printed at once: Stripe may not answer the next check.
        console.print(f"{finding.subject}: {finding.problem}.", markup=False, style="red")
        console.print(f"  {finding.repair}", markup=False)
    console.print(last_callback(stack))
    if count:
        noun = "finding" if count == 1 else "findings"
        console.print(f"{count} {noun}. Run make check-stripe again after the correction.")
        return 1
    console.print(f"Stripe and {stack.name} fit together.")
    return 0


def find_all(stack: FoundStack) -> Iterator[Finding]:
    """Run every check; a check that the key may not make is itself a finding.

    Raises:
        CommandError: Stripe does not answer.
    """
    secret = read_secret(stack)
    key = str(secret.get("api_key") or "")
    environment = "" if stack.is_local else stack.parameters.get("Environment", "")
    settings = [*check_settings(secret, environment), *check_places(stack)]
    yield from settings
    if any(finding.subject == "api_key" for finding in settings):
        return
    client, reason = stripe_of(stack)
    if client is None:
        yield Finding("api_key", reason.rstrip("."), "Correct it, then run this command again.")
        return
    url, now = stack.outputs["WebhookUrl"], datetime.now(UTC)
    checks: dict[str, Callable[[], Iterator[Finding]]] = {
        "Account": lambda: check_account(client, stored_account(stack)),
        "Payment Method Configurations": lambda: check_cards(client),
        "Webhook Endpoints": lambda: check_endpoint(client, url, ENDPOINT_EVENTS, live=is_live(key)),
        "Events": lambda: check_deliveries(client, SWEPT_EVENTS, now),
        "any resource": lambda: check_rights(client),
        "Customers": lambda: check_customers(client, stored_customers(stack)),
    }
    for resource, check in checks.items():
        try:
            yield from check()
        except stripe.AuthenticationError:
            repair = "Store a key that is in use (Developers, API keys) in the secret in the output StripeSecretArn."
            yield Finding("api_key", "Stripe does not accept the key", repair)
            return
        except stripe.PermissionError:
            repair = f"Give the restricted key Read access to {resource} (Developers, API keys)."
            yield Finding("rights", f"the key has no Read access to {resource}, so it was not checked", repair)
        except stripe.StripeError as error:
            raise CommandError(f"Stripe did not answer a check of {resource}: {error.user_message or error}") from error
    yield from check_callbacks(stack, now)


def read_secret(stack: FoundStack) -> dict[str, Any]:
    """Read the stored settings of Stripe; {} if they are not JSON. The webhook secret has a secret of its own; while
    that is empty, the one beside the API key counts.
    """
    both = _settings_in(stack, "StripeSecretArn")
    own = _settings_in(stack, "StripeWebhookSecretArn") if "StripeWebhookSecretArn" in stack.outputs else {}
    return both | {name: value for name, value in own.items() if value}


def _settings_in(stack: FoundStack, output: str) -> dict[str, Any]:
    stored = stack.client("secretsmanager").get_secret_value(SecretId=stack.outputs[output])["SecretString"]
    if stored.startswith("whsec_"):
        return {"webhook_secret": stored}
    try:
        secret = json.loads(stored)
    except ValueError:
        return {}
    return secret if isinstance(secret, dict) else {}


def check_places(stack: FoundStack) -> Iterator[Finding]:
    """Check that the webhook secret is not beside the API key, which other functions read."""
    if "StripeWebhookSecretArn" in stack.outputs and _settings_in(stack, "StripeSecretArn").get("webhook_secret"):
        repair = "Store it in the secret in the output StripeWebhookSecretArn, and only the api_key in StripeSecretArn."
        yield Finding("webhook_secret", "is stored beside the API key, which other functions read", repair)


def stored_account(stack: FoundStack) -> str:
    """The Stripe account that the stack belongs to; "" before the first payment."""
    answer = stack.client("dynamodb").get_item(TableName=stack.table_name, Key=stripe_account_key())
    return str(answer.get("Item", {}).get("stripe_account_id", {}).get("S", ""))


def stored_customers(stack: FoundStack) -> list[str]:
    """Some stored customers."""
    accounts = read_listed(stack.client("dynamodb"), stack.table_name, ACCOUNT_KIND)
    customers = (str(account["stripe_customer_id"]) for account in accounts if account.get("stripe_customer_id"))
    return list(islice(customers, SAMPLED_CUSTOMERS))


def check_callbacks(stack: FoundStack, now: datetime) -> Iterator[Finding]:
    """Check that callbacks arrive while payments happen."""
    state, heard_at = SweepStore(stack.client("dynamodb"), stack.table_name).read()
    if is_silent(state, heard_at, int(now.timestamp())):
        repair = "See the endpoint's deliveries in Stripe's dashboard, and docs/runbook.md#callbacks-do-not-arrive."
        yield Finding("callbacks", "none has arrived since a payment of two hours ago", repair)


def last_callback(stack: FoundStack) -> str:
    """The sentence about the last callback."""
    _, heard_at = SweepStore(stack.client("dynamodb"), stack.table_name).read()
    if not heard_at:
        return "No callback has arrived yet."
    return f"The last callback arrived about {datetime.fromtimestamp(heard_at, UTC):%Y-%m-%d %H:%M} UTC."


if __name__ == "__main__":
    run(main)
