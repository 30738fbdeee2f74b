"""Judges the messages of the dead-letter queue: why each is refused now, and what an operator can do."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
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
from calling_credit.charging.intake import FIRST_SENT, first_sent_ms
from calling_credit.charging.named_events import LineFinder
from calling_credit.correlation import CORRELATION_ID
from calling_credit.dynamodb.batch_get import Key, read_many
from calling_credit.dynamodb.keys import account_pk, balance_sk, entry_sk
from calling_credit.dynamodb.unreadable import UnreadableItem, ignore_unreadable
from calling_credit.instants import format_instant
from calling_credit.ledger.charge_reader import was_corrected_to
from calling_credit.ledger.entries import same_facts
from calling_credit.rejection_codes import UNREADABLE_ITEM, Rejection, RejectionCode
from ops.dead_letters import Letter
from ops.stack import FoundStack

MAX_ROWS: Final = 100
HOME_COUNTRIES: Final = "US,CA"
"""The template's default."""
MAX_SHOWN: Final = 96
MAY_PASS: Final = (
    RejectionCode.STARTED_TOO_FAR_AHEAD,
    RejectionCode.ENDED_IN_THE_FUTURE,
    RejectionCode.NUMBER_AMBIGUOUS,
    RejectionCode.UNREADABLE_ITEM,
)
"""The refusals that end with time, or when the operator has acted: such a call is never removed."""
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

    letter: Letter
    first_sent_ms: int
    fields: tuple[str, ...]
    code: RejectionCode | LedgerVerdict
    detail: str
    hopeless: bool

    @property
    def sent_at(self) -> str:
        """When the message was first sent."""
        return format_instant(datetime.fromtimestamp(self.first_sent_ms / 1000, UTC))


class Judge:
    """Says why messages are refused now, by their form or by the ledger, with few requests for many messages."""

    def __init__(self, stack: FoundStack, now: datetime) -> None:
        self._client = stack.client("dynamodb")
        self._table_name = stack.table_name
        self._now = now
        lead = timedelta(seconds=int(stack.parameters.get("LeadSeconds") or LEAD.total_seconds()))
        numbers = NumberResolver(self._client, stack.table_name, lead, on_unreadable=ignore_unreadable)
        home = (stack.parameters.get("HomeCountries") or HOME_COUNTRIES).partition(",")[0]
        self._finder = LineFinder(numbers, AccountFacts(self._client, stack.table_name), home)

    def judge(self, letters: Sequence[Letter]) -> list[DeadCall]:
        """Judge messages in their order."""
        events = self._finder.complete([read_event(letter.body) for letter in letters], self._now)
        outcomes = [event if isinstance(event, Rejection) else parse_event(event, self._now) for event in events]
        calls = [outcome for outcome in outcomes if isinstance(outcome, Call)]
        keys = {key for call in calls for key in (_balance_of(call), _entry_of(call))}
        items = read_many(self._client, self._table_name, sorted(keys))
        return [self._dead_call(letter, outcome, items) for letter, outcome in zip(letters, outcomes, strict=True)]

    def _dead_call(
        self, letter: Letter, outcome: Call | FreeEvent | Rejection, items: Mapping[Key, dict[str, Any]]
    ) -> DeadCall:
        code: RejectionCode | LedgerVerdict
        if isinstance(outcome, Rejection):
            code, detail = outcome.code, outcome.detail
        elif isinstance(outcome, FreeEvent):
            code, detail = LedgerVerdict.WOULD_BE_TAKEN, "The event costs nothing; send it back to release its hold."
        else:
            code, detail = self._judge_by_ledger(outcome, items)
        is_hopeless = isinstance(outcome, Rejection) and code not in MAY_PASS
        return DeadCall(letter, _first_sent_ms(letter), _fields_of(letter.body), code, detail, is_hopeless)

    def _judge_by_ledger(
        self, call: Call, items: Mapping[Key, dict[str, Any]]
    ) -> tuple[RejectionCode | LedgerVerdict, str]:
        if _balance_of(call) not in items:
            return RejectionCode.UNKNOWN_ACCOUNT, f"Create the account {call.account_id}, then send the call back."
        entry = items.get(_entry_of(call))
        if entry is None:
            return LedgerVerdict.WOULD_BE_TAKEN, "The call would be charged now; send it back."
        try:
            is_charged = same_facts(entry, call) or was_corrected_to(
                self._client, self._table_name, call.key, call.dialled_number, call.duration_seconds
            )
        except UnreadableItem:
            return UNREADABLE_ITEM.code, UNREADABLE_ITEM.detail
        if is_charged:
            return LedgerVerdict.CHARGED_ALREADY, "The call is in the ledger; sending it back changes nothing."
        detail = (
            "Another record of this call_id is charged. If this one is right, correct the call with make correct-call"
            f" ACCOUNT={call.account_id} CALL={call.call_key} STARTED_AT={call.happened_at}"
            f" SECONDS={call.duration_seconds} REASON=…, then send it back. If it is another call, give it its own id."
        )
        return RejectionCode.CONFLICTING_CALL, detail


def _balance_of(call: Call) -> Key:
    return account_pk(call.account_id), balance_sk()


def _entry_of(call: Call) -> Key:
    return account_pk(call.account_id), entry_sk(call.happened_at, call.call_key)


def _first_sent_ms(letter: Letter) -> int:
    return first_sent_ms(letter.sent_ms, letter.attributes.get(FIRST_SENT, {}).get("StringValue"))


def returning_letter(call: DeadCall) -> Letter:
    """The message as it is sent again. It says when it was first sent, so that an old unanswered call does not seem to
    have ended now, and keeps its correlation id.
    """
    first = {FIRST_SENT: {"DataType": "Number", "StringValue": str(call.first_sent_ms)}}
    cause = {CORRELATION_ID: {"DataType": "String", "StringValue": call.letter.message_id}}
    return replace(call.letter, attributes={**cause, **call.letter.attributes, **first})


def _fields_of(body: str) -> tuple[str, ...]:
    try:
        event = json.loads(body)
    except (ValueError, RecursionError):
        event = None
    values = [event.get(name) for name in _SHOWN] if isinstance(event, dict) else [None] * len(_SHOWN)
    return tuple(str(value)[:MAX_SHOWN] if isinstance(value, str | int | float) else "" for value in values)


def table_of(calls: Sequence[DeadCall]) -> Table:
    """Return a table of the calls and the reasons."""
    table = Table(box=None, header_style="bold")
    for name in ("message", "sent", "code", "direction", "account", "call", "seconds", "what to do"):
        table.add_column(name, overflow="fold")
    for call in calls[:MAX_ROWS]:
        table.add_row(call.letter.message_id, call.sent_at, call.code, *map(escape, (*call.fields, call.detail)))
    return table
