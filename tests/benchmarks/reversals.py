"""The rows of reversals: the PaymentIntents made after money went back and the balance fell below the threshold.

None is needed, because no call spent anything; the usual stack makes one, because it looks at the balance only.
"""

import os
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
import stripe

from local.stripe_stand_in.stand_in import DEFAULT_API_KEY, StandIn
from tests.benchmarks import crossings
from tests.benchmarks.laboratory import Laboratory, capture_output
from tests.benchmarks.rows import Row, number
from tests.harness.stream import stream_record
from tests.harness.stripe import StripeWire
from tests.harness.table import Context, Stack, load_app
from tests.harness.till import ACCOUNT, Till
from tests.harness.world import World

FUNCTIONS = ("manage_accounts", "add_funds", "change_settings", "auto_recharge", "stripe_webhook", "reconcile_payments")
PAID = "50.00"


def dispute(till: Till) -> None:
    """The cardholder disputes the recharge."""
    [charge] = till.objects("charge")
    till.controls.dispute(charge["id"])
    till.call_all_back()


def warn(till: Till) -> None:
    """The card's network warns of fraud; then the operator takes back what the card paid."""
    [charge] = till.objects("charge")
    till.controls.warn(charge["id"])
    till.call_all_back()
    adjust_down(till)


def refund(till: Till) -> None:
    """The operator refunds the recharge at Stripe."""
    [charge] = till.objects("charge")
    till.sdk.v1.refunds.create({"charge": charge["id"]})
    till.call_all_back()


def adjust_down(till: Till) -> None:
    """The operator takes back a grant."""
    till.world.adjust(f"-{PAID}", "a wrong grant")


def unfreeze(till: Till, take_back: Callable[[Till], None] = adjust_down) -> None:
    """The operator freezes the account, takes back a grant, and unfreezes it."""
    assert till.world.operate("PUT", f"/accounts/{ACCOUNT}", {"frozen": True}).status == 200
    take_back(till)
    assert till.world.operate("PUT", f"/accounts/{ACCOUNT}", {"frozen": False}).status == 200


REVERSALS: dict[str, Callable[[Till], None]] = {
    "a dispute": dispute,
    "an early fraud warning and an adjustment": warn,
    "a refund": refund,
    "a negative adjustment": adjust_down,
    "unfreezing after an adjustment": unfreeze,
    "unfreezing after a refund": partial(unfreeze, take_back=refund),
}


def reversal_rows(lab: Laboratory) -> list[Row]:
    """Return one row for each kind; both stacks see the same balance. The Stripe settings exist already."""
    apps = {name: load_app(name) for name in FUNCTIONS}
    return [_row(lab, apps, name, reverse) for name, reverse in REVERSALS.items()]


def _row(lab: Laboratory, apps: dict[str, Any], name: str, reverse: Callable[[Till], None]) -> Row:
    """Recharge once, take the money back, deliver the changed balance, and sweep for an hour."""
    with pytest.MonkeyPatch.context() as patch, capture_output():
        lab.reset()
        till = open_till(lab, apps, patch)
        card = till.card()
        till.set_rule(card)
        till.stream()
        if till.charged() != [5000]:
            raise RuntimeError("the recharge before the reversal was not made once, so the count is invalid")
        till.call_all_back()
        before = len(till.objects("payment_intent"))
        reverse(till)
        image = till.world.of_kind("BALANCE")[0]
        if image["posted_micros"] != 0:
            raise RuntimeError("the reversal did not lower the balance, so the count is invalid")
        for _ in range(4):
            till.stream()
            till.sweep(minutes=15)
        ours = len(till.objects("payment_intent")) - before
        stock = _stock_intents(till, card, image, patch)
    what = f"PaymentIntents after {name}"
    return Row(what, "count", 0, ours, stock=number(stock), floor="0", exact=True)


def open_till(lab: Laboratory, apps: dict[str, Any], patch: pytest.MonkeyPatch) -> Till:
    """The account acct_1 with its own Stripe account and clock."""
    world = World(Stack(lab.dynamodb, apps))
    patch.setattr("calling_credit.clock.now", world.clock)
    stand_in = StandIn(base_url=os.environ["STRIPE_API_BASE"], now=world.clock, sleep=lambda _: None)
    world.stack.stripe = StripeWire(stand_in)
    world.stack.stripe.attach(patch)
    world.create_account()
    return Till(world)


def _stock_intents(till: Till, card: str, image: dict[str, Any], patch: pytest.MonkeyPatch) -> int:
    """The PaymentIntents that the usual stack makes of the same balance."""
    patch.setenv("STRIPE_API_KEY", DEFAULT_API_KEY)
    before = len(till.objects("payment_intent"))
    method = till.sdk.v1.payment_methods.attach("pm_card_visa", {"customer": till.customer()})
    handler = crossings.stock_handler(ACCOUNT, method)
    record = stream_record({**image, "headroom_micros": image["posted_micros"] - crossings.THRESHOLD})
    if record is None or not isinstance(method, stripe.PaymentMethod):
        raise RuntimeError(f"the balance is not below the threshold with {card}, so the count is invalid")
    handler({"Records": [record]}, Context())
    return len(till.objects("payment_intent")) - before
