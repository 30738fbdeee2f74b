"""The proof of an account's book: its sums are right, and its payments agree with Stripe.

It names differences and never corrects them. It reads no table and does not call Stripe.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from calling_credit.audit.book import Book, PaymentEntry
from calling_credit.audit.differences import BookPart, Difference, DifferenceCode, usd
from calling_credit.ledger.entries import UNARMED_MICROS, DayTotal
from calling_credit.topups.reversals import Losses, reversal_target
from calling_credit.topups.topup import TopUpStatus

__all__ = ["BookPart", "Difference", "DifferenceCode", "usd"]

SETTLING_TIME: Final = timedelta(minutes=15)
"""Stripe's changes of the last minutes may not be in the book yet, so the next proof checks them."""


@dataclass(frozen=True, slots=True)
class Payment:
    """A successful payment at Stripe whose metadata names a top-up.

    `losses` are its refunds and disputes, None if they were not read; `last_reversed_at` is the time of the latest.
    """

    intent_id: str
    topup_id: str
    account_id: str
    received_micros: int
    paid_at: datetime
    losses: Losses | None = None
    last_reversed_at: datetime | None = None


def prove_sums(book: Book) -> list[Difference]:
    """Return the differences within the book: balance, days, included minutes, top-ups."""
    return [*prove_totals(book), *_prove_minutes(book), *_prove_topups(book)]


def prove_totals(book: Book) -> list[Difference]:
    """Return the differences of the balance and of the days, which need no entry of their own."""
    return [*_prove_balance(book), *_prove_days(book), *_prove_daily_sums(book)]


def prove_payments(book: Book, payments: Iterable[Payment], now: datetime) -> list[Difference]:
    """Return the differences between the book and Stripe.

    `payments` are all successful payments of the account, read after the book. Those younger than `SETTLING_TIME` may
    be missing in the book. Those of a former Stripe account cannot be compared.
    """
    differences: list[Difference] = []
    paid: dict[str, list[Payment]] = defaultdict(list)
    for payment in payments:
        paid[payment.topup_id].append(payment)
        differences += _prove_payment(book, payment, now)
    for topup_id, entries in book.paid.items():
        for entry in entries:
            is_found = any(_is_of(entry, payment) for payment in paid[topup_id])
            if not is_found and not book.is_of_former_customer(topup_id):
                amount = usd(entry.amount_micros)
                differences.append(
                    Difference(DifferenceCode.NOT_PAID, book.account_id, topup_id, "a payment at Stripe", amount)
                )
    return differences


def _prove_balance(book: Book) -> Iterator[Difference]:
    def difference(code: DifferenceCode, expected: str, found: str) -> Difference:
        return Difference(code, book.account_id, f"balance of {book.account_id}", expected, found)

    balance = book.balance
    if balance is None:
        if book.entries or book.days:
            yield difference(DifferenceCode.POSTED, usd(book.entered_micros), "no balance")
        return
    if balance.posted_micros != book.entered_micros:
        yield difference(DifferenceCode.POSTED, usd(book.entered_micros), usd(balance.posted_micros))
    held, live = (balance.held_micros, balance.live_holds), (book.live_micros, book.live_holds)
    if held != live:
        expected, found = (f"{usd(micros)} for {count} calls" for micros, count in (live, held))
        yield difference(DifferenceCode.HELD, expected, found)
    available_micros = balance.posted_micros - balance.held_micros
    if balance.available_micros != available_micros:
        yield difference(DifferenceCode.AVAILABLE, usd(available_micros), usd(balance.available_micros))
    over_posted = balance.headroom_micros - balance.posted_micros
    armed = None if book.threshold_micros is None else -book.threshold_micros
    if over_posted not in (UNARMED_MICROS, armed):
        expected = "out of reach" if armed is None else f"out of reach or {usd(armed)}"
        yield difference(DifferenceCode.HEADROOM, f"posted and {expected}", f"posted and {usd(over_posted)}")


def _prove_days(book: Book) -> Iterator[Difference]:
    for day in sorted(book.entered_days.keys() | book.days.keys()):
        expected, found = book.entered_days.get(day, DayTotal()), book.days.get(day, DayTotal())
        if expected != found:
            yield Difference(DifferenceCode.DAY, book.account_id, " ".join(day), _day_text(expected), _day_text(found))


def _prove_daily_sums(book: Book) -> Iterator[Difference]:
    """Compare the sums by user, line, and country with the entries that say that they count in them."""
    for day in sorted(book.entered_sums.keys() | book.daily_sums.keys()):
        expected, found = book.entered_sums.get(day, Counter()), book.daily_sums.get(day, Counter())
        if expected != found:  # A missing number is 0.
            wrong = sorted(name for name in expected.keys() | found.keys() if expected[name] != found[name])
            texts = [", ".join(f"{name} {sums[name]}" for name in wrong[:3]) for sums in (expected, found)]
            yield Difference(DifferenceCode.DAILY_SUMS, book.account_id, f"daily sums of {day}", *texts)


def _prove_minutes(book: Book) -> Iterator[Difference]:
    """Compare the counters of included minutes with entries and live holds. Only a full proof reads all entries."""
    for name, is_of_use, expected, found in book.wrong_minutes():
        code = DifferenceCode.USED_MINUTES if is_of_use else DifferenceCode.LEFT_MINUTES
        yield Difference(code, book.account_id, f"minutes {name}", f"{expected} s", f"{found} s")


def _day_text(day: DayTotal) -> str:
    back = f", {day.taken_back} of them take back a charge" if day.taken_back else ""
    return f"{usd(day.total_micros)} in {day.count} entries of {day.billed_seconds} s{back}"


def _prove_topups(book: Book) -> Iterator[Difference]:
    for topup in book.topups.values():
        entries = book.paid.get(topup.topup_id, [])
        if topup.status == TopUpStatus.SUCCEEDED and not entries:
            amount = usd(topup.amount_micros)
            yield Difference(DifferenceCode.TOP_UP_NOT_ENTERED, book.account_id, topup.topup_id, amount, "no entry")
        for entry in entries:
            if entry.amount_micros != topup.amount_micros:
                yield _other_amount(book, entry, topup.amount_micros)
        entered = book.reversed_micros.get(topup.topup_id, 0)
        if entered != topup.reversed_micros:
            yield _other_reversal(book, topup.topup_id, topup.reversed_micros, f"{usd(entered)} in entries")
    for topup_id in sorted(book.reversed_micros.keys() - book.topups.keys()):
        entered = book.reversed_micros[topup_id]
        if entered:
            yield _other_reversal(book, topup_id, 0, f"{usd(entered)} without a top-up")


def _prove_payment(book: Book, payment: Payment, now: datetime) -> Iterator[Difference]:
    entries = [entry for entry in book.paid.get(payment.topup_id, []) if _is_of(entry, payment)]
    if not entries:
        if now - payment.paid_at >= SETTLING_TIME:
            amount = usd(payment.received_micros)
            yield Difference(DifferenceCode.NOT_ENTERED, book.account_id, payment.intent_id, amount, "no entry")
        return
    if len(entries) > 1:
        found = ", ".join(usd(entry.amount_micros) for entry in entries)
        yield Difference(DifferenceCode.TWICE, book.account_id, payment.intent_id, usd(payment.received_micros), found)
    topup = book.topups.get(payment.topup_id)
    for entry in entries:
        is_reported = topup is not None and topup.gross_micros == payment.received_micros  # By _prove_topups.
        net = payment.received_micros - (0 if topup is None else topup.tax_micros)
        if entry.amount_micros != net and not is_reported:
            yield _other_amount(book, entry, net)
    if payment.losses is None or (
        payment.last_reversed_at is not None and now - payment.last_reversed_at < SETTLING_TIME
    ):
        return
    received, losses = payment.received_micros, payment.losses
    target = reversal_target(received, received, losses).net_micros if topup is None else topup.reversed_by(losses)
    if (entered := book.reversed_of(payment.topup_id)) != target:
        yield _other_reversal(book, payment.topup_id, target, usd(entered))


def _is_of(entry: PaymentEntry, payment: Payment) -> bool:
    """Return whether an entry of this payment's top-up belongs to this intent."""
    return entry.intent_id in ("", payment.intent_id)


def _other_amount(book: Book, entry: PaymentEntry, expected_micros: int) -> Difference:
    found = usd(entry.amount_micros)
    return Difference(DifferenceCode.OTHER_AMOUNT, book.account_id, entry.topup_id, usd(expected_micros), found)


def _other_reversal(book: Book, topup_id: str, expected_micros: int, found: str) -> Difference:
    return Difference(DifferenceCode.REVERSED, book.account_id, topup_id, usd(expected_micros), found)
