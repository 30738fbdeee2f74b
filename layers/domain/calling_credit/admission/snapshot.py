"""What a decision about a call depends on, made of the items that were read."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from calling_credit.accounts.account import account_from_item
from calling_credit.accounts.bundles import OwnBundle, bundles_from_item, own_bundles
from calling_credit.accounts.freeze_times import last_unfreezing
from calling_credit.accounts.limits import effective_limits
from calling_credit.accounts.line_items import line_from_item
from calling_credit.admission.decision import AdmissionContext, AdmissionRequest, Credit
from calling_credit.admission.refusals import AccountStatus
from calling_credit.admission.spending_reader import Spender
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.unreadable import decode_item
from calling_credit.instants import format_instant
from calling_credit.ledger.balance import balance_from_item
from calling_credit.ledger.hold_items import hold_from_item
from calling_credit.ledger.holds import holds_now
from calling_credit.numbering import UNKNOWN_COUNTRY, country_of, is_short_code
from calling_credit.payment_names import MethodType, method_type
from calling_credit.rates import short_codes
from calling_credit.rates.deck import Deck, RateRow
from calling_credit.rates.pricing import find_row
from calling_credit.recharge.items import Recharge, recharge_from_item

LONGEST_WAIT: Final = timedelta(minutes=15)
"""A recharge that takes longer, after its worker's lease, is no longer a reason to dial again soon."""


@dataclass(frozen=True, slots=True)
class AdmissionSnapshot:
    """The decision's context and what the caller needs afterwards.

    `may_nudge`: a recharge may be due and no worker has one in flight. `denials`: the item of recently announced
    denials. `time_zone`: the account's time zone; None if the account does not exist. `counts_refusal`: a refusal for
    lack of credit counts as spending, because no call has spent credit since something else lowered the balance.
    `user_id`: the line's user; None without the line. `bundles`: those of the line and its account. `categories`: those
    of charged calls by the account's prices; the deck's have those of every list, whose publication adds them.
    `spender`: None without the line.
    """

    context: AdmissionContext
    may_nudge: bool
    denials: dict[str, Any] = field(default_factory=dict)
    time_zone: str | None = None
    counts_refusal: bool = False
    user_id: str | None = None
    bundles: tuple[OwnBundle, ...] = ()
    categories: frozenset[str] = frozenset()
    spender: Spender | None = None


def make_snapshot(
    items: dict[str, dict[str, Any]], request: AdmissionRequest, deck: Deck, paid: Deck, now: datetime
) -> AdmissionSnapshot:
    """The snapshot of items by name. `paid`: the deck as the account pays it.

    Raises:
        UnreadableItem: an item cannot be read.
    """
    account, balance = plain_item(items.get("account")), plain_item(items.get("balance"))
    line = line_from_item(from_attributes(items["line"])) if "line" in items else None
    if line is not None and (line.closes_at or keys.AFTER) <= format_instant(now):
        line = None  # Its number has moved away.
    recharge = recharge_from_item(items.get("recharge"))
    rule, state = recharge.rule, recharge.state
    is_due = balance.get("headroom_micros", 0) < 0
    is_armed = rule is not None and rule.enabled and state.suspended_reason is None
    credit = Credit(
        available_micros=balance.get("available_micros", 0),
        held_micros=balance.get("held_micros", 0),
        live_holds=balance.get("live_holds", 0),
        spent_micros=0,
        may_recharge=is_armed and _pays_soon(recharge, now) and (is_due or state.in_flight is not None),
    )
    origin = country_of(line.number) if line is not None else None
    context = AdmissionContext(
        request=request,
        account=_account_status(account, now) if account else None,
        may_call_abroad=None if line is None else line.international_calling,
        origin=origin or UNKNOWN_COUNTRY,
        row=price_row(paid, request.dialled_number, origin, now),
        deck_version=deck.version,
        stored_hold=hold_from_item(items["hold"]) if "hold" in items else None,
        credit=credit,
        now=now,
        public_row=None if paid is deck else price_row(deck, request.dialled_number, origin, now),
    )
    may_nudge = is_armed and is_due and state.in_flight is None
    denials, time_zone = _announced(plain_item(items.get("denials")), account), account.get("time_zone")
    counts_refusal = bool(balance) and not balance_from_item(balance).has_call_since and is_armed
    user_id = None if line is None else line.user_id
    of_account = bundles_from_item(account.get("bundles", ()))
    bundles = own_bundles(of_account, request.line_id, () if line is None else line.bundles)
    budget = None if line is None else line.budget
    spender = Spender(request.account_id, request.line_id, user_id, budget, "has_user_budgets" in account)
    return AdmissionSnapshot(
        context, may_nudge, denials, time_zone, counts_refusal, user_id, bundles, paid.categories, spender
    )


def plain_item(attributes: dict[str, Any] | None) -> dict[str, Any]:
    """The plain item of attribute values; empty without an item."""
    return {} if attributes is None else decode_item(attributes, from_attributes)


def _pays_soon(recharge: Recharge, now: datetime) -> bool:
    """Whether a recharge is worth waiting for: not with a bank account, nor one that has been under way for long."""
    rule, in_flight = recharge.rule, recharge.state.in_flight
    if rule is None or method_type(rule.brand) is MethodType.BANK_ACCOUNT:
        return False
    return in_flight is None or in_flight.lease_until > format_instant(now - LONGEST_WAIT)


def _announced(denials: dict[str, Any], account: dict[str, Any]) -> dict[str, Any]:
    """The denials announced since the account was last unfrozen, which withdrew the links of earlier announcements."""
    since = last_unfreezing(account)
    if since is None or not denials:
        return denials
    return denials | {"announced": {reason: at for reason, at in denials.get("announced", {}).items() if at > since}}


def price_row(deck: Deck, number: str, origin: str | None, now: datetime) -> RateRow | None:
    """Return the row that prices the call. Without a known line, a short code has the row of any country's lines."""
    if origin is None and is_short_code(number):
        return short_codes.find_anywhere(deck.short_codes.at(format_instant(now)), number)
    return find_row(deck, number, origin or UNKNOWN_COUNTRY, format_instant(now))


def _account_status(item: dict[str, Any], now: datetime) -> AccountStatus:
    holds = holds_now(is_on=item.get("admission", False), changed_at=item.get("admission_changed_at"), now=now)
    account = account_from_item(item)
    return AccountStatus(
        is_closed=account.is_closed,
        is_frozen=account.is_frozen,
        holds=holds,
        limits=effective_limits(item.get("limits"), item.get("own_limits"), item.get("caps")),
    )
