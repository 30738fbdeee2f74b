"""What the Billing view shows of an account, in at most eight requests to the table.

Its parts are the answers of `GET /balance`, `GET /forecast`, and `GET /statement?by=day`. It does not read the days
before its period: the opening balance is the balance less the sum of the days since.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from calling_credit.accounts.account import Account
from calling_credit.accounts.bundles import OwnBundle
from calling_credit.accounts.reader import AccountReader, LinesAtAGlance
from calling_credit.accounts.recipients import language_of
from calling_credit.dynamodb import keys
from calling_credit.instants import Period, format_instant, local_date, local_month
from calling_credit.ledger.balance import Balance
from calling_credit.ledger.entries import EntryKind
from calling_credit.ledger.reader import LedgerReader, total_micros
from calling_credit.lots.lot import Lot
from calling_credit.lots.store import expiring_view
from calling_credit.money import MICROS_PER_CENT, format_money
from calling_credit.rates.deck import Deck
from calling_credit.usage import forecast
from calling_credit.usage.included_minutes import BundleLeft, bundles_left, included_minutes_view
from calling_credit.usage.statement import daily_balances

STATEMENT_DAYS: Final = 30
MAX_ATTEMPTS: Final = 2
"""Reads of the days and the balance without a posting in between."""
_LAST_DATE: Final = date.max.isoformat()


@dataclass(frozen=True, slots=True)
class Overview:
    """The parts of an overview: `days` are the DAY items of its period and later, `calls` the latest calls of the
    forecast's days, newest first, and `minutes` the included ones of the account and its lines.
    """

    account: Account
    balance: Balance
    days: list[dict[str, Any]]
    calls: list[dict[str, Any]]
    lines: LinesAtAGlance
    now: datetime
    minutes: tuple[BundleLeft, ...] = ()

    @property
    def today(self) -> date:
        """The account's local date."""
        return date.fromisoformat(local_date(self.now, self.account.time_zone))

    @property
    def pace(self) -> forecast.Pace:
        """The spending of the forecast's days."""
        first, last = (day.isoformat() for day in forecast.basis(self.today))
        return forecast.pace((day for day in self.days if first <= keys.date_of(day["SK"]) <= last), self.today)

    def view(
        self,
        auto_recharge: Mapping[str, Any],
        deck: Deck | None,
        caller_address: str,
        lots: Sequence[Lot] = (),
        *,
        recharges: bool,
    ) -> dict[str, Any]:
        """The answer of `GET /overview`. `lots` is the granted credit of the account."""
        account, balance, at = self.account, self.balance, format_instant(self.now)
        statement = self._statement()
        return {
            "account_id": account.account_id,
            "name": account.name,
            "currency": account.currency,
            "time_zone": account.time_zone,
            "status": account.status,
            "frozen": account.is_frozen,
            "as_of": at,
            "balance": format_money(balance.posted_micros),
            "held": format_money(balance.held_micros),
            "available": format_money(balance.available_micros),
            "calls_in_progress": balance.live_holds,
            "expiring": expiring_view(lots, balance),
            "auto_recharge": dict(auto_recharge),
            "forecast": forecast.forecast_view(
                balance.available_micros,
                self.pace,
                self.calls,
                deck,
                at,
                self.today,
                recharges=recharges,
                minutes=self.minutes,
            ),
            "included_minutes": included_minutes_view(self.minutes, self.lines.numbers),
            "statement": {"opening_balance": statement["opening_balance"], "days": statement["days"]},
            "lines": {"total": self.lines.total, "enabled": self.lines.enabled},
            "amount_needed": amount_needed(balance.available_micros),
            "billing_contacts": list(account.billing_emails),
            "language": language_of(account, caller_address),
        }

    def _statement(self) -> dict[str, Any]:
        today = self.today.isoformat()
        opening = self.balance.posted_micros - total_micros(self.days)
        return daily_balances(opening, (day for day in self.days if keys.date_of(day["SK"]) <= today))


def amount_needed(available_micros: int) -> str | None:
    """What brings a balance below zero to zero, in whole cents; None if it is not below zero."""
    if available_micros >= 0:
        return None
    return format_money(-(available_micros // MICROS_PER_CENT) * MICROS_PER_CENT)


def read_overview(
    account: AccountReader, ledger: LedgerReader, settings: Account, balance: Balance, now: datetime
) -> Overview:
    """Read what an overview needs beside the account and its balance, which were read before: in at most seven
    requests for up to about 3,000 lines, a megabyte, and one more for included minutes.
    """
    today = date.fromisoformat(local_date(now, settings.time_zone))
    balance, days = _read_days(ledger, balance, today - timedelta(days=STATEMENT_DAYS - 1))
    calls = read_recent_calls(ledger, today)
    lines = account.lines_at_a_glance()
    minutes = read_minutes(account, settings, lines.bundles, now)
    return Overview(settings, balance, days, calls, lines, now, minutes)


def read_minutes(
    account: AccountReader, settings: Account, of_lines: Sequence[OwnBundle], now: datetime
) -> tuple[BundleLeft, ...]:
    """The rest of the included minutes of the account and of its lines; without a bundle, nothing is read."""
    bundles = [*(OwnBundle(None, bundle) for bundle in settings.bundles), *of_lines]
    month = local_month(now, settings.time_zone)
    return bundles_left(bundles, account.counters(month), month) if bundles else ()


def read_recent_calls(ledger: LedgerReader, today: date) -> list[dict[str, Any]]:
    """The latest calls of the forecast's days, newest first."""
    calls, _ = ledger.entries(
        Period(*forecast.basis(today)),
        after=None,
        limit=forecast.MAX_CALLS,
        newest_first=True,
        equal={"kind": EntryKind.CALL_CHARGED},
        calls_only=True,
        max_queries=forecast.MAX_QUERIES,
    )
    return calls


def _read_days(ledger: LedgerReader, balance: Balance, first: date) -> tuple[Balance, list[dict[str, Any]]]:
    """The days from a date on, and the balance that belongs to them: both are read again after a posting in between."""
    days: list[dict[str, Any]] = []
    for _ in range(MAX_ATTEMPTS):
        days = ledger.days(first.isoformat(), _LAST_DATE, consistent=True)
        before, balance = balance, ledger.balance()
        if balance.posted_micros == before.posted_micros:
            break
    return balance, days
