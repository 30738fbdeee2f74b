"""Read what the decision about a call depends on."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from calling_credit.accounts.account import account_from_item
from calling_credit.accounts.bundles import OwnBundle, bundles_from_item, own_bundles
from calling_credit.accounts.freeze_times import last_unfreezing
from calling_credit.accounts.limits import effective_limits
from calling_credit.accounts.line_items import line_from_item
from calling_credit.admission.decision import AdmissionContext, AdmissionRequest, Credit
from calling_credit.admission.minutes_left import read_minutes_left, read_minutes_of_hold
from calling_credit.admission.refusals import AccountStatus
from calling_credit.dynamodb import keys, refusal_keys
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.unreadable import decode_item
from calling_credit.errors import Unavailable
from calling_credit.instants import format_instant, local_date
from calling_credit.ledger.balance import balance_from_item
from calling_credit.ledger.hold_store import hold_from_item
from calling_credit.ledger.holds import holds_now
from calling_credit.numbering import UNKNOWN_COUNTRY, country_of, is_short_code
from calling_credit.payment_names import MethodType, method_type
from calling_credit.rates import short_codes
from calling_credit.rates.account_prices import AccountPrices
from calling_credit.rates.deck import INCLUDED_CATEGORY, Deck, RateRow
from calling_credit.rates.price_lists import missing_list
from calling_credit.rates.price_terms import PriceTerms, terms_at
from calling_credit.rates.pricing import find_row
from calling_credit.recharge.items import Recharge, recharge_from_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

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
    """

    context: AdmissionContext
    may_nudge: bool
    denials: dict[str, Any] = field(default_factory=dict)
    time_zone: str | None = None
    counts_refusal: bool = False
    user_id: str | None = None
    bundles: tuple[OwnBundle, ...] = ()
    categories: frozenset[str] = frozenset()


PricesOf = Callable[[Deck, PriceTerms | None, datetime], Deck]
"""Returns a deck as an account with these terms pays it; raises Unavailable."""


def _without_lists(deck: Deck, terms: PriceTerms | None, _now: datetime) -> Deck:
    if terms is None:
        return deck
    if terms.price_list is not None:
        raise missing_list(terms.price_list)
    return AccountPrices(deck, None, terms.markup_hundredths)


class AdmissionReader:
    """Reads the admission context of calls of any account. `prices_of` knows the price lists."""

    def __init__(self, client: "DynamoDBClient", table_name: str, prices_of: PricesOf = _without_lists) -> None:
        self._client = client
        self._table_name = table_name
        self._prices_of = prices_of

    def snapshot(self, request: AdmissionRequest, deck: Deck, now: datetime) -> AdmissionSnapshot:
        """Read everything that a decision depends on, except the day's spending.

        Raises:
            UnreadableItem: the account, its balance, line, hold, or rule; the call is refused alone.
            Unavailable: the table did not answer, or `try_again`, the account's price list is not known yet.
        """
        names = {
            keys.account_sk(): "account",
            keys.balance_sk(): "balance",
            keys.line_sk(request.line_id): "line",
            keys.hold_sk(request.call_key): "hold",
            keys.auto_recharge_sk(): "recharge",
            refusal_keys.denial_sk(): "denials",
        }
        items = self._read(keys.account_pk(request.account_id), list(names))
        by_name = {names[sort_key]: item for sort_key, item in items.items()}
        paid = self._own_prices(by_name, request, deck, now)
        return self._with_minutes(_snapshot(by_name, request, deck, paid, now))

    def _with_minutes(self, snapshot: AdmissionSnapshot) -> AdmissionSnapshot:
        """Add the included minutes of an account or line that has some, or of the call's hold."""
        context, time_zone, table = snapshot.context, snapshot.time_zone, (self._client, self._table_name)
        hold, request = context.hold, context.request
        if time_zone is None or not (snapshot.bundles or (hold is not None and hold.bundle)):
            return snapshot
        if hold is not None:
            minutes = read_minutes_of_hold(*table, hold, snapshot.bundles, request.dialled_number)
        else:
            own, row, number = snapshot.bundles, context.row, request.dialled_number
            minutes = read_minutes_left(*table, request.account_id, own, row, number, time_zone, context.now)
        return replace(snapshot, context=replace(context, minutes=minutes))

    def _own_prices(
        self, items: dict[str, dict[str, Any]], request: AdmissionRequest, deck: Deck, now: datetime
    ) -> Deck:
        """The deck as the account pays it now; the deck itself for a call whose price no list can change."""
        if "price_terms" not in items.get("account", {}):
            return deck
        account = account_from_item(_plain(items["account"]))
        try:
            return self._prices_of(deck, terms_at(account.price_terms, format_instant(now)), now)
        except Unavailable:
            if not (account.is_closed or account.is_frozen or _is_priced_without_list(items, request, deck, now)):
                raise
            return deck

    def with_spending(self, snapshot: AdmissionSnapshot, deck: Deck) -> AdmissionSnapshot:
        """Add the day's spending, which is one item per category.

        Spending is read after the balance: a call charged between the two reads counts twice. A single read of both
        could miss it in both.
        """
        context = snapshot.context
        assert snapshot.time_zone is not None
        date = local_date(context.now, snapshot.time_zone)
        categories = snapshot.categories | deck.categories | short_codes.charged_categories(deck.short_codes)
        days = [keys.day_sk(date, category) for category in sorted(categories)]
        items = self._read(keys.account_pk(context.request.account_id), days)
        spent = max(0, -sum(decode_item(item, _total_micros) for item in items.values()))
        return replace(snapshot, context=replace(context, credit=replace(context.credit, spent_micros=spent)))

    def _read(self, pk: str, sort_keys: list[str]) -> dict[str, dict[str, Any]]:
        items = read_many(self._client, self._table_name, [(pk, sort_key) for sort_key in sort_keys])
        return {sort_key: item for (_, sort_key), item in items.items()}


def _snapshot(
    items: dict[str, dict[str, Any]], request: AdmissionRequest, deck: Deck, paid: Deck, now: datetime
) -> AdmissionSnapshot:
    account, balance = _plain(items.get("account")), _plain(items.get("balance"))
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
        row=_price(paid, request.dialled_number, origin, now),
        deck_version=deck.version,
        stored_hold=hold_from_item(items["hold"]) if "hold" in items else None,
        credit=credit,
        now=now,
        public_row=None if paid is deck else _price(deck, request.dialled_number, origin, now),
    )
    may_nudge = is_armed and is_due and state.in_flight is None
    denials, time_zone = _announced(_plain(items.get("denials")), account), account.get("time_zone")
    counts_refusal = bool(balance) and not balance_from_item(balance).has_call_since and is_armed
    user_id = None if line is None else line.user_id
    of_account = bundles_from_item(account.get("bundles", ()))
    bundles = own_bundles(of_account, request.line_id, () if line is None else line.bundles)
    return AdmissionSnapshot(context, may_nudge, denials, time_zone, counts_refusal, user_id, bundles, paid.categories)


def _is_priced_without_list(
    items: dict[str, dict[str, Any]], request: AdmissionRequest, deck: Deck, now: datetime
) -> bool:
    """Whether no price list can change the price of a call: its hold keeps it, or the call is part of the subscription,
    or to a short code.
    """
    hold = hold_from_item(items["hold"]) if "hold" in items else None
    if hold is not None and not hold.is_of_unanswered_call:
        return True
    number = request.dialled_number
    if is_short_code(number):
        return True
    line = line_from_item(from_attributes(items["line"])) if "line" in items else None
    row = _price(deck, number, None if line is None else country_of(line.number), now)
    return row is not None and row.category == INCLUDED_CATEGORY and deck.is_home(number[1:])


def _plain(attributes: dict[str, Any] | None) -> dict[str, Any]:
    return {} if attributes is None else decode_item(attributes, from_attributes)


def _total_micros(day: dict[str, Any]) -> int:
    return int(day["total_micros"]["N"])


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


def _price(deck: Deck, number: str, origin: str | None, now: datetime) -> RateRow | None:
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
