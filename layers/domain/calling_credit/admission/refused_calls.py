"""Lists the calls that were refused: each call once, for 30 days, and at most 200 of an account and day. Further ones
are only counted.

One transaction lists a call: a mark for the call, the call itself, and the count of its day. The mark keeps a switch
that asks again from listing the call twice. No retry: the caller waits for the answer.
"""

from collections.abc import Set
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from calling_credit.accounts.known_countries import known_from_plain
from calling_credit.admission.reasons import DenialReason
from calling_credit.admission.request import WORDS
from calling_credit.dynamodb import cap_keys, keys, refusal_keys
from calling_credit.dynamodb.attributes import Item, to_attributes
from calling_credit.dynamodb.partition import Partition
from calling_credit.dynamodb.transactions import put, transact, update
from calling_credit.dynamodb.unreadable import OnUnreadable, checked, raise_unreadable, readable
from calling_credit.instants import format_instant
from calling_credit.numbering import UNKNOWN_COUNTRY, country_of

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

    from calling_credit.admission.decision import AdmissionRequest, Decision

LISTED_FOR: Final = timedelta(days=30)
MARKED_FOR: Final = timedelta(days=1)
"""Longer than any switch asks for the same call."""
MAX_A_DAY: Final = 200
"""The calls of an account and day that are listed."""
MAX_FULL_DAYS: Final = 10_000
"""The accounts that a warm function remembers as full."""


class RefusedCallStore:
    """Lists refused calls of any account. It remembers whose day is full, to save an attempt."""

    def __init__(self, client: "DynamoDBClient", table_name: str) -> None:
        self._client = client
        self._table_name = table_name
        self._full: dict[str, str] = {}

    def record(self, request: "AdmissionRequest", decision: "Decision", user_id: str | None, now: datetime) -> bool:
        """List a refused call, with the country of its row, which its cap counts by. Return whether this call did: not
        if it is listed already, or if its day is full.

        Raises:
            Unavailable: the table did not take it at once. ClientError: the table refused it.
        """
        account_id, at = request.account_id, format_instant(now)
        date = at[:10]
        if self._full.get(account_id) == date:
            self._count(account_id, date, now)
            return False
        mark: Item = {"SK": refusal_keys.refused_sk(request.call_key), "expires_at": _seconds(now + MARKED_FOR)}
        refused: Item = {
            "SK": refusal_keys.denied_sk(at, request.call_key),
            "line_id": request.line_id or None,
            "user_id": user_id,
            "to": request.dialled_number,
            "country": None if decision.row is None else decision.row.country,
            "reason": decision.reason,
            "expires_at": _seconds(now + LISTED_FOR),
        }
        pk = keys.account_pk(account_id)
        actions = [put(self._table_name, to_attributes({"PK": pk, **item})) for item in (mark, refused)]
        condition = "attribute_not_exists(PK) OR attribute_not_exists(listed) OR listed < :most"
        actions.append(self._day_action(account_id, date, "listed", condition, {":most": MAX_A_DAY}, now))
        failed = transact(self._client, actions, seconds_left=_none)
        if 2 in failed and 0 not in failed:
            if len(self._full) >= MAX_FULL_DAYS:
                self._full.clear()
            self._full[account_id] = date
            self._count(account_id, date, now)
        return not failed

    def forget(self) -> None:
        """Forget whose day is full, as a new process."""
        self._full.clear()

    def _count(self, account_id: str, date: str, now: datetime) -> None:
        condition = "attribute_exists(PK) OR attribute_not_exists(PK)"
        action = self._day_action(account_id, date, "not_listed", condition, {}, now)
        transact(self._client, [action], seconds_left=_none)

    def _day_action(
        self, account_id: str, date: str, counter: str, condition: str, values: dict[str, Any], now: datetime
    ) -> dict[str, Any]:
        return update(
            self._table_name,
            to_attributes({"PK": keys.account_pk(account_id), "SK": refusal_keys.denied_day_sk(date)}),
            f"SET expires_at = :expires ADD {counter} :one",
            condition,
            to_attributes({":one": 1, ":expires": _seconds(now + LISTED_FOR), **values}),
        )


class RefusedCallReader:
    """The refused calls of one account. `on_unreadable` gets the items that the lists leave out."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        account_id: str,
        now: datetime,
        on_unreadable: OnUnreadable = raise_unreadable,
    ) -> None:
        self._on_unreadable = on_unreadable
        self._partition = Partition(client, table_name, keys.account_pk(account_id))
        self._since = format_instant(now - LISTED_FOR)

    def page(self, after: str | None, limit: int) -> tuple[list[dict[str, Any]], str | None]:
        """A page of refused calls as items, newest first, and the sort key after which the next page starts."""
        low, high = refusal_keys.denied_range(self._since)
        items = []
        found = self._partition.query(low, after or high, newest_first=True, on_unreadable=self._on_unreadable)
        for item in readable(found, checked(_view), self._on_unreadable):
            if item["SK"] != after:
                items.append(item)
            if len(items) > limit:
                return items[:limit], items[limit - 1]["SK"]
        return items, None

    def known_countries(self, page: list[dict[str, Any]], today: str) -> frozenset[str]:
        """The countries that the account knows on a local day; read only if the cap on others refused a call of this
        page.
        """
        if all(item["reason"] != DenialReason.FIRST_COUNTRY_CAP for item in page):
            return frozenset()
        items = self._partition.query(*cap_keys.known_range(), on_unreadable=self._on_unreadable)
        found = readable(items, known_from_plain, self._on_unreadable)
        return frozenset(country.country for country in found if country.is_known(today))

    def not_listed(self) -> list[dict[str, Any]]:
        """`[{date, calls}]`: the days (UTC) on which more calls were refused than are listed, and how many more."""
        bounds = refusal_keys.denied_day_range(self._since[:10])
        days = self._partition.query(*bounds, on_unreadable=self._on_unreadable)
        return [{"date": keys.id_of(day["SK"]), "calls": day["not_listed"]} for day in days if "not_listed" in day]


def own_refused_call_view(item: dict[str, Any], names: dict[str, str], known: Set[str]) -> dict[str, Any]:
    """The view of a refused call with `country_known`: whether the account knows the country
    now, so that its next calls are not capped. It is None if another reason refused the call.
    """
    view = refused_call_view(item, names)
    is_capped = view["reason"] == DenialReason.FIRST_COUNTRY_CAP
    return view | {"country_known": view["country"] in known if is_capped else None}


def refused_call_view(item: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    """`{at, call_key, line_id, user, to, country, reason}` of a refused call; `names` are those of the account's users.
    `country` is that of the row which priced the call, else that of the number; None if it is unknown.
    """
    _, at, call_key = item["SK"].split("#")
    user_id, country = item.get("user_id"), item.get("country") or country_of(item["to"])
    return {
        "at": at,
        "call_key": call_key,
        "line_id": item.get("line_id"),
        "user": None if user_id is None else {"id": user_id, "name": names.get(user_id)},
        "to": item["to"],
        "country": None if country == UNKNOWN_COUNTRY else country,
        "reason": item["reason"],
    }


def _view(item: dict[str, Any]) -> dict[str, Any]:
    """What staff and customers see of a refused call, without names."""
    return refused_call_view(item, {}) | {"message": WORDS[item["reason"]]}


def _seconds(at: datetime) -> int:
    return int(at.timestamp())


def _none() -> float:
    """No time for another attempt."""
    return 0.0
