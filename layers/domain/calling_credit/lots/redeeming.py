"""Redeems promotion codes: once per account, and never above the total of a code.

The law: the mark of the account, what the code has left, the entry, its day, the balance, the lot, and the recorded
change are one transaction. The mark must not exist, and the amount must be left. So neither two requests at once nor a
crash give credit twice or above the total.
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from calling_credit.accounts.account import account_from_item
from calling_credit.accounts.freezing import account_frozen, account_key, unknown_account
from calling_credit.categories import PROMOTION
from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import Actor
from calling_credit.changes.change import Change, change_action
from calling_credit.changes.sign_in import SignIn
from calling_credit.changes.sign_in_reader import read_signed_in
from calling_credit.dynamodb import keys, lot_keys
from calling_credit.dynamodb.attributes import Plain, from_attributes, to_attributes
from calling_credit.dynamodb.retries import retry_on_race
from calling_credit.dynamodb.transactions import put, transact, update
from calling_credit.errors import Conflict, ProblemCode, TooManyRequests
from calling_credit.instants import format_instant, local_date
from calling_credit.ledger.balance import Balance, balance_from_item
from calling_credit.ledger.credit_terms import CreditKind
from calling_credit.ledger.entries import Entry, EntryKind
from calling_credit.ledger.posting import posting_plan
from calling_credit.ledger.posting_plan import Plan
from calling_credit.lots.granting import add_lot, new_lot
from calling_credit.lots.promotion import Promotion, read_code, unknown_promotion
from calling_credit.lots.promotion_store import PromotionStore
from calling_credit.money import format_money

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_TRIES: Final = 10
"""How many codes an account may try on one day (UTC)."""
RETENTION: Final = timedelta(days=2)
"""How long the tries of a day are stored."""


@dataclass(frozen=True, slots=True)
class Redeemer:
    """The account and the person that redeem a code."""

    account_id: str
    actor: Actor
    sign_in: SignIn


class Redeeming:
    """Redeems codes for one account within one request."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        redeemer: Redeemer,
        now: datetime,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._redeemer = redeemer
        self._now = now
        self._sleep = sleep
        self._pk = keys.account_pk(redeemer.account_id)
        self._promotions = PromotionStore(client, table_name)
        self._has_tried = False
        self._own_key = f"request:{uuid4()}"

    def redeem(self, text: str, idempotency_key: str | None) -> dict[str, str]:
        """Redeem the code that a person entered. A repeated request with its key answers the same. Return `{amount,
        expires_at, balance}`.

        Raises:
            NotFound: `unknown_promotion`, `unknown_account`. Forbidden: `signed_out`, `account_frozen`.
            Conflict: `promotion_used`, `promotion_spent`, `promotion_expired`, `promotion_withdrawn`, `account_closed`.
            TooManyRequests: `too_many_codes`, with the seconds until the next day.
            Unavailable: `busy`, or the table did not answer in time; the same request is safe again.
        """
        code = read_code(text)
        if code is None:
            raise unknown_promotion()
        key = idempotency_key or self._own_key  # After a lost answer, this request finds its own mark.
        return retry_on_race("The code is", lambda: self._attempt(code, key))

    def _attempt(self, code: str, idempotency_key: str) -> dict[str, str] | None:
        kinds = (keys.account_sk(), keys.balance_sk(), lot_keys.redeemed_sk(code))
        wanted = [(self._pk, kind) for kind in kinds]
        found = read_signed_in(self._client, self._table_name, wanted, self._redeemer.sign_in)
        account_item, balance_item, redeemed = (found.get(key) for key in wanted)
        if account_item is None or balance_item is None:
            raise unknown_account()
        balance = balance_from_item(from_attributes(balance_item))
        if redeemed is not None:
            mark = from_attributes(redeemed)
            if mark["idempotency_key"] != idempotency_key:
                raise Conflict(
                    ProblemCode.PROMOTION_USED,
                    "This account has redeemed the code already; each code gives once. Use another code.",
                )
            return redeemed_view(mark["amount_micros"], mark["ends_at"], balance.posted_micros)
        account = account_from_item(from_attributes(account_item))
        if account.is_closed:
            raise Conflict(
                ProblemCode.ACCOUNT_CLOSED, "The account is closed; it takes no credit. Contact your provider."
            )
        if account.is_frozen:
            raise account_frozen()
        self._take_try()
        promotion = self._promotions.read(code)
        if promotion is None:
            raise unknown_promotion()
        promotion.check_redeemable(self._now)
        plan = self._plan(promotion, balance, account.time_zone, idempotency_key)
        if plan.write(self._client, sleep=self._sleep):
            return None
        return redeemed_view(
            promotion.amount_micros, promotion.ends_at, balance.posted_micros + promotion.amount_micros
        )

    def _take_try(self) -> None:
        """Count this request before the code is read, so that guesses at once are counted, too."""
        if self._has_tried:
            return
        today = self._now.astimezone(UTC).date().isoformat()
        key = to_attributes({"PK": self._pk, "SK": lot_keys.code_tries_sk(today)})
        ends = int((self._now + RETENTION).timestamp())
        values = to_attributes({":tries": MAX_TRIES, ":one": 1, ":zero": 0, ":ends": ends})
        expression = "SET tries_left = if_not_exists(tries_left, :tries) - :one, expires_at = :ends"
        condition = "attribute_not_exists(PK) OR tries_left > :zero"
        if transact(self._client, [update(self._table_name, key, expression, condition, values)], sleep=self._sleep):
            midnight = self._now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
            raise TooManyRequests(
                ProblemCode.TOO_MANY_CODES,
                f"An account may try {MAX_TRIES} codes a day (UTC). Try again tomorrow.",
                int((midnight - self._now).total_seconds()) + 1,
            )
        self._has_tried = True

    def _plan(self, promotion: Promotion, balance: Balance, time_zone: str, idempotency_key: str) -> Plan:
        account_id, actor, now = self._redeemer.account_id, self._redeemer.actor, self._now
        lot_id = redemption_id(account_id, promotion.code)
        amount, ends_at = promotion.amount_micros, promotion.ends_at
        plan = posting_plan(self._table_name, [redemption_entry(account_id, lot_id, promotion, time_zone, now)])
        kind = CreditKind.PROMOTIONAL
        lot = new_lot(self._client, self._table_name, account_id, lot_id, kind, amount, ends_at, balance, now)
        add_lot(plan, self._table_name, lot, balance)
        mark: dict[str, Plain] = {
            "PK": self._pk,
            "SK": lot_keys.redeemed_sk(promotion.code),
            "amount_micros": amount,
            "ends_at": ends_at,
            "lot_id": lot_id,
            "idempotency_key": idempotency_key,
            "by": actor.by,
            "recorded_at": format_instant(now),
        }
        plan.add(("redeemed",), put(self._table_name, to_attributes(mark)))
        plan.add(("promotion",), self._take(promotion))
        plan.add(("account",), self._is_open())
        new = {"amount": format_money(amount), "expires_at": ends_at}
        change = Change(ChangeAction.PROMOTION_REDEEMED, f"promotion:{promotion.code}", lot_id, new=new)
        plan.add(("change",), change_action(self._table_name, account_id, change, actor, now))
        return plan

    def _take(self, promotion: Promotion) -> dict[str, Any]:
        """The action that takes the amount from what the code has left."""
        values: dict[str, Plain] = {
            ":less": -promotion.amount_micros,
            ":amount": promotion.amount_micros,
            ":one": 1,
            ":now": format_instant(self._now),
        }
        return update(
            self._table_name,
            lot_keys.promotion_key(promotion.code),
            "ADD left_micros :less, redeemed :one",
            "left_micros >= :amount AND amount_micros = :amount AND ends_at > :now "
            "AND attribute_not_exists(withdrawn_at)",
            to_attributes(values),
        )

    def _is_open(self) -> dict[str, Any]:
        return {
            "ConditionCheck": {
                "TableName": self._table_name,
                "Key": account_key(self._redeemer.account_id),
                "ConditionExpression": "#status = :open AND attribute_not_exists(frozen_at)",
                "ExpressionAttributeNames": {"#status": "status"},
                "ExpressionAttributeValues": to_attributes({":open": "open"}),
            }
        }


def redemption_id(account_id: str, code: str) -> str:
    """The id of an account's redemption of a code: a hash with framed lengths, so no two pairs collide."""
    framed = f"{len(account_id)}:{account_id}{code}"
    return f"pr_{hashlib.sha256(framed.encode()).hexdigest()[:32]}"


def redemption_entry(account_id: str, lot_id: str, promotion: Promotion, time_zone: str, now: datetime) -> Entry:
    """The entry that gives the credit of a code."""
    instant = format_instant(now)
    return Entry(
        account_id=account_id,
        happened_at=instant,
        cause_id=lot_id,
        kind=EntryKind.PROMOTION_REDEEMED,
        category=PROMOTION,
        amount_micros=promotion.amount_micros,
        local_date=local_date(now, time_zone),
        recorded_at=instant,
        facts_hash=lot_id,
        explanation={"reason": promotion.code, "lot_id": lot_id},
    )


def redeemed_view(amount_micros: int, ends_at: str, posted_micros: int) -> dict[str, str]:
    """A redemption in the form of the API, with the posted balance."""
    return {
        "amount": format_money(amount_micros),
        "expires_at": ends_at,
        "balance": format_money(posted_micros),
    }
