"""Stacks, settings, and findings for tests of `make check-stripe`."""

import json
import os
from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from calling_credit.payments.webhook_events import ENDPOINT_EVENTS
from local.stripe_stand_in.account_controls import AccountControls
from local.stripe_stand_in.stand_in import DEFAULT_API_KEY, DEFAULT_WEBHOOK_SECRET
from ops import check_stripe
from ops.stack import FoundStack
from tests.harness.till import Till


@pytest.fixture
def secret() -> Iterator[dict[str, str]]:
    """The stored settings of Stripe; a test changes them before it checks."""
    client, name = boto3.client("secretsmanager"), os.environ["STRIPE_SECRET_ARN"]
    standing = client.get_secret_value(SecretId=name)["SecretString"]
    yield {"api_key": DEFAULT_API_KEY, "webhook_secret": DEFAULT_WEBHOOK_SECRET}
    client.put_secret_value(SecretId=name, SecretString=standing)


@pytest.fixture
def account(till: Till) -> AccountControls:
    """The controls of the Stripe account, whose endpoint sends the documented events."""
    controls = AccountControls(till.stand_in)
    controls.change_endpoint(enabled_events=sorted(ENDPOINT_EVENTS))
    return controls


def stack_of(till: Till, environment: str = "staging") -> FoundStack:
    """The till's stack as an operator's command finds it."""
    outputs = {
        "TableName": till.world.stack.table_name,
        "StripeSecretArn": os.environ["STRIPE_SECRET_ARN"],
        "WebhookUrl": till.stand_in.account.webhook_url,
    }
    return FoundStack("staging", False, outputs, boto3.Session(), None, {"Environment": environment})


def everything(till: Till) -> tuple[Any, ...]:
    """A copy of everything in the table and at Stripe, without kinds of objects that do not exist."""
    items, objects = till.everything()
    return items, {kind: of_kind for kind, of_kind in objects.items() if of_kind}


def found(till: Till, secret: dict[str, str], environment: str = "staging") -> list[str]:
    """The findings; a copy of everything proves that the check changed nothing."""
    name = os.environ["STRIPE_SECRET_ARN"]
    boto3.client("secretsmanager").put_secret_value(SecretId=name, SecretString=json.dumps(secret))
    before = everything(till)
    findings = list(check_stripe.find_all(stack_of(till, environment)))
    assert everything(till) == before
    assert all(finding.repair.endswith(".") for finding in findings)
    return [f"{finding.subject}: {finding.problem}" for finding in findings]
