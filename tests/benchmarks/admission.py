"""The rows of admission: the cost of authorizing a call, and of a call from authorization to charge."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from calling_credit.accounts.account import Account, Line
from calling_credit.accounts.line_store import LineStore
from calling_credit.accounts.store import AccountStore
from calling_credit.accounts.user import User
from calling_credit.accounts.user_store import UserStore
from calling_credit.ledger.adjustments import Adjustment, adjust_balance
from tests.benchmarks import mix
from tests.benchmarks.capacity import READS, Request, write_units
from tests.benchmarks.laboratory import ENOUGH_SECONDS, Laboratory, capture_output, same
from tests.benchmarks.posting import expect, index_keys
from tests.benchmarks.rows import Row
from tests.harness.actors import OPERATOR
from tests.harness.http import http_event
from tests.harness.table import TABLE, Context

CREDIT_MICROS = 100_000_000
SECONDS = 600


@dataclass(frozen=True)
class Caller:
    """Who calls: an account, one of its lines, and the line's user."""

    account: str = "acct_held"
    line: str = "line_held"
    user: str = "user_held"


HELD = Caller()


def admission_rows(lab: Laboratory) -> list[Row]:
    """Return every row of admission."""
    lab.reset()
    open_account(lab)
    with capture_output():
        ask(lab, "warm_up")
    number = mix.numbers(mix.CATEGORY)[0]
    authorization, units_authorized = measure(lab, partial(ask, lab, "held"))
    extension, units_extended = measure(lab, partial(ask, lab, "held", 2 * SECONDS))
    before = lab.items()
    with lab.wire.record() as posting, capture_output():
        lab.rate([end_message("held", number)])
    units_posted = write_units(posting, lab.items(), index_keys(), before)
    [hold] = [item for key, item in lab.items().items() if key[1].endswith("#held") and "asked_at" in item]
    expect(hold["status"]["S"] == "released", "the held call is posted and its hold released")
    expect(lab.entries() == 2, "the held call is charged, beside the credit")
    drain(lab)
    refusal, units_refused = measure(lab, partial(ask, lab, "refused", is_allowed=False))
    reads = sum(request.operation in READS for request in authorization)
    return [
        Row("DynamoDB requests to authorize a call", "count", 3, len(authorization), floor="2"),
        Row("reads among them", "count", 2, reads, floor="1"),
        Row("DynamoDB requests to extend it", "count", 3, len(extension), floor="2"),
        Row("DynamoDB requests to refuse one for lack of credit, with its list", "count", 3, len(refusal), floor="1"),
        Row("write units to refuse one, which lists it for 30 days", "count", 6, units_refused, floor="0"),
        Row("write units to authorize a call, index included", "count", 5, units_authorized, floor="4"),
        Row("write units to extend it", "count", 6, units_extended, floor="4"),
        Row(
            "write units of one held call with its authorization and index",
            "count",
            14,
            units_authorized + units_posted,
            floor="10",
        ),
    ]


def measure(lab: Laboratory, action: Any) -> tuple[list[Request], int]:
    """Return the requests of an action and their write units."""
    before = lab.items()
    with lab.wire.record() as requests, capture_output():
        action()
    return requests, write_units(requests, lab.items(), index_keys(), before)


def open_account(lab: Laboratory, caller: Caller = HELD, **settings: Any) -> None:
    """Open the caller's account with admission and credit, and other settings of an `Account`."""
    now = datetime.now(UTC) - timedelta(days=365)  # The line is older than its calls.
    account_id = caller.account
    account = Account(account_id, "USD", "UTC", "open", (), admission=True, **settings)
    AccountStore(lab.dynamodb, TABLE).store_account(account_id, partial(same, account), OPERATOR, now)
    UserStore(lab.dynamodb, TABLE).store(account_id, User(caller.user, "Ada"), OPERATOR, now)
    line = Line(caller.line, "+14155550100", caller.user, international_calling=True)
    LineStore(lab.dynamodb, TABLE).store_line(account_id, caller.line, partial(same, line), OPERATOR, now)
    credit = Adjustment(CREDIT_MICROS, "Credit")
    adjust_balance(lab.dynamodb, TABLE, account_id, "credit", credit, "UTC", OPERATOR, now)


def drain(lab: Laboratory) -> None:
    """Remove all credit."""
    removal = Adjustment(-CREDIT_MICROS, "Removed")
    adjust_balance(lab.dynamodb, TABLE, HELD.account, "drain", removal, "UTC", OPERATOR, datetime.now(UTC))


def ask(
    lab: Laboratory, call_id: str, seconds: int = SECONDS, *, is_allowed: bool = True, caller: Caller = HELD
) -> None:
    """Authorize a call as the switch does, and check the answer."""
    names = {"account_id": caller.account, "line_id": caller.line}
    body = {"call_id": call_id, **names, "to": mix.numbers(mix.CATEGORY)[0]}
    event = http_event("authorize_call", "POST", "/calls/authorize", body=body | {"requested_seconds": seconds})
    answer = lab.authorizer.handler(event, Context(ENOUGH_SECONDS))
    decision = json.loads(answer["body"])
    expect(decision.get("decision") == ("allow" if is_allowed else "deny"), f"{call_id}: {answer['body']}")


def end_message(call_id: str, number: str, caller: Caller = HELD) -> str:
    """Return the message that ends the call now."""
    started = datetime.now(UTC).replace(microsecond=0) - timedelta(seconds=SECONDS)
    event = json.loads(mix.event_body(0, 0, number, started, SECONDS))
    named = {"account_id": caller.account, "line_id": caller.line, "user_id": caller.user, "from": "+14155550100"}
    return json.dumps(event | named | {"call_id": call_id})
