"""The rows of admission: what it costs to ask before a call, and a call from asking to its charge."""

import json
from datetime import UTC, datetime
from functools import partial
from typing import Any

from calling_credit.accounts.account import Account, Line
from calling_credit.accounts.line_store import LineStore, Source
from calling_credit.accounts.store import AccountStore
from calling_credit.ledger.adjustments import Adjustment, adjust_balance
from tests.benchmarks import mix
from tests.benchmarks.capacity import READS, Request, write_units
from tests.benchmarks.laboratory import ENOUGH_SECONDS, Laboratory, captured_output, same
from tests.benchmarks.posting import expect, index_keys
from tests.benchmarks.rows import Row
from tests.harness.http import http_event
from tests.harness.table import TABLE, Context

ACCOUNT, LINE = "acct_held", "line_held"
CREDIT_MICROS = 100_000_000
SECONDS = 600


def admission_rows(lab: Laboratory) -> list[Row]:
    """Every row of admission."""
    lab.fresh()
    open_account(lab)
    with captured_output():
        ask(lab, "warm_up")
    number = mix.numbers(mix.CATEGORY)[0]
    asked, units_asked = measured(lab, partial(ask, lab, "held"))
    again, units_again = measured(lab, partial(ask, lab, "held", 2 * SECONDS))
    before = lab.items()
    with lab.wire.recorded() as posted, captured_output():
        lab.rate([finished("held", number)])
    units_posted = write_units(posted, lab.items(), index_keys(), before)
    [hold] = [item for key, item in lab.items().items() if key[1].endswith("#held") and "asked_at" in item]
    expect(hold["status"]["S"] == "released", "the held call is posted and its hold released")
    expect(lab.entries() == 2, "the held call is charged, beside the credit")
    drain(lab)
    refused, units_refused = measured(lab, partial(ask, lab, "refused", is_allowed=False))
    expect(units_refused == 0, "a refusal for lack of credit writes nothing")
    reads = sum(request.operation in READS for request in asked)
    return [
        Row("DynamoDB requests to authorize a call", "count", 3, len(asked), floor="2"),
        Row("reads among them", "count", 2, reads, floor="1"),
        Row("DynamoDB requests to extend it", "count", 3, len(again), floor="2"),
        Row("DynamoDB requests to refuse one for lack of credit", "count", 2, len(refused), floor="1"),
        Row("write units to authorize a call, index included", "count", 5, units_asked, floor="4"),
        Row("write units to extend it", "count", 6, units_again, floor="4"),
        Row(
            "write units of one held call with its authorization and index",
            "count",
            14,
            units_asked + units_posted,
            floor="10",
        ),
    ]


def measured(lab: Laboratory, act: Any) -> tuple[list[Request], int]:
    """The requests of an act, and their write units."""
    before = lab.items()
    with lab.wire.recorded() as requests, captured_output():
        act()
    return requests, write_units(requests, lab.items(), index_keys(), before)


def open_account(lab: Laboratory) -> None:
    """An account for whose calls credit is held, with some."""
    now = datetime.now(UTC)
    AccountStore(lab.dynamodb, TABLE).store_account(Account(ACCOUNT, "USD", "UTC", "open", (), admission=True), now)
    line = Line(LINE, "+14155550100", "user_held", international_calling=True)
    LineStore(lab.dynamodb, TABLE).store_line(ACCOUNT, LINE, partial(same, line), Source("operator", ""), now)
    adjust_balance(lab.dynamodb, TABLE, ACCOUNT, "credit", Adjustment(CREDIT_MICROS, "Credit"), "UTC", now)


def drain(lab: Laboratory) -> None:
    """Take all the credit away."""
    taken = Adjustment(-CREDIT_MICROS, "Taken")
    adjust_balance(lab.dynamodb, TABLE, ACCOUNT, "drain", taken, "UTC", datetime.now(UTC))


def ask(lab: Laboratory, call_id: str, seconds: int = SECONDS, *, is_allowed: bool = True) -> None:
    """The switch's question, whose answer is checked."""
    body = {"call_id": call_id, "account_id": ACCOUNT, "line_id": LINE, "to": mix.numbers(mix.CATEGORY)[0]}
    event = http_event("authorize_call", "POST", "/calls/authorize", body=body | {"requested_seconds": seconds})
    answer = lab.authorizer.handler(event, Context(ENOUGH_SECONDS))
    said = json.loads(answer["body"])
    expect(said.get("decision") == ("allow" if is_allowed else "deny"), f"{call_id}: {answer['body']}")


def finished(call_id: str, number: str) -> str:
    """The message of the call's end."""
    started = datetime.now(UTC).replace(microsecond=0)
    told = json.loads(mix.event_body(0, 0, number, started, SECONDS))
    return json.dumps(told | {"call_id": call_id, "account_id": ACCOUNT, "line_id": LINE, "user_id": "user_held"})
