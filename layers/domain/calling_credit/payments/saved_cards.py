"""The saved cards of an account, as customers list, save, and remove them. A card that was saved twice is one card."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import stripe

from calling_credit.changes.actor import Actor
from calling_credit.config import config
from calling_credit.payment_names import MethodType
from calling_credit.payments import cards
from calling_credit.payments.card_changes import RuleCards
from calling_credit.payments.card_state import CardState, state_of
from calling_credit.payments.cards import SavedCard
from calling_credit.recharge.backup_store import BackupStore
from calling_credit.recharge.decision import Rule
from calling_credit.recharge.snapshot import Snapshot
from calling_credit.recharge.store import RechargeStore
from calling_credit.topups.card_history import CardHistory
from calling_credit.topups.topup import Card


def list_saved_cards(
    client: stripe.StripeClient,
    account: Snapshot,
    rule_cards: RuleCards,
    now: datetime,
) -> list[dict[str, Any]]:
    """Return the items of `GET /payment-methods`. The rule follows what Stripe says of its card, so that the page shows
    the same card everywhere, also if a callback is late.

    Raises:
        Unavailable: payments_unavailable; stripe_account_changed, if the key sees none of the cards.
    """
    return [item for _, item in _items(client, account, rule_cards, now)]


def _items(
    client: stripe.StripeClient, account: Snapshot, rule_cards: RuleCards, now: datetime
) -> list[tuple[SavedCard, dict[str, Any]]]:
    saved, default = cards.list_cards(client, account.customer_id) if account.customer_id else ([], None)
    if account.customer_id and not saved:
        rule_cards.require_same_account()
    histories = rule_cards.histories(saved)
    rule = account.recharge.rule
    if rule is not None:
        # A card that was saved while the account is frozen is about to be removed.
        rule_cards.follow(account.account_id, rule, saved, may_switch=not account.is_frozen)
    backup = rule_cards.follow_backup(account.account_id, account.backup, saved)
    return [(one, _view(one, default, histories[one.card.payment_method_id], rule, backup, now)) for one in saved]


def _view(
    one: SavedCard, default: str | None, history: CardHistory, rule: Rule | None, backup: Card | None, now: datetime
) -> dict[str, Any]:
    state = CardState.BLOCKED if one.is_refused else state_of(one.card.expires, history, now)
    is_usable = state not in (CardState.BLOCKED, CardState.EXPIRED)
    return {
        "id": one.card.payment_method_id,
        "type": one.card.type,
        "brand": one.card.brand,
        "last4": one.card.last4,
        "bank_name": one.bank_name,
        "exp_month": one.exp_month,
        "exp_year": one.exp_year,
        "default": one.card.payment_method_id == default,
        "backup": backup is not None and backup.payment_method_id in one.payment_method_ids,
        "used_by_rule": rule is not None and rule.payment_method_id in one.payment_method_ids,
        "state": state,
        "can_pay": is_usable and history.refusal(is_manual=True) is None,
        "can_recharge": one.card.type is not MethodType.BANK_ACCOUNT or config().rules_use_bank_accounts,
        "pauses_auto_recharge": _removal_pauses(rule, one),
    }


def saved_card(
    client: stripe.StripeClient, account: Snapshot, rule_cards: RuleCards, payment_method_id: str, now: datetime
) -> dict[str, Any]:
    """Return the item of one saved card, also if this is an older payment method of its number.

    Raises:
        NotFound: unknown_payment_method. Unavailable: payments_unavailable, stripe_account_changed.
    """
    for one, item in _items(client, account, rule_cards, now):
        if payment_method_id in one.payment_method_ids:
            return item
    raise cards.unknown_card()


def _removal_pauses(rule: Rule | None, saved: SavedCard) -> bool:
    """Whether automatic recharge is on and uses this card, so that it pauses when the card is removed."""
    return rule is not None and rule.enabled and rule.payment_method_id in saved.payment_method_ids


def remove_saved_card(
    client: stripe.StripeClient,
    recharges: RechargeStore,
    backups: BackupStore,
    account: Snapshot,
    payment_method_id: str,
    actor: Actor,
    now: datetime,
) -> list[Card]:
    """Remove a card with every payment method of its number, and suspend a rule that uses it. It is no longer the
    backup card. Return what was removed.

    The named payment method is detached last: after a failure, the same request finds it and finishes.

    Raises:
        NotFound: unknown_payment_method. Unavailable: payments_unavailable, or the table did not answer.
    """
    card = cards.read_own_card(client, account.customer_id, payment_method_id)
    saved, _ = cards.list_cards(client, account.customer_id or "")
    same = {one for known in saved if known.card.fingerprint == card.fingerprint for one in known.payment_method_ids}
    removed = [*sorted(same - {card.payment_method_id}), card.payment_method_id]
    for one in removed:
        cards.remove_card(client, one)
    rule = recharges.recharge(account.account_id).rule
    if rule is not None and (rule.fingerprint == card.fingerprint or rule.payment_method_id in removed):
        recharges.suspend_for_removed_card(account.account_id, rule.payment_method_id, actor, now)
    if account.backup is not None:
        backups.clear(account.account_id, removed, actor, now)
    return [replace(card, payment_method_id=one) for one in removed]
