"""What the end of a payment changes at its card and at its account's limits: a try kept or returned, money returned."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from calling_credit.dynamodb import keys
from calling_credit.dynamodb.batch_get import Key
from calling_credit.dynamodb.card_keys import payment_limits_sk
from calling_credit.payments.card_items import card_keys_of, identities, put_record_action, record_from_item
from calling_credit.payments.limit_store import put_use_action, use_from_item
from calling_credit.topups import card_history, payment_limits
from calling_credit.topups.card_history import CardRecord
from calling_credit.topups.declines import Decline, DeclineKind
from calling_credit.topups.payment_limits import ClaimState, PaymentUse
from calling_credit.topups.topup import TopUp, TopUpKind


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a payment ended, or why it waits: paid, declined, or neither."""

    decline: Decline | None = None
    is_paid: bool = False

    @property
    def issuers_decline(self) -> Decline | None:
        """The decline if the card's issuer decided it. Others use up no try."""
        return None if self.decline is None or self.decline.kind is DeclineKind.NOT_OF_ISSUER else self.decline


def outcome_keys(topup: TopUp) -> list[Key]:
    """The keys of the items that the end of a payment changes: the card, if it is known, and the limits of a payment
    that a person made.
    """
    is_own = topup.kind != TopUpKind.AUTOMATIC
    limits = [(keys.account_pk(topup.account_id), payment_limits_sk())] if is_own else []
    return [*card_keys_of(topup.card)[: int(topup.has_card)], *limits]


def outcome_actions(
    table_name: str, topup: TopUp, outcome: Outcome, items: dict[Key, dict[str, Any]], now: datetime
) -> list[dict[str, Any]]:
    """The actions on these items, as they were read. They are part of the transaction that ends the payment, so that
    neither a crash nor a repetition loses or doubles a try.
    """
    wanted, actions = outcome_keys(topup), []
    if topup.has_card:
        record = record_from_item(items.get(wanted[0]))
        changed = _card_after(record, topup, outcome, now)
        if changed != record:
            actions.append(put_record_action(table_name, identities(topup.card)[0], record, changed, now))
    for key in wanted[int(topup.has_card) :]:
        use = use_from_item(items.get(key))
        after = _use_after(use, topup, outcome)
        if after != use:
            actions.append(put_use_action(table_name, topup.account_id, use, after))
    return actions


def _card_after(record: CardRecord, topup: TopUp, outcome: Outcome, now: datetime) -> CardRecord:
    if outcome.is_paid:
        return card_history.record_success(record, topup.topup_id, now)
    decline = outcome.issuers_decline
    if decline is None:
        return card_history.give_back(record, topup.topup_id)
    return card_history.record_decline(record, topup.topup_id, topup.confirm_number, decline, now)


def _use_after(use: PaymentUse, topup: TopUp, outcome: Outcome) -> PaymentUse:
    use = payment_limits.close_page(use, topup.topup_id)
    if outcome.is_paid:
        return payment_limits.record_paid(use, topup.topup_id)
    state = ClaimState.DECLINED if outcome.issuers_decline else ClaimState.RETURNED
    return payment_limits.record_unpaid(use, topup.topup_id, state)
