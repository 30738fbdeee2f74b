"""Answers whether a call may be connected and holds the credit for it: what matters is read, the day's charges after
the balance; one decision, one transaction. Whoever comes second to the same credit finds its condition lost, reads
again and decides again.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from calling_credit.accounts.limits import limits_of
from calling_credit.admission.decision import Account, Ask, Credit, Decision, Situation, decide, depends_on_the_day
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.errors import (
    AWS_ERRORS,
    is_condition_failed,
    is_passing,
    jittered_wait,
    translated,
)
from calling_credit.dynamodb.transactions import transact
from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.instants import format_instant, local_date
from calling_credit.ledger.headroom import nudge_action
from calling_credit.ledger.hold_store import hold_actions, read_hold_item
from calling_credit.ledger.holds import Hold, holds_now
from calling_credit.numbering import UNKNOWN_COUNTRY, country_of
from calling_credit.rates.deck import Deck
from calling_credit.recharge.items import read_recharge_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class Look:
    """What was read. `may_nudge`: a recharge may be due, and nobody is known to work on it. `denials` is what was
    announced lately. `time_zone` is the account's, None if there is none.
    """

    situation: Situation
    may_nudge: bool
    denials: dict[str, Any] = field(default_factory=dict)
    time_zone: str | None = None


class HoldKeeper:
    """Holds credit for calls of any account."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name

    def authorize(
        self,
        ask: Ask,
        deck: Deck,
        now: datetime,
        seconds_left: Callable[[], float],
        sleep: Callable[[float], None] = time.sleep,
    ) -> tuple[Decision, Look]:
        """What the switch is told, and what it was judged by. When it is allowed, what was decided is held.

        Raises:
            Conflict: `call_id_reused`. Unavailable: the table did not take it in time; asking again is safe.
        """
        attempt = 0
        while True:
            look = self._look(ask, deck, now)
            decision = decide(look.situation)
            if depends_on_the_day(look.situation, decision):
                look = self._look_at_the_day(look, deck)
                decision = decide(look.situation)
            if decision.hold is None or self._hold(look.situation, decision.hold):
                return decision, look
            attempt += 1
            if seconds_left() <= 0:
                raise Unavailable(ProblemCode.BUSY, "Too many ask for this account's credit at once; ask again.")
            sleep(min(jittered_wait(attempt), max(0.0, seconds_left())))

    def nudge(self, account_id: str) -> None:
        """Have the balance looked at by automatic recharge once more.

        Raises:
            Unavailable: the table did not take it in time.
        """
        transact(self._client, [nudge_action(self._table_name, account_id)])

    def _hold(self, seen: Situation, hold: Hold) -> bool:
        """Whether it is held: False if something else was by then, or this could not be told."""
        assert seen.account is not None
        limits, credit = seen.account.limits, seen.credit
        more = hold.amount_micros - (seen.hold.amount_micros if seen.hold is not None else 0)
        most_held = limits.daily_spend_micros - credit.spent_micros - more
        posted = credit.available_micros + credit.held_micros
        actions = hold_actions(self._table_name, seen.hold, hold, posted, most_held, limits.simultaneous_calls)
        try:
            self._client.transact_write_items(TransactItems=actions)
        except AWS_ERRORS as error:
            if is_condition_failed(error) or is_passing(error):
                return False
            raise translated(error) from error
        return True

    def _look(self, ask: Ask, deck: Deck, now: datetime) -> Look:
        """Everything a decision depends on, but what the account's day has cost."""
        names = {
            keys.account_sk(): "account",
            keys.balance_sk(): "balance",
            keys.line_sk(ask.line_id): "line",
            keys.hold_sk(ask.call_id): "hold",
            keys.auto_recharge_sk(): "recharge",
            keys.denial_sk(): "denials",
        }
        found = self._read(keys.account_pk(ask.account_id), list(names))
        return _look_at({names[sort_key]: item for sort_key, item in found.items()}, ask, deck, now)

    def _look_at_the_day(self, look: Look, deck: Deck) -> Look:
        """The same with what the day has cost, which stands in one item for each category. It is read after the
        balance: a call charged between the two counts twice, where in one read of both it might count in neither.
        """
        seen = look.situation
        assert look.time_zone is not None
        days = _days(local_date(seen.now, look.time_zone), deck)
        found = self._read(keys.account_pk(seen.ask.account_id), days)
        spent = max(0, -sum(int(item["total_micros"]["N"]) for item in found.values()))
        return replace(look, situation=replace(seen, credit=replace(seen.credit, spent_micros=spent)))

    def _read(self, pk: str, sort_keys: list[str]) -> dict[str, dict[str, Any]]:
        found = read_many(self._client, self._table_name, [(pk, sort_key) for sort_key in sort_keys])
        return {sort_key: item for (_, sort_key), item in found.items()}


def _days(date: str, deck: Deck) -> list[str]:
    return [keys.day_sk(date, category) for category in sorted(deck.categories)]


def _look_at(seen: dict[str, dict[str, Any]], ask: Ask, deck: Deck, now: datetime) -> Look:
    account, balance = from_attributes(seen.get("account", {})), from_attributes(seen.get("balance", {}))
    line = from_attributes(seen["line"]) if "line" in seen else None
    recharge = read_recharge_item(seen.get("recharge"))
    rule, state = recharge.rule, recharge.state
    is_due = balance.get("headroom_micros", 0) < 0
    may_help = rule is not None and rule.enabled and state.suspended_reason is None
    credit = Credit(
        available_micros=balance.get("available_micros", 0),
        held_micros=balance.get("held_micros", 0),
        live_holds=balance.get("live_holds", 0),
        spent_micros=0,
        may_recharge=may_help and (is_due or state.in_flight is not None),
    )
    origin = country_of(line["number"]) if line is not None else UNKNOWN_COUNTRY
    situation = Situation(
        ask=ask,
        account=_account(account, now) if account else None,
        may_call_abroad=None if line is None else line["international_calling"],
        origin=origin,
        row=deck.find(ask.dialled_number[1:], origin, format_instant(now)),
        deck_version=deck.version,
        hold=read_hold_item(seen["hold"]) if "hold" in seen else None,
        credit=credit,
        now=now,
    )
    may_nudge = credit.may_recharge and state.in_flight is None
    return Look(situation, may_nudge, from_attributes(seen.get("denials", {})), account.get("time_zone"))


def _account(item: dict[str, Any], now: datetime) -> Account:
    holds = holds_now(is_on=item.get("admission", False), changed_at=item.get("admission_changed_at"), now=now)
    return Account(
        is_closed=item["status"] == "closed",
        is_frozen="frozen_at" in item,
        holds=holds,
        limits=limits_of(item.get("limits"), item.get("own_limits")),
    )
