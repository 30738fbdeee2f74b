"""Posts a correction of a call exactly once per Idempotency-Key.

The law: the claim of the key, both entries, their days, the balance, and the recorded change are one transaction, on
the condition that the call's number is not erased meanwhile. The entries have the next number of the call, so a
concurrent correction or rerating writes first or not at all; then the correction reads the call again and corrects the
result.
"""

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from calling_credit.accounts.entry_counters import counters_of
from calling_credit.budgets.marking import mark_replacing_entries
from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import Actor
from calling_credit.changes.change import Change, change_action, difference
from calling_credit.charging.corrections import (
    Correction,
    CorrectionRequest,
    Figures,
    changes_call,
    correct_duration,
    correction_id,
    figures_view,
    unknown_call,
    waive,
)
from calling_credit.charging.goodwill_items import goodwill_action, goodwill_name, read_goodwill, with_goodwill
from calling_credit.charging.listed_calls import is_waiting
from calling_credit.charging.rerating import RatedAgain
from calling_credit.dynamodb import keys, minute_keys
from calling_credit.dynamodb.attributes import to_attribute, to_attributes
from calling_credit.dynamodb.partition import Partition
from calling_credit.dynamodb.transactions import transact, update
from calling_credit.errors import Conflict, ProblemCode, Unavailable
from calling_credit.instants import format_instant
from calling_credit.ledger.charge_reader import read_charged_call
from calling_credit.ledger.charged_calls import ChargedCall
from calling_credit.ledger.permits import Permit, add_permit, check_permitted, unlimited
from calling_credit.ledger.posting import posting_plan
from calling_credit.ledger.posting_plan import ActionName, Plan
from calling_credit.lots.returning import LotReturns
from calling_credit.rates.deck import RateRow

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_ATTEMPTS: Final = 6
"""Attempts of a correction that loses races."""
CLAIM: Final[ActionName] = ("claim",)
STANDING: Final[ActionName] = ("standing",)
"""The action that checks the entry of the current charge."""
CHANGE: Final[ActionName] = ("change",)
"""The action that records the change."""


class CorrectionStore:
    """Corrects calls of one account for one operator."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        account_id: str,
        row_of: Callable[[ChargedCall], RateRow],
        tolerance: int,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        """`row_of` returns the row that priced a call. `tolerance` is the time beyond a hold that is not billed."""
        self._client = client
        self._table_name = table_name
        self._account_id = account_id
        self._row_of = row_of
        self._tolerance = tolerance
        self._sleep = sleep
        self._partition = Partition(client, table_name, keys.account_pk(account_id))

    def stored(self, request: CorrectionRequest, idempotency_key: str) -> Correction | None:
        """The correction that an earlier request with the same key posted; None without one.

        Raises:
            Conflict: `idempotency_key_reused`.
        """
        identifier = correction_id(self._account_id, idempotency_key)
        claimed = self._partition.get(keys.correction_sk(identifier))
        return None if claimed is None else _same_correction(claimed, request)

    def correct(
        self, request: CorrectionRequest, idempotency_key: str, actor: Actor, now: datetime, permit: Permit = unlimited
    ) -> Correction:
        """Post a correction. Return it, also if an earlier request with the same key posted it.

        Raises:
            NotFound: `unknown_call`.
            Conflict: `idempotency_key_reused`, the key was used with another call, duration, or reason;
                `price_not_stored`.
            NotPermitted: the permit of credit that the correction gives does not hold.
            Unavailable: the table did not answer in time, or every attempt lost a race; the same request is safe again.
        """
        identifier = correction_id(self._account_id, idempotency_key)
        for _ in range(MAX_ATTEMPTS):
            stored = self.stored(request, idempotency_key)
            if stored is not None:
                self._close_suspicious(request, now)
                return stored
            again = self._again(request, identifier, now)
            before = read_goodwill(self._client, self._table_name, self._account_id, [again.call]).get(again.call.call)
            again, after = with_goodwill(again, before, now)
            correction = _correction(request, again)
            plan = self._plan(correction, again, identifier, actor, now)
            if again.entries:
                action = goodwill_action(self._table_name, again.call, before, after)
                plan.add(goodwill_name(again.call), action)
            add_permit(plan, permit, again.change_micros)
            failed = plan.write(self._client, sleep=self._sleep)
            if not failed:
                self._close_suspicious(request, now)
                return correction
            check_permitted(failed, again.change_micros)
        raise Unavailable(ProblemCode.BUSY, "Others are changing this call at the moment; retry the request.")

    def preview(self, request: CorrectionRequest, now: datetime) -> Correction:
        """Return what a correction would change. Write nothing. Raises the errors of `correct`."""
        again = self._again(request, "", now)
        goodwill = read_goodwill(self._client, self._table_name, self._account_id, [again.call]).get(again.call.call)
        return _correction(request, with_goodwill(again, goodwill, now)[0])

    def _again(self, request: CorrectionRequest, identifier: str, now: datetime) -> RatedAgain:
        """Read the call, and charge it again as the correction states; without entries if that is nothing new."""
        call = read_charged_call(
            self._client, self._table_name, self._account_id, request.happened_at, request.call_key
        )
        if call is None:
            waiting = self._partition.get(keys.unrated_sk(request.happened_at, request.call_key))
            raise unknown_call(waits=waiting is not None and is_waiting(waiting))
        if not changes_call(call, request):
            return RatedAgain(call, [])
        if request.duration_seconds is None:
            return waive(call, identifier, now)
        row, left = self._row_of(call), self._left_seconds(call)
        return correct_duration(call, row, request.duration_seconds, identifier, self._tolerance, now, left)

    def _left_seconds(self, call: ChargedCall) -> int:
        """The rest on the counter of the call's included minutes; 0 for a call without a bundle."""
        counter = self._partition.get(minute_keys.minutes_sk(call.bundle)) if call.bundle else None
        return 0 if counter is None else int(counter["left_seconds"])

    def _plan(self, correction: Correction, again: RatedAgain, identifier: str, actor: Actor, now: datetime) -> Plan:
        """Plan the transaction; of a correction that changes nothing, only the claim."""
        entries, flags = mark_replacing_entries(self._client, self._table_name, again.entries)
        plan = posting_plan(self._table_name, entries, counters=counters_of(entries, flags)) if entries else Plan()
        if again.entries:
            plan.add(STANDING, self._check_standing(again.call))
            if again.returned:
                returns = LotReturns(self._client, self._table_name, self._account_id, now)
                returns.add(plan, entries[0].cause_id, again.returned)
        item = {
            "PK": self._partition.pk,
            "SK": keys.correction_sk(identifier),
            "call_key": correction.request.call_key,
            "happened_at": correction.request.happened_at,
            "stated_seconds": correction.request.duration_seconds,
            "reason": correction.request.reason,
            "corrected_by": actor.by,
            "recorded_at": format_instant(now),
            "before_seconds": correction.before.duration_seconds,
            "before_micros": correction.before.price_micros,
            "after_seconds": correction.after.duration_seconds,
            "after_micros": correction.after.price_micros,
            "goodwill_micros": correction.goodwill_micros or None,
        }
        put = {
            "TableName": self._table_name,
            "Item": to_attributes(item),
            "ConditionExpression": "attribute_not_exists(PK)",
        }
        plan.add(CLAIM, {"Put": put})
        if again.entries:
            change = _change(correction, identifier)
            plan.add(CHANGE, change_action(self._table_name, self._account_id, change, actor, now))
        return plan

    def _close_suspicious(self, request: CorrectionRequest, now: datetime) -> None:
        """Take the call off the list of suspicious calls, if it is on it: the operator has looked at it."""
        key = {
            "PK": {"S": self._partition.pk},
            "SK": {"S": keys.suspicious_sk(request.happened_at, request.call_key)},
        }
        expression = "SET outcome = :outcome, settled_at = :at REMOVE sweep_pk, sweep_sk"
        values = {":outcome": {"S": "corrected"}, ":at": {"S": format_instant(now)}}
        close = update(self._table_name, key, expression, "attribute_exists(sweep_pk)", values)
        transact(self._client, [close], sleep=self._sleep)

    def _check_standing(self, call: ChargedCall) -> dict[str, Any]:
        """The condition that the number was not erased since the call was read; else the new entries would show it."""
        return {
            "ConditionCheck": {
                "TableName": self._table_name,
                "Key": {"PK": {"S": call.last["PK"]}, "SK": {"S": call.last["SK"]}},
                "ConditionExpression": "#to = :to",
                "ExpressionAttributeNames": {"#to": "to"},
                "ExpressionAttributeValues": {":to": to_attribute(call.last["to"])},
            }
        }


def _correction(request: CorrectionRequest, again: RatedAgain) -> Correction:
    call = again.call
    seconds = call.duration_seconds if request.duration_seconds is None else request.duration_seconds
    return Correction(
        request,
        Figures(call.duration_seconds, call.charged_micros),
        Figures(seconds, call.charged_micros - again.charge_change_micros),
        again.charge_change_micros - again.change_micros,
    )


def _change(correction: Correction, identifier: str) -> Change:
    """The recorded change. A waiver of a free call has the same values before and after."""
    is_waived = correction.request.duration_seconds is None
    action = ChangeAction.CALL_WAIVED if is_waived else ChangeAction.CALL_CORRECTED
    old, new = difference(figures_view(correction.before), figures_view(correction.after))
    facts = {"started_at": correction.request.happened_at, "reason": correction.request.reason}
    return Change(action, f"call:{correction.request.call_key}", identifier, old, new | facts)


def _same_correction(claimed: Mapping[str, Any], request: CorrectionRequest) -> Correction:
    """The stored correction, if it is the requested one."""
    stored = CorrectionRequest(
        claimed["call_key"], claimed["happened_at"], claimed.get("stated_seconds"), claimed["reason"]
    )
    if stored != request:
        raise Conflict(
            ProblemCode.IDEMPOTENCY_KEY_REUSED,
            "This Idempotency-Key was used with another correction; use a new key for a new correction.",
        )
    return Correction(
        request,
        Figures(claimed["before_seconds"], claimed["before_micros"]),
        Figures(claimed["after_seconds"], claimed["after_micros"]),
        claimed.get("goodwill_micros", 0),
    )
