"""Transfers credit between two accounts exactly once per Idempotency-Key.

The law: both entries, days, and balances, the claim of the key, a recorded change in each account, and the permission
are one transaction over two partitions. Its conditions hold at the same moment: both accounts are open and not frozen,
the sender's credit is available beside the rest of its lots, and no card that paid for credit of the sender is
blocked. A dispute or warning blocks the card before anything else, so a transfer never carries that money away. Lots
and charges must be as they were read, so a transfer never carries away credit that was given on terms.
"""

import time
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from calling_credit.accounts.account import Account, account_from_item
from calling_credit.accounts.freezing import account_key
from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import Actor
from calling_credit.changes.change import Change, change_action
from calling_credit.dynamodb import keys, move_keys
from calling_credit.dynamodb.attributes import from_attributes, to_attributes
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.partition import Partition
from calling_credit.dynamodb.retries import retry_on_race
from calling_credit.errors import Conflict, Forbidden, NotFound, ProblemCode
from calling_credit.ledger.balance import Balance, balance_from_item
from calling_credit.ledger.balance_update import extend_balance_action
from calling_credit.ledger.claims import CLAIM, check_same, claim_action
from calling_credit.ledger.permits import Permit, add_permit, check_permitted
from calling_credit.ledger.posting import posting_plan
from calling_credit.ledger.posting_plan import BALANCE, Plan
from calling_credit.lots.granting import unchanged_charges
from calling_credit.lots.store import read_lots, unused_in_all
from calling_credit.money import format_money
from calling_credit.payments.card_items import card_keys_of
from calling_credit.payments.card_store import CardStore
from calling_credit.payments.transfers import TransferRequest, transfer_entries
from calling_credit.recharge.items import recharge_from_item
from calling_credit.recharge.suspension_reasons import SuspensionReason
from calling_credit.topups.items import topup_from_item
from calling_credit.topups.topup import Card, TopUpStatus

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

MAX_CARDS: Final = 40
"""The cards that one transaction checks; it has at most 100 actions, and a card has up to two items."""
ACCOUNTS: Final = "The accounts are"
"""The subject of the error after losing every race with concurrent changes."""


class TransferStore:
    """Transfers credit between accounts."""

    def __init__(self, client: "DynamoDBClient", table_name: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self._client = client
        self._table_name = table_name
        self._sleep = sleep
        self._cards = CardStore(client, table_name)

    def is_done(self, request: TransferRequest, transfer_id: str) -> bool:
        """Whether an earlier request with the same key made this transfer.

        Raises:
            Conflict: `idempotency_key_reused`.
        """
        sender = Partition(self._client, self._table_name, keys.account_pk(request.from_account_id))
        claimed = sender.get(move_keys.move_sk(transfer_id))
        if claimed is not None:
            check_same(claimed, request.facts)
        return claimed is not None

    def transfer(self, request: TransferRequest, transfer_id: str, actor: Actor, permit: Permit, now: datetime) -> None:
        """Transfer credit, unless an earlier request with the same key has.

        Raises:
            NotFound: `unknown_account`.
            Forbidden: `account_frozen`.
            Conflict: `account_closed`, `insufficient_credit`, `blocked_money`, `idempotency_key_reused`.
            NotPermitted: the permit does not hold.
            Unavailable: `busy`, or the table did not answer in time; the same request is safe again.
        """

        def attempt() -> bool | None:
            if self.is_done(request, transfer_id):
                return True
            sender, receiver, balance = self._read(request)
            lots = read_lots(self._client, self._table_name, request.from_account_id, balance)
            unused = unused_in_all(lots, balance)
            if balance.available_micros - unused < request.amount_micros:
                raise _insufficient_credit(balance.available_micros - unused, unused)
            cards = self._paying_cards(request.from_account_id)
            zones = (sender.time_zone, receiver.time_zone)
            plan = self._plan(request, transfer_id, zones, actor, now)
            _keep_lots(plan.actions[request.from_account_id, *BALANCE], balance, request.amount_micros + unused)
            for card in cards:
                for pk, sk in card_keys_of(card):
                    plan.actions["card", pk] = _check(
                        self._table_name, {"PK": pk, "SK": sk}, "attribute_not_exists(blocked_at)"
                    )
            add_permit(plan, permit, request.amount_micros)
            failed = plan.write(self._client, sleep=self._sleep)
            check_permitted(failed, request.amount_micros)
            return None if failed else True

        retry_on_race(ACCOUNTS, attempt)

    def balances(self, request: TransferRequest) -> tuple[int, int]:
        """The posted balances of sender and receiver."""
        wanted = [(keys.account_pk(one), keys.balance_sk()) for one in (request.from_account_id, request.to_account_id)]
        items = read_many(self._client, self._table_name, wanted)
        sent, received = (balance_from_item(from_attributes(items[key])).posted_micros for key in wanted)
        return sent, received

    def _read(self, request: TransferRequest) -> tuple[Account, Account, Balance]:
        """Read both accounts and the sender's balance, and check that both may take part."""
        pks = [keys.account_pk(one) for one in (request.from_account_id, request.to_account_id)]
        rule = (pks[0], keys.auto_recharge_sk())
        wanted = [*((pk, keys.account_sk()) for pk in pks), (pks[0], keys.balance_sk()), rule]
        items = read_many(self._client, self._table_name, wanted)
        sender, receiver = (
            _open_account(name, items.get((pk, keys.account_sk())))
            for name, pk in zip(("from_account_id", "to_account_id"), pks, strict=True)
        )
        if recharge_from_item(items.get(rule)).state.suspended_reason == SuspensionReason.DISPUTED:
            raise _blocked_money()
        balance = balance_from_item(from_attributes(items[pks[0], keys.balance_sk()]))
        return sender, receiver, balance

    def _paying_cards(self, account_id: str) -> list[Card]:
        """The cards whose payments still stand as credit of an account, the latest payments first.

        Raises:
            Conflict: `blocked_money`, one of them is blocked.
        """
        partition = Partition(self._client, self._table_name, keys.account_pk(account_id))
        low, high = keys.topup_sk(""), keys.topup_sk(keys.AFTER)
        payments = [topup_from_item(to_attributes(item)) for item in partition.query(low, high, consistent=True)]
        standing = [
            topup
            for topup in sorted(payments, key=lambda one: one.created_at, reverse=True)
            if topup.status == TopUpStatus.SUCCEEDED and topup.reversed_micros < topup.amount_micros
        ]
        cards = list({tuple(card_keys_of(topup.card)): topup.card for topup in standing}.values())
        if any(record.blocked_at for record in self._cards.read(cards).values()):
            raise _blocked_money()
        return cards[:MAX_CARDS]

    def _plan(
        self, request: TransferRequest, transfer_id: str, zones: tuple[str, str], actor: Actor, now: datetime
    ) -> Plan:
        plan = Plan()
        for entry in transfer_entries(request, transfer_id, zones, now):
            account_id, sends = entry.account_id, entry.amount_micros < 0
            needed = request.amount_micros if sends else None
            for name, action in posting_plan(self._table_name, [entry], needed_micros=needed).actions.items():
                plan.add((account_id, *name), action)
            condition = "#status = :open AND attribute_not_exists(frozen_at)"
            is_open = _check(self._table_name, None, condition, {":open": "open"})
            is_open["ConditionCheck"] |= {
                "Key": account_key(account_id),
                "ExpressionAttributeNames": {"#status": "status"},
            }
            plan.add(("account", account_id), is_open)
            change = Change(
                ChangeAction.CREDIT_SENT if sends else ChangeAction.CREDIT_RECEIVED,
                f"account:{request.to_account_id if sends else request.from_account_id}",
                transfer_id,
                new={"amount": format_money(request.amount_micros), "reason": request.reason},
            )
            plan.add(("change", account_id), change_action(self._table_name, account_id, change, actor, now))
        sender = request.from_account_id
        plan.add(CLAIM, claim_action(self._table_name, sender, transfer_id, request.facts, actor, now))
        return plan


def _open_account(field: str, item: Mapping[str, Any] | None) -> Account:
    if item is None:
        raise NotFound(
            ProblemCode.UNKNOWN_ACCOUNT, f"{field} names no account; find its id with GET /operator/accounts."
        )
    account = account_from_item(from_attributes(item))
    if account.is_closed:
        raise Conflict(ProblemCode.ACCOUNT_CLOSED, f"The account of {field} is closed; use an open account.")
    if account.is_frozen:
        raise Forbidden(ProblemCode.ACCOUNT_FROZEN, f"The account of {field} is frozen; unfreeze it first.")
    return account


def _keep_lots(action: dict[str, Any], balance: Balance, needed_micros: int) -> None:
    """Require that the sender's lots are as they were read, and that this much is available with the rest of them.
    An account without lots needs only that it still has none.
    """
    condition, seen = "attribute_not_exists(lots)", dict[str, Any]()
    if balance.lots:
        unchanged, seen = unchanged_charges(balance)
        condition = f"{unchanged} AND lots = :seen_lots AND available_micros >= :seen_needed"
        seen |= {":seen_lots": balance.lots, ":seen_needed": needed_micros}
    extend_balance_action(action, {}, condition, seen)


def _check(
    table_name: str, key: dict[str, str] | None, condition: str, values: dict[str, str] | None = None
) -> dict[str, Any]:
    check: dict[str, Any] = {"TableName": table_name, "ConditionExpression": condition}
    if key is not None:
        check["Key"] = to_attributes(dict(key))
    if values:
        check["ExpressionAttributeValues"] = to_attributes(dict(values))
    return {"ConditionCheck": check}


def _insufficient_credit(available_micros: int, unused_micros: int) -> Conflict:
    detail = f"{format_money(max(0, available_micros))} of credit is available; send at most that amount."
    if unused_micros:
        detail += f" Another {format_money(unused_micros)} was granted on terms and stays in the account."
    return Conflict(ProblemCode.INSUFFICIENT_CREDIT, detail)


def _blocked_money() -> Conflict:
    return Conflict(
        ProblemCode.BLOCKED_MONEY,
        "A card that paid for this credit is blocked after a dispute or a fraud warning; unblock the card first, or "
        "refund the payment.",
    )
