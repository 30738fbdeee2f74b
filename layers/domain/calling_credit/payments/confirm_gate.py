"""The last check before a confirmation is sent: account, rule, and card, read again, and a try of the card reserved.

What was decided earlier may no longer hold: an account may be frozen, a rule switched off, or a card blocked while a
payment is under way. So nothing is confirmed without this check, and nothing comes between it and the confirmation.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from calling_credit.accounts.account import account_from_item
from calling_credit.accounts.freezing import account_frozen
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.errors import AWS_ERRORS, is_condition_failed
from calling_credit.dynamodb.retries import busy, retry_on_race
from calling_credit.errors import CallingCreditError
from calling_credit.payment_names import MethodType
from calling_credit.payments.card_items import card_keys_of, has_number, identities, put_record_action, record_from_item
from calling_credit.payments.card_store import CARD, CardStore
from calling_credit.payments.intents import StripeResult
from calling_credit.payments.limit_store import LimitStore
from calling_credit.payments.stripe_client import Refused
from calling_credit.recharge.acceptance import exceeds_accepted
from calling_credit.recharge.attempts import SuspensionReason
from calling_credit.recharge.backup import backup_from_item
from calling_credit.recharge.decision import NEED_ANOTHER_CARD_OR_AMOUNT, StopReason
from calling_credit.recharge.items import recharge_from_item
from calling_credit.topups import card_history, refusals
from calling_credit.topups.card_history import CardRecord, CardRefusal
from calling_credit.topups.topup import Intent, TopUp, TopUpKind

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a payment must not be confirmed. `code` and `until` are left at the rule, `error` answers people."""

    code: str
    error: CallingCreditError | None = None
    until: str | None = None

    @property
    def is_of_card(self) -> bool:
        """Whether the rule must wait for its card, or for another one."""
        return self.code in NEED_ANOTHER_CARD_OR_AMOUNT


class ConfirmGate:
    """Checks confirmations for the length of one invocation. `refusals` holds the refusals by top-up."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name
        self.cards = CardStore(client, table_name)
        self.refusals: dict[str, Refusal] = {}

    def limits(self, account_id: str) -> LimitStore:
        """The limits on an account's manual payments."""
        return LimitStore(self._client, self._table_name, account_id)

    def refuses(self, topup: TopUp, now: datetime, *, on_session: bool) -> bool:
        """Check a confirmation and reserve a try of its card. Return whether it must not be sent.

        Raises:
            Unavailable: `busy`, other payments with this card are under way; or the table did not answer.
        """
        refusal = retry_on_race(CARD, lambda: self._attempt(topup, now, on_session=on_session))
        if isinstance(refusal, Refusal):
            self.refusals[topup.topup_id] = refusal
        return isinstance(refusal, Refusal)

    def stop_of(self, topup: TopUp) -> tuple[str, str | None] | None:
        """The code, and the end, of the reason why the rule must not try the card of a refused top-up."""
        refusal = self.refusals.get(topup.topup_id)
        return (refusal.code, refusal.until) if refusal is not None and refusal.is_of_card else None

    def give_back_unless_decided(self, topup: TopUp, result: StripeResult, now: datetime) -> None:
        """Return the reserved try if Stripe refused our request, or if the bank asks for the customer first."""
        waits = isinstance(result, Intent) and result.status == "requires_action"
        if waits or isinstance(result, Refused):
            self.cards.give_back(topup, now)

    def _attempt(self, topup: TopUp, now: datetime, *, on_session: bool) -> Refusal | bool | None:
        """Check once. Return True after the reservation; None if the card was changed meanwhile."""
        account_pk, number = keys.account_pk(topup.account_id), card_keys_of(topup.card)[0]
        account, rule = (account_pk, keys.account_sk()), (account_pk, keys.auto_recharge_sk())
        items = read_many(
            self._client, self._table_name, [account, *([] if on_session else [rule]), *card_keys_of(topup.card)]
        )
        refusal = _of_account(items.get(account), topup)
        if refusal is None and not on_session:
            refusal = _of_rule(items.get(rule), topup) or _of_number(topup)
        if refusal is not None:
            return refusal
        records = [record_from_item(items.get(key)) for key in card_keys_of(topup.card)]
        is_manual = on_session or topup.kind == TopUpKind.MANUAL
        if any(record.blocked_at for record in records):
            return Refusal(StopReason.CARD_BLOCKED, refusals.card_blocked())
        read = record_from_item(items.get(number))
        result = card_history.reserve(read, topup.topup_id, topup.confirm_number, now, is_manual=is_manual)
        if isinstance(result, CardRecord):
            return result == read or self._write(topup, read, result, now)
        if result is CardRefusal.BUSY:
            raise refusals.bank_busy() if topup.card.type is MethodType.BANK_ACCOUNT else busy(CARD)
        history = card_history.history_of(read, now)
        return Refusal(StopReason.DECLINED_TOO_OFTEN, refusals.declined_too_often(history), history.retry_at)

    def _write(self, topup: TopUp, read: CardRecord, record: CardRecord, now: datetime) -> bool | None:
        action = put_record_action(self._table_name, identities(topup.card)[0], read, record, now)
        try:
            self._client.update_item(**action["Update"])
        except AWS_ERRORS as error:
            if not is_condition_failed(error):
                raise
            return None
        return True


def _of_account(item: dict[str, Any] | None, topup: TopUp) -> Refusal | None:
    plain = from_attributes(item) if item else {}
    account = account_from_item(plain) if plain else None
    if account is None or account.is_closed:
        return Refusal(StopReason.ACCOUNT_CLOSED, refusals.account_closed())
    if account.is_frozen:
        return Refusal(StopReason.ACCOUNT_FROZEN, account_frozen())
    backup = backup_from_item(plain)
    is_gone = backup is None or backup.payment_method_id != topup.card.payment_method_id
    return Refusal(StopReason.BACKING_OFF) if topup.is_backup and is_gone else None


def _of_rule(item: dict[str, Any] | None, topup: TopUp) -> Refusal | None:
    recharge = recharge_from_item(item)
    if recharge.rule is None or not recharge.rule.enabled:
        return Refusal(StopReason.DISABLED)
    if exceeds_accepted(recharge.state, topup.gross_micros):
        return Refusal(SuspensionReason.CHARGE_CHANGED)
    reason = recharge.state.suspended_reason
    return None if reason is None else Refusal(reason)


def _of_number(topup: TopUp) -> Refusal | None:
    if has_number(topup.card):
        return None
    return Refusal(SuspensionReason.UNUSABLE)
