"""Judges the messages of the dead-letter queue: why each is refused now, and what an operator can do."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from rich.markup import escape
from rich.table import Table

from calling_credit.accounts.cache import AccountFacts
from calling_credit.accounts.line_numbers import LEAD
from calling_credit.accounts.number_resolver import NumberResolver
from calling_credit.call_events import parse_event, read_event
from calling_credit.calls import Call, FreeEvent
from calling_credit.charging.intake import FIRST_SENT
from calling_credit.charging.named_events import LineFinder
from calling_credit.dynamodb.batch_get import Key, read_many
from calling_credit.dynamodb.keys import account_pk, balance_sk, entry_sk
from calling_credit.instants import format_instant
from calling_credit.ledger.charge_reader import was_corrected_to
from calling_credit.ledger.entries import same_facts
from calling_credit.rejection_codes import Rejection, RejectionCode
from ops.stack import FoundStack

MAX_ROWS: Final = 100
HOME_COUNTRIES: Final = "US,CA"
"""The template's default."""
MAX_SHOWN: Final = 96
MAY_PASS: Final = (
    RejectionCode.STARTED_TOO_FAR_AHEAD,
    RejectionCode.ENDED_IN_THE_FUTURE,
    RejectionCode.NUMBER_AMBIGUOUS,
)
"""The refusals that end with time, or when the operator has acted."""
_SHOWN: Final = ("direction", "account_id", "call_id", "duration_seconds")


class LedgerVerdict(StrEnum):
    """What the ledger says of a valid call that is in the dead-letter queue and was not refused by name."""

    WOULD_BE_TAKEN = "would_be_taken"
    CHARGED_ALREADY = "charged_already"


@dataclass(frozen=True, slots=True)
class DeadCall:
    """A message in the dead-letter queue and why it is refused; a `hopeless` call can never be charged.

    `fields` are the direction, account, call, and seconds of the message, as far as it names them.
    """

    message_id: str
    receipt: str
    body: str
    first_sent_ms: int
    fields: tuple[str, ...]
    code: RejectionCode | LedgerVerdict
    detail: str
    hopeless: bool

    @property
    def sent_at(self) -> str:
        """When the message was first sent."""
        return format_instant(datetime.fromtimestamp(self.first_sent_ms / 1000, UTC))


def judge(stack: FoundStack, messages: Sequence[dict[str, Any]], now: datetime) -> list[DeadCall]:
    """Return why each message is refused now, by its form or by the ledger."""
    lead = timedelta(seconds=int(stack.parameters.get("LeadSeconds") or LEAD.total_seconds()))
    numbers = NumberResolver(stack.client("dynamodb"), stack.table_name, lead)
    home = (stack.parameters.get("HomeCountries") or HOME_COUNTRIES).partition(",")[0]
    finder = LineFinder(numbers, AccountFacts(stack.client("dynamodb"), stack.table_name), home)
    events = finder.complete([read_event(message["Body"]) for message in messages], now)
    outcomes = [event if isinstance(event, Rejection) else parse_event(event, now) for event in events]
    calls = [outcome for outcome in outcomes if isinstance(outcome, Call)]
    keys = {key for call in calls for key in (_balance_of(call), _entry_of(call))}
    items = read_many(stack.client("dynamodb"), stack.table_name, sorted(keys))
    return [_dead_call(stack, message, outcome, items) for message, outcome in zip(messages, outcomes, strict=True)]


def _balance_of(call: Call) -> Key:
    return account_pk(call.account_id), balance_sk()


def _entry_of(call: Call) -> Key:
    return account_pk(call.account_id), entry_sk(call.happened_at, call.call_key)


def _dead_call(
    stack: FoundStack,
    message: dict[str, Any],
    outcome: Call | FreeEvent | Rejection,
    items: Mapping[Key, dict[str, Any]],
) -> DeadCall:
    code: RejectionCode | LedgerVerdict
    if isinstance(outcome, Rejection):
        code, detail = outcome.code, outcome.detail
    elif isinstance(outcome, FreeEvent):
        code, detail = LedgerVerdict.WOULD_BE_TAKEN, "The event costs nothing; send it back to release its hold."
    else:
        code, detail = _judge_by_ledger(stack, outcome, items)
    is_hopeless = isinstance(outcome, Rejection) and code not in MAY_PASS
    return DeadCall(
        message["MessageId"],
        message["ReceiptHandle"],
        message["Body"],
        _first_sent_ms(message),
        _fields_of(message["Body"]),
        code,
        detail,
        is_hopeless,
    )


def _first_sent_ms(message: dict[str, Any]) -> int:
    sent = int(message["Attributes"]["SentTimestamp"])
    first = message.get("MessageAttributes", {}).get(FIRST_SENT, {}).get("StringValue", "")
    return min(sent, int(first)) if first.isascii() and first.isdigit() else sent


def _fields_of(body: str) -> tuple[str, ...]:
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        event = None
    values = [event.get(name) for name in _SHOWN] if isinstance(event, dict) else [None] * len(_SHOWN)
    return tuple(str(value)[:MAX_SHOWN] if isinstance(value, str | int | float) else "" for value in values)


def _judge_by_ledger(
    stack: FoundStack, call: Call, items: Mapping[Key, dict[str, Any]]
) -> tuple[RejectionCode | LedgerVerdict, str]:
    if _balance_of(call) not in items:
        return RejectionCode.UNKNOWN_ACCOUNT, f"Create the account {call.account_id}, then send the call back."
    entry = items.get(_entry_of(call))
    if entry is None:
        return LedgerVerdict.WOULD_BE_TAKEN, "The call would be charged now; send it back."
    if same_facts(entry, call) or was_corrected_to(
        stack.client("dynamodb"), stack.table_name, call.key, call.dialled_number, call.duration_seconds
    ):
        return LedgerVerdict.CHARGED_ALREADY, "The call is in the ledger; sending it back changes nothing."
    detail = (
        "Another record of this call_id is charged. If this one is right, correct the call with make correct-call"
        f" ACCOUNT={call.account_id} CALL={call.call_key} STARTED_AT={call.happened_at} SECONDS={call.duration_seconds}"
        " REASON=…, then send it back. If it is another call, give it its own id."
    )
    return RejectionCode.CONFLICTING_CALL, detail


def counts_of(calls: Sequence[DeadCall]) -> list[tuple[str, int]]:
    """Return how many calls have each code, the most frequent first."""
    return Counter(str(call.code) for call in calls).most_common()


def table_of(calls: Sequence[DeadCall]) -> Table:
    """Return a table of the calls and the reasons."""
    table = Table(box=None, header_style="bold")
    for name in ("message", "sent", "code", "direction", "account", "call", "seconds", "what to do"):
        table.add_column(name, overflow="fold")
    for call in calls[:MAX_ROWS]:
        table.add_row(call.message_id, call.sent_at, call.code, *map(escape, (*call.fields, call.detail)))
    return table
