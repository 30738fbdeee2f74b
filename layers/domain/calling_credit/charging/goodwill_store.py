"""Gives goodwill for a call, exactly once per Idempotency-Key and once per call.

The law: the claim of the key, the goodwill of the call, its entry, day, and balance, the recorded change, and the
permission are one transaction, on the condition that the charge of the call that was read still stands.
"""

import time
from collections.abc import Callable
from datetime import datetime
from typing import TYPE_CHECKING, Final

from calling_credit.accounts.reader import AccountReader
from calling_credit.changes.actor import Actor
from calling_credit.changes.change import Change, change_action
from calling_credit.charging.corrections import unknown_call
from calling_credit.charging.goodwill import Goodwill, GoodwillRequest, give, goodwill_entry, goodwill_given
from calling_credit.charging.goodwill_items import (
    goodwill_name,
    put_goodwill_action,
    read_goodwill,
    standing_charge_action,
)
from calling_credit.dynamodb import keys, move_keys
from calling_credit.dynamodb.partition import Partition
from calling_credit.dynamodb.retries import retry_on_race
from calling_credit.ledger.charge_reader import find_charged_call
from calling_credit.ledger.charged_calls import ChargedCall
from calling_credit.ledger.claims import CLAIM, check_same, claim_action
from calling_credit.ledger.permits import Permit, add_permit, check_permitted
from calling_credit.ledger.posting import posting_plan
from calling_credit.ledger.posting_plan import ActionName, Plan
from calling_credit.money import format_money

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

STANDING: Final[ActionName] = ("standing",)
"""The condition that the charge of the call still stands."""
CHANGE: Final[ActionName] = ("change",)
CALL: Final = "The call is"
"""The subject of the error after losing every race with concurrent changes."""


class GoodwillStore:
    """Gives goodwill for calls of one account."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        account_id: str,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._account_id = account_id
        self._sleep = sleep
        self._partition = Partition(client, table_name, keys.account_pk(account_id))

    def given(self, request: GoodwillRequest, goodwill_id: str) -> str | None:
        """The time of the call to which an earlier request with the same key gave this goodwill; None without one.

        Raises:
            Conflict: `idempotency_key_reused`.
        """
        claimed = self._partition.get(move_keys.move_sk(goodwill_id))
        if claimed is None:
            return None
        check_same(claimed, request.facts)
        return str(claimed["happened_at"])

    def give(self, request: GoodwillRequest, goodwill_id: str, actor: Actor, permit: Permit, now: datetime) -> str:
        """Give goodwill, unless an earlier request with the same key has. Return the time of the call.

        Raises:
            NotFound: `unknown_account`, `unknown_call`.
            InvalidValue: `amount_out_of_range`, more than the call costs now.
            Conflict: `goodwill_given`, `idempotency_key_reused`.
            NotPermitted: the permit does not hold.
            Unavailable: `busy`, or the table did not answer in time; the same request is safe again.
        """
        time_zone = AccountReader(self._client, self._table_name, self._account_id).account().time_zone

        def attempt() -> str | None:
            if (given := self.given(request, goodwill_id)) is not None:
                return given
            call = find_charged_call(
                self._client, self._table_name, self._account_id, request.call_key, request.started_at, now
            )
            if call is None or not call.is_charged:
                raise unknown_call()
            if read_goodwill(self._client, self._table_name, self._account_id, [call]):
                if (given := self.given(request, goodwill_id)) is not None:
                    return given
                raise goodwill_given()
            goodwill = give(request, call, goodwill_id, time_zone, now)
            plan = self._plan(request, call, goodwill, actor, now)
            add_permit(plan, permit, goodwill.given_micros)
            failed = plan.write(self._client, sleep=self._sleep)
            check_permitted(failed, goodwill.given_micros)
            return None if failed else goodwill.happened_at

        return retry_on_race(CALL, attempt)

    def _plan(
        self, request: GoodwillRequest, call: ChargedCall, goodwill: Goodwill, actor: Actor, now: datetime
    ) -> Plan:
        plan = posting_plan(self._table_name, [goodwill_entry(goodwill)])
        facts = {**request.facts, "happened_at": goodwill.happened_at}
        claim = claim_action(self._table_name, self._account_id, goodwill.goodwill_id, facts, actor, now)
        plan.add(CLAIM, claim)
        plan.add(goodwill_name(call), put_goodwill_action(self._table_name, goodwill, actor.by))
        plan.add(STANDING, standing_charge_action(self._table_name, call))
        happened_at, call_key = call.call
        change = Change(
            "goodwill_given",
            f"call:{call_key}",
            goodwill.goodwill_id,
            new={
                "amount": format_money(goodwill.given_micros),
                "started_at": happened_at,
                "reason": goodwill.reason,
            },
        )
        plan.add(CHANGE, change_action(self._table_name, self._account_id, change, actor, now))
        return plan


def goodwill_view(request: GoodwillRequest, goodwill_id: str, happened_at: str, balance_micros: int) -> dict[str, str]:
    """A goodwill in the form of the API."""
    return {
        "id": goodwill_id,
        "call_key": request.call_key,
        "started_at": happened_at,
        "amount": format_money(request.amount_micros),
        "balance": format_money(balance_micros),
    }
