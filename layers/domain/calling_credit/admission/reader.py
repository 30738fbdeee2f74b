"""Read what the decision about a call depends on."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from calling_credit.accounts.account import account_from_item
from calling_credit.accounts.caps import DEFAULT_RULES, CapRules
from calling_credit.accounts.line_items import line_from_item
from calling_credit.admission.cap_reader import read_cap_limits
from calling_credit.admission.decision import AdmissionRequest
from calling_credit.admission.minutes_left import read_minutes_left, read_minutes_of_hold
from calling_credit.admission.snapshot import AdmissionSnapshot, make_snapshot, plain_item, price_row
from calling_credit.admission.spending_reader import read_spend_limits, spending_date
from calling_credit.dynamodb import keys, refusal_keys
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.unreadable import decode_item
from calling_credit.errors import Unavailable
from calling_credit.instants import format_instant, local_date
from calling_credit.ledger.hold_items import hold_from_item
from calling_credit.numbering import country_of, is_short_code
from calling_credit.rates import short_codes
from calling_credit.rates.account_prices import AccountPrices
from calling_credit.rates.deck import INCLUDED_CATEGORY, Deck
from calling_credit.rates.price_lists import missing_list
from calling_credit.rates.price_terms import PriceTerms, terms_at

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

PricesOf = Callable[[Deck, PriceTerms | None, datetime], Deck]
"""Returns a deck as an account with these terms pays it; raises Unavailable."""


def _without_lists(deck: Deck, terms: PriceTerms | None, _now: datetime) -> Deck:
    if terms is None:
        return deck
    if terms.price_list is not None:
        raise missing_list(terms.price_list)
    return AccountPrices(deck, None, terms.markup_hundredths)


class AdmissionReader:
    """Reads the admission context of calls of any account. `prices_of` knows the price lists, `rules` what caps
    concern.
    """

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        prices_of: PricesOf = _without_lists,
        rules: CapRules = DEFAULT_RULES,
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._prices_of = prices_of
        self._rules = rules

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
        snapshot = make_snapshot(by_name, request, deck, paid, now)
        return self._with_caps(self._with_limits(self._with_minutes(snapshot)))

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

    def _with_limits(self, snapshot: AdmissionSnapshot) -> AdmissionSnapshot:
        """Add what budgets leave for a call of a line or user that has one, in the month of the call or of its hold."""
        context, spender, time_zone = snapshot.context, snapshot.spender, snapshot.time_zone
        if spender is None or time_zone is None or not (spender.line_budget or spender.has_user_budgets):
            return snapshot
        hold = context.hold
        counted_on = spending_date(hold, context.now, time_zone)
        user_id = (hold.user_id if hold is not None else "") or spender.user_id
        spending = read_spend_limits(self._client, self._table_name, replace(spender, user_id=user_id), counted_on)
        more = replace(context, spending=spending, counted_on=counted_on, user_id=user_id or "")
        return replace(snapshot, context=more)

    def _with_caps(self, snapshot: AdmissionSnapshot) -> AdmissionSnapshot:
        """Add what caps leave for a call of an account that has one; without one, read nothing."""
        context, time_zone = snapshot.context, snapshot.time_zone
        if time_zone is None:
            return snapshot
        counted_on = spending_date(context.hold, context.now, time_zone)
        caps = read_cap_limits(self._client, self._table_name, self._rules, context, counted_on)
        if not caps:
            return snapshot
        spending = (*context.spending, *caps)
        return replace(snapshot, context=replace(context, spending=spending, counted_on=counted_on))

    def _own_prices(
        self, items: dict[str, dict[str, Any]], request: AdmissionRequest, deck: Deck, now: datetime
    ) -> Deck:
        """The deck as the account pays it now; the deck itself for a call whose price no list can change."""
        if "price_terms" not in items.get("account", {}):
            return deck
        account = account_from_item(plain_item(items["account"]))
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
    row = price_row(deck, number, None if line is None else country_of(line.number), now)
    return row is not None and row.category == INCLUDED_CATEGORY and deck.is_home(number[1:])


def _total_micros(day: dict[str, Any]) -> int:
    return int(day["total_micros"]["N"])
