"""An account as staff see it on one page. Puts stored items into words and reads nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from calling_credit.accounts.account import Account, Line, account_from_item, line_view
from calling_credit.accounts.bounces import bounce_view
from calling_credit.accounts.bundles import bundles_view
from calling_credit.accounts.limits import AccountLimits, account_limits_view
from calling_credit.ledger.balance import balance_from_item
from calling_credit.lots.lot import Lot
from calling_credit.lots.store import lots_view
from calling_credit.money import format_money
from calling_credit.rates.price_terms import terms_view
from calling_credit.recharge.items import Recharge
from calling_credit.recharge.settings import rule_view
from calling_credit.topups.card_history import CardRecord, combine, history_of
from calling_credit.topups.topup import Card, TopUp
from calling_credit.topups.view import method_view, topup_view

Item = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Some:
    """The first items of a list, and whether there are more."""

    items: Sequence[Any] = ()
    more: bool = False


@dataclass(frozen=True, slots=True)
class AccountPage:
    """The data of one page, in plain items or as the domain reads them. `cards` are the records of each card under all
    its identities, and `stripe` is the state of payments at Stripe by intent. `stripe_code` is why Stripe said nothing.
    """

    account: Item
    balance: Item
    recharge: Recharge
    top_ups: Sequence[TopUp] = ()
    cards: Mapping[Card, Sequence[CardRecord]] = field(default_factory=dict)
    lines: Some = Some()
    users: Some = Some()
    mails: Some = Some()
    bounced: Sequence[Item] = ()
    issues: Sequence[Item] = ()
    lots: Sequence[Lot] = ()
    stripe: Mapping[str, Item] | None = None
    stripe_code: str | None = None

    def view(self, now: datetime) -> dict[str, Any]:
        """The page as the API shows it."""
        account = account_from_item(self.account)
        names = {user["user_id"]: user["name"] for user in self.users.items}
        lines: Iterable[Line] = self.lines.items
        return {
            **account_head(account, self.account),
            **({"bundles": bundles_view(account.bundles)} if account.bundles else {}),
            "balance": _balance_view(self.balance),
            "auto_recharge": _recharge_view(self.recharge, account, now),
            "limits": limits_of(self.account),
            "top_ups": [top_up_item(top_up, self.stripe) for top_up in self.top_ups],
            "stripe": {
                "asked": self.stripe is not None,
                "code": self.stripe_code,
                "customer_id": self.account.get("stripe_customer_id"),
            },
            "lines": [line_view(line, names.get(line.user_id)) for line in lines],
            "more_lines": self.lines.more,
            "users": list(self.users.items),
            "more_users": self.users.more,
            "cards": [_card_view(card, records, self.recharge, now) for card, records in self.cards.items()],
            "mails": [mail_view(mail) for mail in self.mails.items],
            "more_mails": self.mails.more,
            "bounced_addresses": [bounce_view(item, now) for item in self.bounced],
            "issues": list(map(issue_view, self.issues)),
            "lots": lots_view(self.lots, balance_from_item(self.balance)),
        }


def account_head(account: Account, item: Item) -> dict[str, Any]:
    """The settings of an account and who froze or closed it."""
    return {
        "account_id": account.account_id,
        "name": item.get("name"),
        "currency": account.currency,
        "time_zone": account.time_zone,
        "status": account.status,
        "closed_at": item.get("closed_at") if account.is_closed else None,
        "frozen": account.is_frozen,
        "frozen_since": item.get("frozen_at"),
        "frozen_by": item.get("frozen_by"),
        "billing_emails": list(account.billing_emails),
        "admission": account.admission,
        "low_balance": None if account.low_micros is None else format_money(account.low_micros),
        **terms_view(account.price_terms),
        "created_at": item.get("created_at"),
    }


def limits_of(account: Item) -> dict[str, Any]:
    """The limits of an `ACCOUNT` item."""
    version = int(account.get("own_limits_version", 0))
    settings = account_from_item(account)
    return account_limits_view(
        AccountLimits(settings.limits, account.get("own_limits", {}), settings.is_frozen, version)
    )


def top_up_item(top_up: TopUp, stripe: Mapping[str, Item] | None) -> dict[str, Any]:
    """A payment as staff see it: the customer's view without its link, the stored state, and Stripe's if known."""
    intent_id, card = top_up.intent_id, top_up.card if top_up.has_card else None
    view = topup_view(top_up, None)
    view.pop("checkout_url", None)
    return view | {
        "stored_status": top_up.status,
        "created_by": top_up.created_by,
        "payment_method": {"id": card.payment_method_id, **method_view(card)} if card else None,
        "reversed": format_money(top_up.reversed_micros),
        "intent_id": intent_id,
        "stripe": None if stripe is None or intent_id is None else stripe.get(intent_id),
    }


def issue_view(issue: Item) -> dict[str, Any]:
    """A payment issue."""
    return {name: issue[name] for name in ("object_id", "code", "details", "recorded_at")}


def mail_view(mail: Item) -> dict[str, Any]:
    """A sent mail. The address is masked."""
    _, mailed_at, hashed = mail["SK"].split("#")
    return {
        "mail_id": f"{mailed_at}_{hashed}",
        "at": mailed_at,
        "type": mail["type"],
        "subject": mail["subject"],
        "address": mail["address"],
        "resent": mail.get("resent", 0),
    }


def _balance_view(item: Item) -> dict[str, Any]:
    balance = balance_from_item(item)
    return {
        "balance": format_money(balance.posted_micros),
        "held": format_money(balance.held_micros),
        "available": format_money(balance.available_micros),
        "calls_in_progress": item["live_holds"],
        "updated_at": balance.updated_at,
    }


def _recharge_view(recharge: Recharge, account: Account, now: datetime) -> dict[str, Any]:
    """The rule as customers see it, and which operator switched it off."""
    view = rule_view(recharge.rule, recharge.state, now, is_closed=account.is_closed, is_frozen=account.is_frozen)
    off = recharge.state.switched_off
    return view | {"switched_off": None if off is None else {"by": off.by, "reason": off.reason, "at": off.at}}


def _card_view(card: Card, records: Sequence[CardRecord], recharge: Recharge, now: datetime) -> dict[str, Any]:
    history = combine(history_of(record, now) for record in records)
    blocked = next((record for record in records if record.blocked_at is not None), None)
    rule = recharge.rule
    return {
        "payment_method_id": card.payment_method_id,
        "type": card.type,
        "brand": card.brand,
        "last4": card.last4,
        "is_of_rule": rule is not None and rule.payment_method_id == card.payment_method_id,
        "state": "blocked" if history.is_blocked else "declined" if history.declined_at else "ok",
        "blocked_at": None if blocked is None else blocked.blocked_at,
        "blocked_reason": None if blocked is None else blocked.blocked_reason,
        "retry_at": history.retry_at,
    }
