"""Reads what a call may still cost by the caps of its account. Without a cap, nothing is read; with caps, one request
more for a call that they concern.
"""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from calling_credit.accounts.caps import CapRules
from calling_credit.accounts.card_money import card_money_from_item, older_micros
from calling_credit.accounts.known_countries import known_from_item
from calling_credit.admission.decision import AdmissionContext
from calling_credit.admission.reasons import DenialReason
from calling_credit.admission.refusals import public_minute
from calling_credit.admission.spending_limits import SpendLimit
from calling_credit.budgets.counters import counter_from_item, limit_action
from calling_credit.dynamodb import cap_keys, keys, spend_keys
from calling_credit.dynamodb.batch_get import read_many
from calling_credit.dynamodb.transactions import transact
from calling_credit.ledger.holds import Hold
from calling_credit.numbering import is_short_code
from calling_credit.rates.covered_calls import costs
from calling_credit.rates.deck import RateRow

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


Items = dict[str, dict[str, Any]]
"""Items in attribute values, by sort key."""


def read_cap_limits(
    client: "DynamoDBClient", table_name: str, rules: CapRules, context: AdmissionContext, counted_on: str
) -> tuple[SpendLimit, ...]:
    """Read the counters of the caps that concern a call of a local date, and make those that are missing.

    Raises:
        Unavailable: the table did not answer in time.
        UnreadableItem: a counter, the country, or the cards' money; the call is refused alone.
    """
    hold = context.hold
    row = context.row if hold is None else hold.row
    if context.account is None or row is None or not costs(row) or is_short_code(context.request.dialled_number):
        return ()
    limits, minute = context.account.limits, public_minute(hold, context.public_row)
    of_country = None if row.country in rules.no_cap_countries else limits.first_country_cap_micros
    of_young = limits.young_money_cap_micros if limits.is_high_cost(row, minute) else None
    wanted = []
    if of_country is not None:
        wanted += [cap_keys.known_sk(row.country), spend_keys.country_sk(counted_on, row.country)]
    if of_young is not None:
        wanted += [cap_keys.card_money_sk(), spend_keys.young_sk(counted_on)]
    if not wanted:
        return ()
    pk = keys.account_pk(context.request.account_id)
    found = read_many(client, table_name, [(pk, sort_key) for sort_key in wanted])
    items = {sort_key: item for (_, sort_key), item in found.items()}
    caps: list[SpendLimit] = []
    if of_country is not None and not _knows(items, row, counted_on):
        sort_key = spend_keys.country_sk(counted_on, row.country)
        left = _left(client, table_name, items, (context.request.account_id, sort_key), of_country)
        caps.append(SpendLimit(DenialReason.FIRST_COUNTRY_CAP, spend_keys.COUNTRY, left, refuses=True))
    if of_young is not None and (young := _young(items, rules, context.now)):
        sort_key = spend_keys.young_sk(counted_on)
        left = _left(client, table_name, items, (context.request.account_id, sort_key), of_young)
        older = _older(context.credit.available_micros, young, hold)
        caps.append(SpendLimit(DenialReason.YOUNG_MONEY_CAP, spend_keys.YOUNG, left, refuses=True, covers_micros=older))
    return tuple(caps)


def _knows(items: Items, row: RateRow, today: str) -> bool:
    item = items.get(cap_keys.known_sk(row.country))
    return item is not None and known_from_item(item).is_known(today)


def _young(items: Items, rules: CapRules, now: datetime) -> int:
    return card_money_from_item(items.get(cap_keys.card_money_sk())).young_micros(now, rules.young_days)


def _older(available_micros: int, young_micros: int, hold: Hold | None) -> int:
    """How much of the call older money pays, at most. What others hold has taken of it first."""
    if hold is None:
        return max(0, older_micros(available_micros, young_micros))
    return older_micros(available_micros, young_micros, hold.amount_micros, hold.amount_micros - hold.young_micros)


def _left(client: "DynamoDBClient", table_name: str, items: Items, key: tuple[str, str], cap_micros: int) -> int:
    """The rest of a cap on its day. The counter gets the cap of now as its limit. If another request gave it one
    meanwhile, the condition of the hold decides.
    """
    counter = counter_from_item(items[key[1]]) if key[1] in items else None
    if counter is not None and counter.limit_micros == cap_micros:
        return counter.left_micros
    transact(client, [limit_action(table_name, key, counter, cap_micros)])
    if counter is None:
        return cap_micros
    return counter.left_micros + cap_micros - (counter.limit_micros or 0)
