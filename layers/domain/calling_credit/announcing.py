"""Which events a change of one item makes: its image before and after, as plain values, decide alone. Sends nothing.

A record of the table's stream may come again, late, or beside others in any order. Nothing is remembered between
records, so the same record always makes the same events with the same ids.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from calling_credit import announcements as said
from calling_credit import table
from calling_credit.announcements import Announcement, CardShown, announcement_id
from calling_credit.declines import shown_code, words
from calling_credit.ledger import CREDIT_RETURNED, CREDIT_REVERSED
from calling_credit.money import format_money
from calling_credit.numbering import masked
from calling_credit.recharge_rules import WORDS
from calling_credit.topup_view import NOT_CHARGED

Image = Mapping[str, Any]
"""An item as plain values; empty where there was none."""

SUCCEEDED: Final = "succeeded"
NOT_PAID: Final = frozenset({"failed", "canceled"})


def announced(old: Image | None, new: Image | None, recorded_at: str) -> list[Announcement]:
    """The events that a change makes; none for an item that is gone, or a change that says nothing to anybody.

    `recorded_at` is when the table took the change, for items that do not say it themselves.
    """
    if new is None:
        return []
    derive = _BY_KIND.get(table.kind_of(new["SK"]))
    return [] if derive is None else list(derive(old or {}, new, recorded_at))


def _of_payment(old: Image, new: Image, _: str) -> Iterator[Announcement]:
    if new["status"] == old.get("status"):
        return
    account_id, topup_id = table.account_of(new["PK"]), new["topup_id"]
    is_manual = new["kind"] == "manual"
    shown = {"topup_id": topup_id, "amount": format_money(new["amount_micros"]), "payment_method": _card(new)}
    if new["status"] == SUCCEEDED:
        paid: Any = said.TopUpSucceeded if is_manual else said.AutoRechargeSucceeded
        yield paid(
            id=announcement_id(paid, account_id, topup_id),
            account_id=account_id,
            occurred_at=new["settled_at"],
            data=said.Paid(**shown),
        )
    elif new["status"] in NOT_PAID:
        ended: Any = said.TopUpFailed if is_manual else said.AutoRechargeFailed
        yield ended(
            id=announcement_id(ended, account_id, topup_id),
            account_id=account_id,
            occurred_at=new["updated_at"],
            data=said.NotPaid(**shown, status=new["status"], failure=_failure(new)),
        )


def _of_rule(old: Image, new: Image, recorded_at: str) -> Iterator[Announcement]:
    reason = _suspension(new)
    if reason is None or reason == _suspension(old):
        return
    account_id = table.account_of(new["PK"])
    yield said.AutoRechargeSuspended(
        id=announcement_id(said.AutoRechargeSuspended, account_id, new["state_version"]),
        account_id=account_id,
        occurred_at=recorded_at,
        data=said.Suspended(reason=reason, message=WORDS[reason], payment_method=_card(new)),
    )


def _of_balance(old: Image, new: Image, _: str) -> Iterator[Announcement]:
    level, before, after = new.get("low_micros"), old.get("posted_micros"), new["posted_micros"]
    if level is None or before is None or not before >= level > after:
        return
    account_id = table.account_of(new["PK"])
    yield said.BalanceLow(
        id=announcement_id(said.BalanceLow, account_id, new["updated_at"], before, after, level),
        account_id=account_id,
        occurred_at=new["updated_at"],
        data=said.Low(balance=format_money(after), low_balance=format_money(level)),
    )


def _of_entry(old: Image, new: Image, _: str) -> Iterator[Announcement]:
    form = _MOVED.get(new["kind"])
    if old or form is None:
        return
    account_id, entry_id = table.account_of(new["PK"]), table.id_of(new["SK"])
    yield form(
        id=announcement_id(form, account_id, entry_id),
        account_id=account_id,
        occurred_at=table.happened_at_of(new["SK"]),
        data=said.Moved(
            entry_id=entry_id,
            topup_id=new["topup_id"],
            amount=format_money(abs(new["amount_micros"])),
            payment_method=_card(new),
        ),
    )


def _of_unrated(old: Image, new: Image, _: str) -> Iterator[Announcement]:
    if old:
        return
    account_id, call_id, started_at = (
        table.account_of(new["PK"]),
        table.id_of(new["SK"]),
        table.happened_at_of(new["SK"]),
    )
    yield said.CallUnrated(
        id=announcement_id(said.CallUnrated, account_id, started_at, call_id),
        account_id=account_id,
        occurred_at=new["recorded_at"],
        data=said.NotRated(
            call_id=call_id,
            line_id=new["line_id"],
            user_id=new["user_id"],
            to=masked(new["to"]),
            started_at=started_at,
            duration_seconds=new["duration_seconds"],
        ),
    )


def _card(image: Image) -> CardShown:
    return CardShown(brand=image["brand"], last4=image["last4"])


def _failure(image: Image) -> said.Failure | None:
    if image["status"] == "canceled" and image["kind"] == "manual":
        return said.Failure(code="canceled", message=NOT_CHARGED)
    code = image.get("failure_code")
    return None if code is None else said.Failure(code=shown_code(code), message=words(code))


def _suspension(image: Image) -> str | None:
    """Why the rule is suspended; a rule that is off is not."""
    return image.get("suspended_reason") if image.get("enabled") else None


_MOVED: Final[dict[str, Any]] = {CREDIT_REVERSED: said.CreditReversed, CREDIT_RETURNED: said.CreditReturned}

_BY_KIND: Final[dict[str, Callable[[Image, Image, str], Iterator[Announcement]]]] = {
    table.kind_of(table.topup_sk("")): _of_payment,
    table.kind_of(table.auto_recharge_sk()): _of_rule,
    table.kind_of(table.balance_sk()): _of_balance,
    table.kind_of(table.entry_sk("", "")): _of_entry,
    table.kind_of(table.unrated_sk("", "")): _of_unrated,
}
