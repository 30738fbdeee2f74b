"""The row of recharging: the PaymentIntents made when 100 concurrent calls cross the threshold, the stream delivers
each record ten times in any order, and Stripe's answers are lost. One is needed; the usual stack makes one per record.
"""

import json
import os
import random
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
import stripe

from calling_credit.accounts.store import AccountStore
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.ledger.adjustments import Adjustment, adjust_balance
from calling_credit.money import MICROS_PER_DOLLAR
from calling_credit.recharge.attempts import State
from calling_credit.recharge.decision import Rule
from calling_credit.recharge.store import RechargeStore
from local.stripe_stand_in.stand_in import DEFAULT_API_KEY, DEFAULT_WEBHOOK_SECRET, StandIn
from tests.benchmarks import mix
from tests.benchmarks.laboratory import ENOUGH_SECONDS, Laboratory, capture_output
from tests.benchmarks.rows import Row, number
from tests.harness.actors import OPERATOR
from tests.harness.stream import stream_record
from tests.harness.stripe import StripeWire
from tests.harness.table import TABLE, Context, load_app, one_request_at_a_time

POSTS = 100
REPLAYS = 10
BATCH = 10
THRESHOLD = 10 * MICROS_PER_DOLLAR


def crossing_rows(lab: Laboratory) -> list[Row]:
    """Return the row. Both stacks get the same records and lost answers, each with its own Stripe account."""
    settings = json.dumps({"api_key": DEFAULT_API_KEY, "webhook_secret": DEFAULT_WEBHOOK_SECRET})
    boto3.client("secretsmanager").create_secret(Name=os.environ["STRIPE_SECRET_ARN"], SecretString=settings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("STRIPE_API_KEY", DEFAULT_API_KEY)
        intents = {name: _intents(lab, patch, name) for name in ("ours", "stock")}
    return [
        Row(
            f"PaymentIntents per crossing: {POSTS} concurrent posts, each record {REPLAYS} times, lost answers",
            "count",
            1,
            intents["ours"],
            stock=number(intents["stock"]),
            floor="1",
            exact=True,
        )
    ]


def _intents(lab: Laboratory, patch: pytest.MonkeyPatch, name: str) -> int:
    """Return the number of paid intents; check that the balance has no other credit."""
    wire = StripeWire(StandIn(base_url=os.environ["STRIPE_API_BASE"], sleep=lambda _: None))
    wire.attach(patch)
    lab.reset()
    account = mix.account_id(0)
    card = _save_card(lab, wire, account)
    _arm(lab, account, card)
    images = _crossing(lab, account)
    handler = load_app("auto_recharge").handler if name == "ours" else stock_handler(account, card)
    for match in ("POST /v1/payment_intents", "POST */confirm"):
        wire.stand_in.faults.add("answer_lost", match)
    _deliver(handler, images)
    intents = wire.stand_in.account.objects["payment_intent"].values()
    paid = [intent["amount_received"] * 10_000 for intent in intents if intent["status"] == "succeeded"]
    if name == "ours" and _balance(lab, account)["posted_micros"] != images_end(images) + sum(paid):
        raise RuntimeError("paid and credited amounts differ, so the count is invalid")
    return len(paid)


def images_end(images: list[dict[str, Any]]) -> int:
    """Return the balance after the last post, in any order of the images."""
    return min(int(image["posted_micros"]) for image in images)


def stock_handler(account: str, card: stripe.PaymentMethod) -> Any:
    """Return the usual stack's handler, with the same rule."""
    from tests.benchmarks import stock_stripe  # noqa: PLC0415 - it creates its client on import

    rule = {"threshold_micros": THRESHOLD, "cents": 1000, "customer": str(card.customer), "payment_method": card.id}
    stock_stripe.rules[keys.account_pk(account)] = stock_stripe.Rule.model_validate(rule)
    return stock_stripe.handler


def _save_card(lab: Laboratory, wire: StripeWire, account: str) -> stripe.PaymentMethod:
    sdk = stripe.StripeClient(
        DEFAULT_API_KEY, base_addresses={"api": wire.stand_in.base_url}, http_client=stripe.RequestsClient()
    )
    customer = sdk.v1.customers.create({"metadata": {"account_id": account}})
    AccountStore(lab.dynamodb, TABLE).store_customer(account, customer.id)
    return sdk.v1.payment_methods.attach("pm_card_visa", {"customer": customer.id})


def _crossing(lab: Laboratory, account: str) -> list[dict[str, Any]]:
    """Post calls concurrently from the threshold down; return the balance's image after each."""
    images: list[dict[str, Any]] = []

    def post(body: str) -> None:
        lab.rate([body])
        images.append(_balance(lab, account))

    with capture_output(), ThreadPoolExecutor(16) as pool:
        list(pool.map(post, mix.calls_of_one_account(POSTS)))
    return images


def _balance(lab: Laboratory, account: str) -> dict[str, Any]:
    key: Any = {"PK": {"S": keys.account_pk(account)}, "SK": {"S": keys.balance_sk()}}
    return from_attributes(lab.dynamodb.get_item(TableName=TABLE, Key=key, ConsistentRead=True)["Item"])


def _arm(lab: Laboratory, account: str, card: stripe.PaymentMethod) -> None:
    """Add credit up to the threshold, and a rule with this card and very high limits."""
    now = datetime.now(UTC)
    adjust_balance(
        lab.dynamodb, TABLE, account, "opening", Adjustment(THRESHOLD, "Opening credit"), "UTC", OPERATOR, now
    )
    details = card.card
    if details is None:
        raise RuntimeError("the stand-in saved no card")
    rule = Rule(
        enabled=True,
        threshold_micros=THRESHOLD,
        amount_micros=THRESHOLD,
        payment_method_id=card.id,
        brand=str(details.brand),
        last4=details.last4,
        fingerprint=str(details.fingerprint),
        hourly_count=20,
        daily_limit_micros=1000 * THRESHOLD,
        monthly_limit_micros=1000 * THRESHOLD,
    )
    RechargeStore(lab.dynamodb, TABLE).store_rule(account, lambda _: (rule, State()), OPERATOR, now)


def _deliver(handler: Any, images: list[dict[str, Any]]) -> None:
    """Deliver every record `REPLAYS` times, in any order, ten at a time, from several workers."""
    dice = random.Random(mix.SEED)
    records = [record for image in images * REPLAYS if (record := stream_record(image)) is not None]
    dice.shuffle(records)
    batches = [{"Records": records[start : start + BATCH]} for start in range(0, len(records), BATCH)]
    with capture_output(), one_request_at_a_time(), ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda batch: handler(batch, Context(ENOUGH_SECONDS)), batches))
