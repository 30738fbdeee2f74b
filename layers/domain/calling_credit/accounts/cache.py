"""Facts about accounts and lines for posting (time zone, possible holds, lines), cached for a minute.

Settings change rarely, and a call's local date is fixed when it is posted, so facts may be a minute old. Unknown
accounts and lines are not cached, so a new account is found at once.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from calling_credit.accounts.bundles import OwnBundle, bundles_from_item, own_bundles
from calling_credit.accounts.limits import Limits, effective_limits
from calling_credit.accounts.posting_facts import Facts
from calling_credit.budgets.budget import Budget, budget_from_item
from calling_credit.budgets.spending import Budgets
from calling_credit.dynamodb import keys
from calling_credit.dynamodb.attributes import from_attributes
from calling_credit.dynamodb.batch_get import Key, read_many
from calling_credit.dynamodb.unreadable import OnUnreadable, ignore_unreadable, readable
from calling_credit.instants import format_instant, zone
from calling_credit.ledger.holds import may_have_holds
from calling_credit.rates.price_terms import PriceTerms, terms_from_item

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LEAD: Final = timedelta(seconds=120)
"""How far ahead an account's prices change, unless the stack's LeadSeconds says otherwise."""
FACTS_TTL: Final = timedelta(seconds=60)
MAX_FACTS: Final = 50_000
_PROJECTION: Final = (
    "PK, SK, time_zone, admission, admission_changed_at, breakdown_since, international_calling, #number, closes_at,"
    " changed_at, bundles, price_terms, budget_micros, budget_at, budget_from, budget_until, budget_month,"
    " has_user_budgets, caps, limits, own_limits, user_id"
)
_NAMES: Final = {"#number": "number"}
"""`number` is a reserved word of DynamoDB."""


class AccountFacts:
    """Reads accounts and lines in as few requests as possible, and caches them."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        *,
        lead: timedelta = LEAD,
        sleep: Callable[[float], None] = time.sleep,
        on_unreadable: OnUnreadable = ignore_unreadable,
    ) -> None:
        self._lead = lead
        self._client = client
        self._table_name = table_name
        self._sleep = sleep
        self._on_unreadable = on_unreadable
        self._cache: dict[Key, tuple[datetime, dict[str, Any]]] = {}

    def with_holds(self, account_ids: Iterable[str], now: datetime) -> frozenset[str]:
        """The accounts among these whose calls may have holds. An unknown or unreadable account has none.

        Raises:
            Unavailable: the table did not answer.
        """
        accounts = set(account_ids)
        self._load_missing({(keys.account_pk(account), keys.account_sk()) for account in accounts}, now)
        return frozenset(account for account in accounts if self._may_have_holds(account, now))

    def existing(self, account_ids: Iterable[str], now: datetime) -> frozenset[str]:
        """The accounts among these that exist, readable or not.

        Raises:
            Unavailable: the table did not answer.
        """
        accounts = {account: (keys.account_pk(account), keys.account_sk()) for account in account_ids}
        unreadable = self._load_missing(set(accounts.values()), now)
        return frozenset(
            account for account, key in accounts.items() if key in unreadable or self._time_zone(account) is not None
        )

    def price_terms(self, account_ids: Iterable[str], now: datetime, begun: str) -> Mapping[str, Sequence[PriceTerms]]:
        """The terms, latest first, of the accounts among these that have some, for calls that began at an instant or
        before. An unknown or unreadable account has none.

        Raises:
            Unavailable: the table did not answer.
        """
        accounts = set(account_ids)
        self._load_missing({(keys.account_pk(account), keys.account_sk()) for account in accounts}, now, begun)
        return {account: terms for account in accounts if (terms := self._price_terms(account))}

    def load(
        self,
        lines: Iterable[tuple[str, str]],
        now: datetime,
        begun: str = "",
        users: Iterable[tuple[str, str, str | None]] = (),
    ) -> Facts:
        """Load the facts of `(account_id, line_id)` pairs, with the terms of calls that began at an instant or before,
        and the budgets of the users of calls, each given as account, line, and the user that its event names, if any.

        Raises:
            Unavailable: the table did not answer.
        """
        pairs = set(lines)
        required: set[Key] = {(keys.account_pk(account), keys.account_sk()) for account, _ in pairs}
        of_lines: set[Key] = {(keys.account_pk(account), keys.line_sk(line)) for account, line in pairs}
        damaged = self._load_missing(required | of_lines, now, begun)
        time_zones = {account: self._time_zone(account) for account, _ in pairs}
        return Facts(
            {account: time_zone for account, time_zone in time_zones.items() if time_zone is not None},
            frozenset((account, line) for account, line in pairs if self._is_enabled(account, line)),
            {pair: number for pair in pairs if (number := self._of_line(*pair, "number") or "").startswith("+")},
            {pair: instant for pair in pairs if (instant := self._of_line(*pair, "closes_at")) is not None},
            frozenset(account for account, _ in pairs if self._has_breakdown(account)),
            {pair: instant for pair in pairs if (instant := self._of_line(*pair, "changed_at")) is not None},
            frozenset(pair for pair in pairs if damaged & _keys_of(*pair)),
            {pair: bundles for pair in pairs if (bundles := self._bundles(*pair))},
            {account: terms for account, _ in pairs if (terms := self._price_terms(account))},
            self._budgets(pairs, users, now),
            {account: limits for account, _ in pairs if (limits := self._capped(account)) is not None},
            {pair: user for pair in pairs if (user := self._of_line(*pair, "user_id")) is not None},
        )

    def _budgets(
        self, lines: set[tuple[str, str]], users: Iterable[tuple[str, str, str | None]], now: datetime
    ) -> Budgets:
        """The budgets of lines, and of users. Only for accounts with budgets of users, read their items."""
        of_lines = self._stored_budgets((account, name, keys.line_sk(name)) for account, name in lines)
        of_calls = ((account, user or self._of_line(account, line, "user_id")) for account, line, user in users)
        named = {(account, user) for account, user in of_calls if user is not None and self._has_user_budgets(account)}
        if named:
            self._load_missing({(keys.account_pk(account), keys.user_sk(user)) for account, user in named}, now)
        return Budgets(of_lines, self._stored_budgets((account, name, keys.user_sk(name)) for account, name in named))

    def _stored_budgets(self, owners: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str], Budget]:
        """The budgets of owners, each given as account, id, and sort key, by account and id."""
        found = {}
        for account, name, sort_key in owners:
            cached = self._cache.get((keys.account_pk(account), sort_key))
            if cached is not None and cached[1]["budget"] is not None:
                found[account, name] = cached[1]["budget"]
        return found

    def _has_user_budgets(self, account_id: str) -> bool:
        cached = self._cache.get((keys.account_pk(account_id), keys.account_sk()))
        return cached is not None and "has_user_budgets" in cached[1]

    def _load_missing(self, required: set[Key], now: datetime, begun: str = "") -> set[Key]:
        """Read what the cache lacks. Return the keys of unreadable items, which are not cached."""
        missing = [key for key in required if not self._is_fresh(key, now, begun)]
        if len(self._cache) + len(missing) > MAX_FACTS:
            self._cache.clear()
            missing = list(required)
        for key in missing:
            self._cache.pop(key, None)
        items = read_many(self._client, self._table_name, missing, self._sleep, _PROJECTION, _NAMES)
        read = {(one["PK"], one["SK"]): one for one in readable(items.values(), _facts_from_item, self._on_unreadable)}
        self._cache.update({key: (now, item) for key, item in read.items()})
        return set(items) - set(read)

    def _may_have_holds(self, account_id: str, now: datetime) -> bool:
        cached = self._cache.get((keys.account_pk(account_id), keys.account_sk()))
        if cached is None:
            return False
        item = cached[1]
        return may_have_holds(is_on=item.get("admission", False), changed_at=item.get("admission_changed_at"), now=now)

    def _is_fresh(self, key: Key, now: datetime, begun: str) -> bool:
        """Whether facts are young enough. New terms are in force LeadSeconds ahead, so terms decide about calls that
        began up to half of that after they were read; the other half is for a change that was under way.
        """
        cached = self._cache.get(key)
        if cached is None or now - cached[0] >= FACTS_TTL:
            return False
        return not begun or key[1] != keys.account_sk() or begun < format_instant(cached[0] + self._lead / 2)

    def _price_terms(self, account_id: str) -> Sequence[PriceTerms]:
        cached = self._cache.get((keys.account_pk(account_id), keys.account_sk()))
        return () if cached is None else cached[1].get("price_terms", ())

    def _time_zone(self, account_id: str) -> str | None:
        cached = self._cache.get((keys.account_pk(account_id), keys.account_sk()))
        return str(cached[1]["time_zone"]) if cached else None

    def _has_breakdown(self, account_id: str) -> bool:
        cached = self._cache.get((keys.account_pk(account_id), keys.account_sk()))
        return cached is not None and "breakdown_since" in cached[1]

    def _capped(self, account_id: str) -> Limits | None:
        cached = self._cache.get((keys.account_pk(account_id), keys.account_sk()))
        return None if cached is None else cached[1]["capped"]

    def _bundles(self, account_id: str, line_id: str) -> tuple[OwnBundle, ...]:
        pk = keys.account_pk(account_id)
        cached = (self._cache.get((pk, sort_key)) for sort_key in (keys.account_sk(), keys.line_sk(line_id)))
        of_account, of_line = (one[1].get("bundles", ()) if one is not None else () for one in cached)
        return own_bundles(of_account, line_id, of_line)

    def _is_enabled(self, account_id: str, line_id: str) -> bool:
        cached = self._cache.get((keys.account_pk(account_id), keys.line_sk(line_id)))
        return bool(cached and cached[1].get("international_calling"))

    def _of_line(self, account_id: str, line_id: str, name: str) -> str | None:
        cached = self._cache.get((keys.account_pk(account_id), keys.line_sk(line_id)))
        return None if cached is None else cached[1].get(name)


def _facts_from_item(attributes: dict[str, Any]) -> dict[str, Any]:
    """The facts of an account or a line in plain values."""
    item = from_attributes(attributes)
    if item["SK"] == keys.account_sk():
        zone(item["time_zone"])
    item["budget"] = budget_from_item(item)
    limits = (item.pop("limits", None), item.pop("own_limits", None), item.get("caps"))
    item["capped"] = effective_limits(*limits) if item.get("caps") else None
    if "bundles" in item:
        item["bundles"] = bundles_from_item(item["bundles"])
    if "price_terms" in item:
        item["price_terms"] = terms_from_item(item["price_terms"])
    return item


def _keys_of(account_id: str, line_id: str) -> set[Key]:
    pk = keys.account_pk(account_id)
    return {(pk, keys.account_sk()), (pk, keys.line_sk(line_id))}
