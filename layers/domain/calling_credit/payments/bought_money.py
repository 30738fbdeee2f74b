"""What a card has bought of an account's credit: counted with the payment's entry, and with each reversal's."""

from typing import Any

from calling_credit.accounts.card_money import bought_action, card_name
from calling_credit.ledger.entries import Entry
from calling_credit.ledger.posting_plan import ActionName
from calling_credit.payment_names import MethodType
from calling_credit.topups.topup import TopUp


def payment_actions(table_name: str, topup: TopUp, entry: Entry, paid_at: str) -> dict[ActionName, dict[str, Any]]:
    """The named action that goes with the entry of a settled payment by card; none for a bank account."""
    return _actions(table_name, topup, entry, paid_at)


def reversal_actions(table_name: str, topup: TopUp, entry: Entry) -> dict[ActionName, dict[str, Any]]:
    """The named action that goes with the entry of a reversal, or of credit that returns after one."""
    return _actions(table_name, topup, entry, None)


def _actions(table_name: str, topup: TopUp, entry: Entry, paid_at: str | None) -> dict[ActionName, dict[str, Any]]:
    if not topup.has_card or topup.card.type is not MethodType.CARD:
        return {}
    card = card_name(topup.card.fingerprint, topup.card.payment_method_id)
    return {("card_money",): bought_action(table_name, topup.account_id, card, entry.amount_micros, paid_at)}
