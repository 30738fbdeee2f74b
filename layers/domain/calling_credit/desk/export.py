"""Exports an account as one zip, once per Idempotency-Key.

The law: no link is handed out before one transaction has claimed the key and recorded who exports what. The file is
stored before, under a name that the key and the request determine, so a repeated request overwrites its own file.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from calling_credit.accounts.bounce_store import BounceStore
from calling_credit.accounts.bounces import bounce_view
from calling_credit.accounts.reader import AccountReader
from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import Actor
from calling_credit.changes.change import Change, change_action
from calling_credit.desk.account_page import account_head, limits_of, top_up_item
from calling_credit.desk.export_bucket import LINK_SECONDS, export_key, link_to, put_export
from calling_credit.desk.export_documents import document_rows, more_settings
from calling_credit.desk.export_files import ExportRows, export_files, zipped
from calling_credit.dynamodb import desk_keys, keys
from calling_credit.dynamodb.attributes import to_attributes
from calling_credit.dynamodb.partition import Partition
from calling_credit.dynamodb.transactions import put, transact
from calling_credit.dynamodb.unreadable import OnUnreadable, ignore_unreadable
from calling_credit.errors import Conflict, ProblemCode, Unavailable
from calling_credit.instants import MAX_PERIOD_DAYS, Period, format_instant, local_date, read_period
from calling_credit.ledger.reader import LedgerReader
from calling_credit.money import format_money
from calling_credit.request_fields import read_text
from calling_credit.topups.store import TopUpStore

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_s3 import S3Client

MAX_ENTRIES: Final = 50_000
PAGE: Final = 1_000
MAX_PAYMENTS: Final = 5_000
KEPT_FOR: Final = timedelta(days=1)
"""As long as the bucket keeps the file. Afterwards the same request makes a new one."""


@dataclass(frozen=True, slots=True)
class ExportRequest:
    """The dates of an export, in the account's time zone, and why."""

    period: Period
    reason: str

    @property
    def facts(self) -> dict[str, str]:
        """What a repeated request must state again."""
        first, last = self.period.first.isoformat(), self.period.last.isoformat()
        return {"from": first, "to": last, "reason": self.reason}


def parse_export(body: dict[str, Any], time_zone: str, now: datetime) -> ExportRequest:
    """Parse `{reason, from?, to?}`. Without dates, everything up to today is exported.

    Raises:
        InvalidValue: missing_field, invalid_field, invalid_date, invalid_date_range.
    """
    reason = read_text(body, "reason", 200)
    dates = [body.get(name) for name in ("from", "to")]
    first, last = (None if value is None else str(value) for value in dates)
    today = local_date(now, time_zone)
    earliest = date.fromisoformat(last or today) - timedelta(days=MAX_PERIOD_DAYS) if _is_date(last) else None
    return ExportRequest(read_period(first or (earliest.isoformat() if earliest else None), last, today), reason)


def _is_date(text: str | None) -> bool:
    """Whether a date is absent, or can be counted back from. `read_period` refuses others."""
    if text is None:
        return True
    try:
        return date.fromisoformat(text) > date.min + timedelta(days=MAX_PERIOD_DAYS)
    except ValueError:
        return False


class Exporter:
    """Exports one account. `on_unreadable` gets the items that the export leaves out."""

    def __init__(
        self,
        client: "DynamoDBClient",
        table_name: str,
        s3: "S3Client",
        bucket: str,
        account_id: str,
        on_unreadable: OnUnreadable = ignore_unreadable,
    ) -> None:
        self._client = client
        self._table_name = table_name
        self._s3 = s3
        self._bucket = bucket
        self._account_id = account_id
        self._partition = Partition(client, table_name, keys.account_pk(account_id))
        self._on_unreadable = on_unreadable
        self._bounces = BounceStore(client, table_name, on_unreadable)

    def export(
        self,
        request: ExportRequest,
        idempotency_key: str,
        actor: Actor,
        now: datetime,
        seconds_left: Callable[[], float],
    ) -> dict[str, Any]:
        """Return `{id, url, expires_at, entries, calls, payments, is_complete, continue_from, from, to}`. If there are
        too many entries, or no time is left, the export names the date from which the next one continues.

        Raises:
            NotFound: `unknown_account`. Conflict: `idempotency_key_reused`, with other dates or another reason.
            Unavailable: the table did not answer in time; the same request is safe again.
        """
        export_id = _export_id(self._account_id, idempotency_key)
        sort_key = desk_keys.export_sk(export_id)
        stored = self._partition.get(sort_key)
        if stored is None or stored["expires_at"] <= now.timestamp():
            counts = self._store_file(request, export_id, now, seconds_left)
            item = {**_key(self._partition.pk, sort_key), **request.facts, **counts, "by": actor.by}
            item |= {"exported_at": format_instant(now), "expires_at": int((now + KEPT_FOR).timestamp())}
            self._claim(item, export_id, actor, now, is_new=stored is None)
            stored = self._partition.get(sort_key)
        if stored is None:
            raise Unavailable(ProblemCode.BUSY, "The export is being made at the moment; send the same request again.")
        if {name: stored[name] for name in request.facts} != request.facts:
            raise Conflict(
                ProblemCode.IDEMPOTENCY_KEY_REUSED,
                "This Idempotency-Key was used with another export; use a new key for a new export.",
            )
        key = export_key(self._account_id, _file_name(export_id, request))
        shown = ("entries", "calls", "payments", "is_complete", "from", "to")
        return {
            "id": export_id,
            "url": link_to(self._s3, self._bucket, key, f"{export_id}.zip"),
            "expires_at": format_instant(now + timedelta(seconds=LINK_SECONDS)),
            **{name: stored[name] for name in shown},
            "continue_from": stored.get("continue_from"),
        }

    def _claim(self, item: dict[str, Any], export_id: str, actor: Actor, now: datetime, *, is_new: bool) -> None:
        """Claim the key and record the export. If another request was faster, its claim stands."""
        change = Change(
            ChangeAction.ACCOUNT_EXPORTED,
            "account",
            f"export-{export_id}",
            None,
            {name: item[name] for name in ("from", "to", "reason", "entries", "calls")},
        )
        claim = put(self._table_name, to_attributes(item))
        if not is_new:
            claim["Put"]["ConditionExpression"] = "expires_at <= :now"
            claim["Put"]["ExpressionAttributeValues"] = to_attributes({":now": int(now.timestamp())})
        transact(self._client, [claim, change_action(self._table_name, self._account_id, change, actor, now)])

    def _store_file(
        self, request: ExportRequest, export_id: str, now: datetime, seconds_left: Callable[[], float]
    ) -> dict[str, Any]:
        reader = AccountReader(self._client, self._table_name, self._account_id, self._on_unreadable)
        reader.account()
        rows = ExportRows(reader.user_names(), reader.line_numbers())
        continue_from = self._collect(rows, request.period, seconds_left)
        payments, _ = TopUpStore(self._client, self._table_name).page(self._account_id, None, MAX_PAYMENTS)
        settings = self._partition.get(keys.account_sk()) or {}
        balance = LedgerReader(self._client, self._table_name, self._account_id).balance()
        table = self._client, self._table_name
        account = account_head(reader.account(), settings) | {
            **more_settings(*table, reader, balance, now, self._on_unreadable),
            "limits": limits_of(settings),
            "balance": format_money(balance.posted_micros),
            "bounced_addresses": [bounce_view(item, now) for item in self._bounces.addresses(self._account_id)],
            "users": [{"user_id": user_id, "name": name} for user_id, name in rows.user_names.items()],
            "exported_at": format_instant(now),
            **{name: request.facts[name] for name in ("from", "to")},
            "continue_from": continue_from,
        }
        documents = document_rows(*table, self._account_id, self._on_unreadable)
        files = export_files(account, rows, [top_up_item(payment, None) for payment in payments], documents)
        key = export_key(self._account_id, _file_name(export_id, request))
        put_export(self._s3, self._bucket, key, zipped(files))
        return {
            "entries": len(rows.entries),
            "calls": len(rows.calls),
            "payments": len(payments),
            "is_complete": continue_from is None,
            "continue_from": continue_from,
        }

    def _collect(self, rows: ExportRows, period: Period, seconds_left: Callable[[], float]) -> str | None:
        """Collect the entries of a period. Return the date from which the next export continues; None at the end.

        Whole dates are collected, so that the parts of an export share no entry, and each part is nearer to the end.

        Raises:
            Unavailable: `busy`, there was no time for a whole date.
        """
        ledger = LedgerReader(self._client, self._table_name, self._account_id)
        after: str | None = None
        while True:
            entries, after = ledger.entries(period, after=after, limit=PAGE, newest_first=False)
            for entry in entries:
                rows.add(entry)
            if after is None:
                rows.finish()
                return None
            is_late = seconds_left() <= 0
            if rows.whole is not None and (is_late or len(rows.entries) >= MAX_ENTRIES):
                return rows.drop_last_date()
            if is_late:
                raise Unavailable(ProblemCode.BUSY, "The entries of one day were not read in time. Send it again.")


def _export_id(account_id: str, idempotency_key: str) -> str:
    """The id of every request with this account and key: a hash with framed lengths, so no two pairs collide."""
    framed = f"{len(account_id)}:{account_id}{idempotency_key}"
    return f"exp_{hashlib.sha256(framed.encode()).hexdigest()[:32]}"


def _file_name(export_id: str, request: ExportRequest) -> str:
    """The name of the file. Of two requests with one key at once, neither overwrites the other's file."""
    facts = json.dumps(request.facts, sort_keys=True)
    return f"{export_id}-{hashlib.sha256(facts.encode()).hexdigest()[:16]}"


def _key(pk: str, sk: str) -> dict[str, str]:
    return {"PK": pk, "SK": sk}
