"""Secrets are rotated while the functions run: the current version signs, the previous one still verifies."""

import json
import os
from collections.abc import Iterator

import boto3
import pytest

from calling_credit.config import config
from calling_credit.errors import Unavailable
from calling_credit.payments.stripe_client import api_key_of, current_api_key, stripe_client, webhook_secrets
from calling_credit.stored_secrets import current_secret, secret_versions
from local.stripe_stand_in.sender import body_of, signature
from local.stripe_stand_in.stand_in import DEFAULT_API_KEY, DEFAULT_WEBHOOK_SECRET
from tests.functions.links_bench import token_of, waiting
from tests.functions.secrets_bench import SIGNING, STANDING, STRIPE, Secrets, secrets
from tests.harness.callbacks import succeeded
from tests.harness.till import Till

__all__ = ["secrets"]
pytestmark = pytest.mark.dynamodb
NEW_WEBHOOK_SECRET = "whsec_new"
NEW_KEY = "sk_test_new_1a2b3c"


def call_back(till: Till, secret: str) -> int:
    """The status of the answer to a callback that this secret signed."""
    body = body_of(succeeded("pi_unknown"))
    return till.send_back(body, **{"stripe-signature": signature(body, secret, till.world.clock.now)}).status


# --- The cache --------------------------------------------------------------------------------------------------------


def test_a_warm_function_reads_a_secret_every_five_minutes(till: Till, secrets: Secrets) -> None:
    arn = os.environ[SIGNING]
    for minutes, reads in ((0, 1), (0, 0), (4, 0), (1, 1), (4, 0), (60, 1)):
        till.later(minutes=minutes)
        assert (current_secret(arn), secrets.count()) == ("test-secret", reads)


def test_a_rotated_secret_signs_within_five_minutes(till: Till, secrets: Secrets) -> None:
    arn = os.environ[SIGNING]
    assert current_secret(arn) == "test-secret"
    secrets.store(SIGNING, "rotated")
    till.later(minutes=5)
    assert current_secret(arn) == "rotated"
    assert list(secret_versions(arn)) == ["rotated", "test-secret"]


def test_only_what_no_known_version_signed_makes_a_function_read_more(till: Till, secrets: Secrets) -> None:
    arn = os.environ[SIGNING]
    versions = secret_versions(arn)
    assert (next(versions), secrets.count()) == ("test-secret", 1)
    assert (list(versions), secrets.reads) == ([], [(arn, "AWSPREVIOUS")])
    secrets.count()
    for _ in range(20):
        assert list(secret_versions(arn)) == ["test-secret"]
    assert secrets.count() == 0
    till.later(minutes=1)
    for _ in range(20):
        assert list(secret_versions(arn)) == ["test-secret"]
    assert secrets.count() == 2


def test_an_outage_of_secrets_manager_stops_no_warm_function(till: Till, secrets: Secrets) -> None:
    card = till.card()
    assert till.paid("25.00", card, key="before")["status"] == "succeeded"
    secrets.is_down = True
    till.later(minutes=30)
    assert till.paid("25.00", card, key="during")["status"] == "succeeded"
    assert till.world.get("/statement").status == 200
    till.check()


# --- Links and cursors ------------------------------------------------------------------------------------------------


def test_a_link_of_the_previous_version_works_until_the_next_rotation(till: Till, secrets: Secrets) -> None:
    token = token_of(waiting(till))
    secrets.store(SIGNING, "rotated")
    for minutes in (0, 5):
        till.later(minutes=minutes)
        assert till.visit(token).status == 200
    secrets.store(SIGNING, "rotated again")
    till.later(minutes=5)
    assert till.visit(token).status == 404


def test_a_link_of_a_new_version_works_in_a_function_with_the_old_one(till: Till, secrets: Secrets) -> None:
    assert till.visit(token_of(waiting(till))).status == 200
    till.later(minutes=2)
    secrets.store(SIGNING, "rotated")
    assert "rotated" in secret_versions(os.environ[SIGNING])


def test_a_cursor_survives_a_rotation(till: Till, secrets: Secrets) -> None:
    for number in range(3):
        till.world.adjust("1.00", f"k_{number}")
    first = till.world.get("/statement", limit=1).body["next_cursor"]
    secrets.store(SIGNING, "rotated")
    till.later(minutes=5)
    second = till.world.get("/statement", limit=1, cursor=first)
    assert second.status == 200
    secrets.store(SIGNING, "rotated again")
    till.later(minutes=5)
    assert till.world.get("/statement", limit=1, cursor=second.body["next_cursor"]).status == 200
    assert till.world.get("/statement", limit=1, cursor=first).code == "invalid_cursor"


# --- Stripe's callbacks -----------------------------------------------------------------------------------------------


def test_callbacks_of_the_current_and_the_previous_secret_are_handled(till: Till, secrets: Secrets) -> None:
    secrets.store_stripe(webhook_secret=NEW_WEBHOOK_SECRET)
    assert call_back(till, DEFAULT_WEBHOOK_SECRET) == 200
    assert call_back(till, NEW_WEBHOOK_SECRET) == 200
    assert call_back(till, "whsec_other") == 400


def test_a_new_secret_applies_at_once_in_a_warm_function(till: Till, secrets: Secrets) -> None:
    assert call_back(till, DEFAULT_WEBHOOK_SECRET) == 200
    till.later(minutes=1)
    secrets.store_stripe(webhook_secret=NEW_WEBHOOK_SECRET)
    assert call_back(till, NEW_WEBHOOK_SECRET) == 200


def test_a_leaked_secret_that_is_replaced_twice_verifies_nothing(till: Till, secrets: Secrets) -> None:
    secrets.store_stripe(webhook_secret=NEW_WEBHOOK_SECRET, times=2)
    till.later(minutes=5)
    assert call_back(till, DEFAULT_WEBHOOK_SECRET) == 400
    assert call_back(till, NEW_WEBHOOK_SECRET) == 200


def test_another_api_key_does_not_change_the_secret_of_callbacks(till: Till, secrets: Secrets) -> None:
    secrets.store_stripe(api_key=NEW_KEY)
    assert list(webhook_secrets()) == [DEFAULT_WEBHOOK_SECRET]


def test_forged_callbacks_make_a_function_read_the_secret_once_a_minute(till: Till, secrets: Secrets) -> None:
    for minutes in (0, 0, 1, 0, 0):
        till.later(minutes=minutes)
        for _ in range(10):
            assert call_back(till, "whsec_forged") == 400
    assert secrets.count() == 4


@pytest.fixture
def own_secret(monkeypatch: pytest.MonkeyPatch, aws: None) -> Iterator[str]:
    """The stack's own secret for callbacks, still empty."""
    client, name = boto3.client("secretsmanager"), "calling-credit-test-webhook"
    client.create_secret(Name=name, SecretString='{"webhook_secret": ""}')
    monkeypatch.setenv("WEBHOOK_SECRET_ARN", name)
    config.cache_clear()
    yield name
    client.delete_secret(SecretId=name, ForceDeleteWithoutRecovery=True)
    config.cache_clear()


@pytest.mark.parametrize("text", [json.dumps({"webhook_secret": NEW_WEBHOOK_SECRET}), f"{NEW_WEBHOOK_SECRET}\n"])
def test_the_secret_of_callbacks_may_be_a_secret_of_its_own(secrets: Secrets, own_secret: str, text: str) -> None:
    assert list(webhook_secrets()) == [DEFAULT_WEBHOOK_SECRET], "earlier releases have it in the Stripe secret"
    boto3.client("secretsmanager").put_secret_value(SecretId=own_secret, SecretString=text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("calling_credit.stored_secrets._versions", {})
        assert list(webhook_secrets()) == [NEW_WEBHOOK_SECRET]
        assert current_api_key() == DEFAULT_API_KEY


# --- Stripe's key -----------------------------------------------------------------------------------------------------


def test_a_rotated_key_is_used_within_five_minutes(till: Till, secrets: Secrets) -> None:
    before = stripe_client()
    assert stripe_client() is before
    secrets.store_stripe(api_key=NEW_KEY)
    assert current_api_key() == DEFAULT_API_KEY
    till.later(minutes=5)
    assert (current_api_key(), stripe_client() is before) == (NEW_KEY, False)
    assert (api_key_of(stripe_client()), api_key_of(before)) == (NEW_KEY, DEFAULT_API_KEY)


def test_a_key_that_stripe_refuses_is_read_again_at_once(till: Till, secrets: Secrets) -> None:
    card = till.card()
    secrets.store_stripe(api_key=NEW_KEY)
    till.later(minutes=5)
    before = till.everything()
    answer = till.pay("25.00", card)
    assert (answer.code, answer.headers["retry-after"]) == ("stripe_refuses_us", "60")
    assert api_key_of(stripe_client()) == NEW_KEY
    secrets.store(STRIPE, STANDING[STRIPE])
    answer = till.pay("25.00", card)
    assert (answer.code, answer.headers["retry-after"]) == ("stripe_refuses_us", "1")
    assert till.everything() == before
    assert till.paid("25.00", card)["status"] == "succeeded"
    till.check()


def test_the_previous_key_is_never_used(till: Till, secrets: Secrets) -> None:
    card = till.card()
    secrets.store_stripe(api_key=NEW_KEY)
    till.later(minutes=5)
    assert till.pay("25.00", card).code == "stripe_refuses_us"
    assert (os.environ[STRIPE], "AWSPREVIOUS") not in secrets.reads


def test_an_empty_current_secret_verifies_nothing_by_the_previous_one(till: Till, secrets: Secrets) -> None:
    secrets.store_stripe(webhook_secret="")
    with pytest.raises(Unavailable):
        list(webhook_secrets())
