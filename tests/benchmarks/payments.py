"""The rows of payments: the requests to DynamoDB and to Stripe of a manual payment and of an automatic recharge that
the bank accepts at once, with the history of the card and the check right before the confirmation. Functions are warm.
"""

from collections.abc import Callable
from typing import Any

import pytest

from tests.benchmarks.laboratory import Laboratory, capture_output
from tests.benchmarks.reversals import FUNCTIONS, open_till
from tests.benchmarks.rows import Row
from tests.harness.recharging import leave
from tests.harness.table import load_app
from tests.harness.till import Till
from tests.harness.world import DECK

READS = ("GetItem", "BatchGetItem", "Query", "TransactGetItems")
WORKERS = {"manual payment": "add_funds", "automatic recharge": "auto_recharge"}
BUDGETS = {"manual payment": (18, 12, 3), "automatic recharge": (15, 9, 2)}
"""The requests to DynamoDB, the reads among them, and the requests to Stripe. One write is the transaction of the
receipt, which must not be part of the one that credits the payment (docs/decisions/0225). Its counter is read with the
payment.
"""


def payment_rows(lab: Laboratory) -> list[Row]:
    """Return the rows. The Stripe settings exist already."""
    apps = {name: load_app(name) for name in (*FUNCTIONS, "rate_calls")}
    with pytest.MonkeyPatch.context() as patch, capture_output():
        lab.reset()
        till = open_till(lab, apps, patch)
        till.world.stack.publish(DECK)
        card = till.card()
        actions: dict[str, Callable[[], Any]] = {
            "manual payment": lambda: till.paid("25.00", card),
            "automatic recharge": lambda: recharge(till),
        }
        till.paid("25.00", card)
        till.set_rule(card)
        measured = {name: _measure(till, name, action) for name, action in actions.items()}
    lab.publish()
    return [row for name in WORKERS for row in _rows(name, *measured[name])]


def recharge(till: Till) -> None:
    """A call takes the balance below the threshold, and the stream tells the rule."""
    leave(till, "5.00")
    till.stream()


def _measure(till: Till, name: str, action: Callable[[], Any]) -> tuple[list[str], int]:
    """Return the operations sent to DynamoDB, and the number of requests to Stripe, of one payment."""
    paid, sent = len(till.charged()), len(till.wire.sent)
    with till.world.recorded(WORKERS[name]) as requests:
        action()
    if len(till.charged()) != paid + 1:
        raise RuntimeError(f"the {name} was not made once, so the count is invalid")
    return [operation for operation, _ in requests], len(till.wire.sent) - sent


def _rows(name: str, operations: list[str], stripe_requests: int) -> list[Row]:
    """Return the rows of one kind of payment."""
    requests, reads, to_stripe = BUDGETS[name]
    found = sum(operation in READS for operation in operations)
    return [
        Row(f"DynamoDB requests per {name}, warm", "count", requests, len(operations), floor="3"),
        Row("reads among them", "count", reads, found, floor="1"),
        Row(f"Stripe requests per {name}, warm", "count", to_stripe, stripe_requests, floor="2"),
    ]
