"""Warns of credit that expires, and takes it back after its end, a step at a time.

The law: used + expired + removed never exceeds the amount of a lot, and an expiry never takes held credit or makes a
debt. The entry, its day, the balance, and the lot are one transaction. It requires that the lot is as it was read, that
the running sum of charges is, too, and that the credit is available. The number of the lot's parts is in the entry's
key, so a repeated step finds the lot changed and does nothing.

A second law: what an earlier release may have used never expires, because that release does not keep the running sum.
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from calling_credit.accounts.reader import AccountReader
from calling_credit.categories import CREDIT_EXPIRED
from calling_credit.dynamodb import keys, lot_keys
from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.retries import retry_on_race
from calling_credit.dynamodb.transactions import transact, update
from calling_credit.instants import format_instant, local_date
from calling_credit.ledger.balance import Balance
from calling_credit.ledger.balance_update import extend_balance_action
from calling_credit.ledger.entries import Entry, EntryKind
from calling_credit.ledger.posting import posting_plan
from calling_credit.ledger.posting_plan import BALANCE
from calling_credit.ledger.reader import LedgerReader
from calling_credit.lots.consumption import is_followed, next_time, unused_micros
from calling_credit.lots.granting import lot_name, unchanged_charges
from calling_credit.lots.lot import ExpiredPart, Lot, RemovedPart, lot_sweep_keys, unchanged_parts
from calling_credit.lots.schedule import RETRY, expires_from, is_given_up, next_step, warning_days
from calling_credit.lots.store import read_lots

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LOT: Final = "The credit is"
"""The subject of the error after losing every race with concurrent changes."""


class LotStep(StrEnum):
    """What a step did. `postponed`: the lot is looked at again later. `changed`: another run took the step."""

    WARNED = "warned"
    EXPIRED = "expired"
    POSTPONED = "postponed"
    ENDED = "ended"
    CHANGED = "changed"


class LotSweep:
    """Takes the due steps of lots. `grace`: how long after its end a lot expires."""

    def __init__(self, client: "DynamoDBClient", table_name: str, grace: timedelta, now: datetime) -> None:
        self._client = client
        self._table_name = table_name
        self._grace = grace
        self._now = now

    def step(self, due: Lot) -> LotStep:
        """Take the step of a lot that the index listed as due.

        Raises:
            UnreadableItem: an item of its account cannot be read. NotFound: `unknown_account`.
            Unavailable: `busy`, or the table did not answer in time; a later round takes the step.
        """
        return retry_on_race(LOT, lambda: self._attempt(due))

    def _attempt(self, due: Lot) -> LotStep | None:
        balance = LedgerReader(self._client, self._table_name, due.account_id).balance()
        lots = read_lots(self._client, self._table_name, due.account_id, balance)
        lot = next((lot for lot in lots if lot.lot_id == due.lot_id), None)
        if lot is None or lot.ends_at is None or lot.due_at is None or lot.due_at != due.due_at:
            return LotStep.CHANGED
        unused = unused_micros(lots, balance.charged_micros)[lot.lot_id]
        days = warning_days(lot.ends_at, self._now)
        if days is not None:
            return self._warn(lot, days, unused)
        starts = expires_from(lot.ends_at, self._grace)
        if self._now < starts:
            step = next_step(lot.ends_at, self._now) if self._now < datetime.fromisoformat(lot.ends_at) else None
            return self._postpone(lot, step or format_instant(starts))
        return self._expire(lot, lots, unused, balance)

    def _warn(self, lot: Lot, days: int, unused: int) -> LotStep | None:
        """Record a warning, from which its event follows, unless nothing is left."""
        due = next_step(str(lot.ends_at), self._now)
        if not unused:
            return self._postpone(lot, due)
        warning = {"warned_days": days, "warned_micros": unused, "warned_at": format_instant(self._now)}
        return self._change(lot, {**lot_sweep_keys(lot, due), **warning}, LotStep.WARNED)

    def _postpone(self, lot: Lot, due: str) -> LotStep | None:
        return self._change(lot, lot_sweep_keys(lot, due), LotStep.POSTPONED)

    def _expire(self, lot: Lot, lots: Sequence[Lot], unused: int, balance: Balance) -> LotStep | None:
        """Take back the rest, if it is available. Only the part that holds keep back is tried again later, as is a rest
        that is not sure, because an earlier release has moved credit. A part that is missing, as after a debt, stays
        with the customer at once, so that no expiry takes credit that was bought after it.
        """
        charged, untraced = balance.charged_micros, balance.untraced_micros
        at = next_time(lots, charged, self._now)
        taken, waiting = 0, unused
        if is_followed(lots, untraced):
            taken = min(unused, max(0, balance.available_micros))
            waiting = max(0, min(unused, balance.posted_micros) - taken)
        is_over = not waiting or is_given_up(str(lot.ends_at), self._grace, self._now)
        values: dict[str, Any] = lot_sweep_keys(lot, format_instant(self._now + RETRY))
        if is_over:
            values = {"ended_at": at, "charged_at_end": charged, "untraced_at_end": untraced}
        elif left := unused - taken - waiting:
            removed = RemovedPart(at, left, charged)
            values |= {"removed": [*map(asdict, lot.removed), asdict(removed)], "removed_parts": len(lot.removed) + 1}
        condition, seen = unchanged_charges(balance)
        if not taken:
            step = LotStep.ENDED if is_over else LotStep.POSTPONED
            return self._settle(lot, values, condition, seen, step)
        after = replace(lot, expired_micros=lot.expired_micros + taken, expired_parts=lot.expired_parts + 1)
        account = AccountReader(self._client, self._table_name, lot.account_id).account()
        plan = posting_plan(self._table_name, [expired_entry(after, taken, account.time_zone, self._now)])
        extend_balance_action(
            plan.actions[BALANCE], {}, f"{condition} AND available_micros >= :seen_taken", seen | {":seen_taken": taken}
        )
        values |= {"expired_micros": after.expired_micros, "expired_parts": after.expired_parts}
        values["parts"] = [*map(asdict, lot.parts), asdict(ExpiredPart(at, taken, charged))]
        plan.add(lot_name(lot), self._update(lot, values, ends=is_over))
        return None if plan.write(self._client) else LotStep.EXPIRED

    def _settle(
        self, lot: Lot, values: dict[str, Any], condition: str, seen: dict[str, Any], step: LotStep
    ) -> LotStep | None:
        """End or postpone a lot of which nothing is taken, if the running sum is still the stored one."""
        check: dict[str, Any] = {"TableName": self._table_name, "Key": keys.balance_key(lot.account_id)}
        check |= {"ConditionExpression": condition, "ExpressionAttributeValues": to_attributes(seen)}
        update_of_lot = self._update(lot, values, ends=step is LotStep.ENDED)
        return None if transact(self._client, [update_of_lot, {"ConditionCheck": check}]) else step

    def _change(self, lot: Lot, values: dict[str, Any], step: LotStep) -> LotStep | None:
        return None if transact(self._client, [self._update(lot, values, ends=False)]) else step

    def _update(self, lot: Lot, values: dict[str, Any], *, ends: bool) -> dict[str, Any]:
        """The action that changes a lot, if it is as it was read."""
        expression = "SET " + ", ".join(f"{name} = :{name}" for name in values)
        if ends:
            expression += " REMOVE sweep_pk, sweep_sk"
        condition, seen = unchanged_parts(lot)
        seen[":seen_due"] = lot_sweep_keys(lot, str(lot.due_at))["sweep_sk"]
        key = to_attributes({"PK": keys.account_pk(lot.account_id), "SK": lot.sort_key})
        placeholders = to_attributes({f":{name}": value for name, value in values.items()} | seen)
        return update(self._table_name, key, expression, f"sweep_sk = :seen_due AND {condition}", placeholders)


def expired_entry(after: Lot, taken_micros: int, time_zone: str, now: datetime) -> Entry:
    """The entry that takes back the last part of a lot that has expired."""
    instant, cause_id = format_instant(now), lot_keys.expired_id(after.lot_id, after.expired_parts)
    return Entry(
        account_id=after.account_id,
        happened_at=instant,
        cause_id=cause_id,
        kind=EntryKind.CREDIT_EXPIRED,
        category=CREDIT_EXPIRED,
        amount_micros=-taken_micros,
        local_date=local_date(now, time_zone),
        recorded_at=instant,
        facts_hash=cause_id,
        explanation={"lot_id": after.lot_id, "granted_at": after.granted_at, "ends_at": str(after.ends_at)},
    )
