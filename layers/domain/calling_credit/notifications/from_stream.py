"""Derives events from the change of one item: its image before and after, as plain values. Sends nothing.

A record of the table's stream may be repeated, late, or out of order. Nothing is stored between records, so the same
record always gives the same events with the same ids.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from calling_credit.accounts.bounces import Returned
from calling_credit.admission.request import WORDS as DENIALS
from calling_credit.changes.actor import shown_by
from calling_credit.correlation import CORRELATION_ID, correlation_of, new_correlation_of
from calling_credit.dynamodb import desk_keys, keys, lot_keys, receipt_keys, refusal_keys, spend_keys, stripe_keys
from calling_credit.dynamodb.card_keys import payment_limits_sk
from calling_credit.dynamodb.change_keys import CHANGE, activity_sk
from calling_credit.ledger.entries import EntryKind
from calling_credit.masking import masked
from calling_credit.money import format_money
from calling_credit.notifications import events, lot_events, mail_events
from calling_credit.notifications.announcement import Announcement, announcement_id
from calling_credit.notifications.budget_events import BudgetReached, budgets_reached
from calling_credit.notifications.from_changes import change_events
from calling_credit.notifications.receipt_events import document_issued
from calling_credit.recharge.suspensions import strongest_reason, suspending_cause
from calling_credit.recharge.words import message_of
from calling_credit.tax.calculation import Taxation
from calling_credit.tax.rates import parse_rate
from calling_credit.topups.amounts import amounts_of
from calling_credit.topups.topup import NOT_PAID, TopUpKind, TopUpStatus
from calling_credit.topups.view import failure_view

Image = Mapping[str, Any]
"""An item as plain values; empty if there was none."""


def derive_events(old: Image | None, new: Image | None, recorded_at: str) -> list[Announcement]:
    """Return the events of a change; none for a deleted item.

    `recorded_at` is the time of the change in the table, for items without a time of their own.
    """
    if new is None:
        return []
    derive = _BY_KIND.get(keys.kind_of(new["SK"]))
    return [] if derive is None else list(derive(old or {}, new, recorded_at))


def _payment_events(old: Image, new: Image, _: str) -> Iterator[Announcement]:
    if new["status"] == old.get("status"):
        return
    if (new["kind"], new["status"]) == (TopUpKind.CHECKOUT, TopUpStatus.CANCELED):
        return  # Its customer left Stripe's page without a try.
    topup_id, is_manual = new["topup_id"], new["kind"] != TopUpKind.AUTOMATIC
    amounts = amounts_of(new["amount_micros"], new.get("tax_micros", 0))
    data: dict[str, Any] = {"topup_id": topup_id, **amounts, "payment_method": _card(new)}
    data["backup"] = bool(new.get("is_backup"))
    form: type[Announcement]
    if new["status"] == TopUpStatus.SUCCEEDED:
        form = events.TopUpSucceeded if is_manual else events.AutoRechargeSucceeded
        yield _event(form, new, new["settled_at"], data, topup_id)
    elif new["status"] in NOT_PAID:
        form = events.TopUpFailed if is_manual else events.AutoRechargeFailed
        failure = failure_view(new["kind"], new["status"], new.get("failure_code"), new["brand"])
        data |= {"status": new["status"], "failure": failure}
        yield _event(form, new, new["updated_at"], data, topup_id)


def _rule_events(old: Image, new: Image, recorded_at: str) -> Iterator[Announcement]:
    reason = _suspension(new)
    if reason is not None and reason != _suspension(old):
        message = message_of(reason, new["brand"], new["last4"])
        data: dict[str, Any] = {"reason": reason, "message": message, "payment_method": _card(new)}
        cause = suspending_cause(reason, new.get("suspended_by", ()))
        if cause is not None:
            payment = {"topup_id": cause.topup_id, "created_at": cause.created_at}
            data["payment"] = payment | {"amount": format_money(cause.amount_micros)}
        yield _event(events.AutoRechargeSuspended, new, recorded_at, data, new["state_version"])
    announced = new.get("expiry_announced")
    if announced is not None and announced != old.get("expiry_announced"):
        data = {"payment_method": _card(new), "expires": new["card_expires"]}
        yield _event(events.CardExpiring, new, recorded_at, data, announced)
    percent, starts_at = new.get("tax_percent"), new.get("tax_from")
    if percent is not None and starts_at is not None and starts_at != old.get("tax_from"):
        data = {"payment_method": _card(new), "starts_at": starts_at, **_taxed(new["amount_micros"], percent)}
        yield _event(events.TaxStarting, new, recorded_at, data, starts_at)


def _taxed(amount_micros: int, percent: str) -> dict[str, Any]:
    """What an amount costs with an announced rate; an empty one could not be calculated."""
    rate = parse_rate(percent)
    if rate is None:
        return {"amount": format_money(amount_micros), "percent": None, "tax": None, "total": None}
    tax_micros = Taxation(is_due=True, rate=rate).tax_micros(amount_micros)
    return {**amounts_of(amount_micros, tax_micros), "percent": percent}


def _issue_events(old: Image, new: Image, _: str) -> Iterator[Announcement]:
    if old or "source" not in new:
        return  # Only an issue about a disputed or suspected payment names its source.
    data = {name: new[name] for name in ("topup_id", "source", "object_id", "stage")} | {"payment_method": _card(new)}
    fields = {"account_id": new["account_id"], "occurred_at": new["recorded_at"], "data": data}
    identifier = announcement_id(events.CardBlocked, new["account_id"], new["object_id"], new["stage"])
    yield events.CardBlocked.model_validate({"id": identifier, **fields, CORRELATION_ID: correlation_of(new)})


def _balance_events(old: Image, new: Image, _: str) -> Iterator[Announcement]:
    level, before, after = new.get("low_micros"), old.get("posted_micros"), new["posted_micros"]
    if level is not None and before is not None and before >= level > after:
        data = {"balance": format_money(after), "low_balance": format_money(level)}
        image = {**new, CORRELATION_ID: new_correlation_of(old, new)}
        yield _event(events.BalanceLow, image, new["updated_at"], data, new["updated_at"], before, after, level)


def _entry_events(old: Image, new: Image, _: str) -> Iterator[Announcement]:
    form = _REVERSALS.get(new["kind"])
    if not old and new["kind"] == EntryKind.CREDIT_EXPIRED:
        entry_id, amount = keys.cause_of(new["SK"]), format_money(-new["amount_micros"])
        gone = {"lot_id": new["lot_id"], "entry_id": entry_id, "amount": amount, "expired_at": new["ends_at"]}
        yield _event(lot_events.CreditExpired, new, new["recorded_at"], gone, entry_id)
    if old or form is None:
        return
    entry_id, amount = keys.id_of(new["SK"]), format_money(abs(new["amount_micros"]))
    data = {"entry_id": entry_id, "topup_id": new["topup_id"], "amount": amount, "payment_method": _card(new)}
    yield _event(form, new, keys.happened_at_of(new["SK"]), data, entry_id)


def _document_events(old: Image, new: Image, _: str) -> Iterator[Announcement]:
    if not old:  # A document never changes.
        form, data = document_issued(new)
        yield _event(form, new, new["at"], data, data["number"])


def _spending_events(old: Image, new: Image, recorded_at: str) -> Iterator[Announcement]:
    for data in budgets_reached(old, new):
        yield _event(BudgetReached, new, recorded_at, data, new["SK"], data["percent"])


def _lot_events(old: Image, new: Image, _: str) -> Iterator[Announcement]:
    days = new.get("warned_days")
    if days is not None and days != old.get("warned_days"):
        amount, lot_id = format_money(new["warned_micros"]), new["lot_id"]
        data = {"lot_id": lot_id, "amount": amount, "expires_at": new["ends_at"], "days": days}
        yield _event(lot_events.CreditExpiring, new, new["warned_at"], data, lot_id, days)


def _unrated_events(old: Image, new: Image, _: str) -> Iterator[Announcement]:
    if old:
        return
    call_id, started_at = keys.id_of(new["SK"]), keys.happened_at_of(new["SK"])
    facts = {name: new.get(name) for name in ("line_id", "user_id", "duration_seconds")}
    data = {"call_id": call_id, "started_at": started_at, "to": masked(new["to"]), **facts}
    yield _event(events.CallUnrated, new, new["recorded_at"], data, started_at, call_id)


def _denial_events(old: Image, new: Image, _: str) -> Iterator[Announcement]:
    if new["denials"] != old.get("denials"):
        data = {name: new[name] for name in ("call_id", "line_id", "to", "reason")}
        data["message"] = DENIALS[new["reason"]]
        yield _event(events.CallDenied, new, new["denied_at"], data, new["denials"], new["denied_at"])


def _limit_events(old: Image, new: Image, _: str) -> Iterator[Announcement]:
    at, reason = new.get("limited_at"), new.get("limited_code")
    if at is not None and (at, reason) != (old.get("limited_at"), old.get("limited_code")):
        yield _event(events.CardAttemptsLimited, new, at, {"reason": reason}, at, str(reason))


def _account_events(old: Image, new: Image, _: str) -> Iterator[Announcement]:
    for form, state in ((events.AccountFrozen, "frozen"), (events.AccountUnfrozen, "unfrozen")):
        at = new.get(f"{state}_at")
        if at is not None and at != old.get(f"{state}_at"):
            image = {**new, CORRELATION_ID: new_correlation_of(old, new)}
            yield _event(form, image, at, {"by": shown_by(new[f"{state}_by"])}, at)
    known = {one["request_id"] for one in old.get("waiting_emails", ())}
    for one in new.get("waiting_emails", ()):
        request_id = one["request_id"]
        if request_id not in known:
            data = {"request_id": request_id, "by": shown_by(one["by"])}
            yield _event(events.AddressConfirmationRequested, new, one["asked_at"], data, request_id)


def _bounce_events(old: Image, new: Image, _: str) -> Iterator[Announcement]:
    report = new.get("report")
    if report is None or report == old.get("report"):
        return  # Someone entered the address again, or erased a number in it.
    data = {"reason": report["reason"], "mailed_event_id": report.get("event_id")}
    form: type[Announcement] = mail_events.MailComplained
    if report["returned"] != Returned.COMPLAINT:
        form, data = mail_events.MailBounced, data | {"bounce_type": report["returned"]}
    yield _event(form, new, report["at"], data, keys.id_of(new["SK"]), report["id"])


def _change_events(old: Image, new: Image, _: str) -> Iterator[Announcement]:
    if old or new.get("kind") != CHANGE:
        return  # Only erasure changes a recorded change.
    for form, data in change_events(new):
        yield _event(form, new, new["at"], data, new["at"], keys.id_of(new["SK"]))


def _event(
    form: type[Announcement], new: Image, occurred_at: str, data: dict[str, Any], *facts: str | int
) -> Announcement:
    """Return an event of the item's account. `facts` are the other parts of its id."""
    account_id = keys.account_of(new["PK"])
    identifier = announcement_id(form, account_id, *facts)
    fields = {"id": identifier, "account_id": account_id, "occurred_at": occurred_at, "data": data}
    return form.model_validate(fields | {CORRELATION_ID: correlation_of(new)})


def _card(image: Image) -> dict[str, str]:
    return {"brand": image["brand"], "last4": image["last4"]}


def _suspension(image: Image) -> str | None:
    """Return why the rule is suspended; None if it is not suspended or is off."""
    if not image.get("enabled"):
        return None
    return strongest_reason(image.get("suspended_reason"), image.get("suspended_by", ()))


_REVERSALS: Final[dict[str, type[Announcement]]] = {
    EntryKind.CREDIT_REVERSED: events.CreditReversed,
    EntryKind.CREDIT_RETURNED: events.CreditReturned,
}

_BY_KIND: Final[dict[str, Callable[[Image, Image, str], Iterator[Announcement]]]] = {
    keys.kind_of(keys.topup_sk("")): _payment_events,
    keys.kind_of(keys.auto_recharge_sk()): _rule_events,
    keys.kind_of(keys.balance_sk()): _balance_events,
    keys.kind_of(keys.entry_sk("", "")): _entry_events,
    keys.kind_of(receipt_keys.document_sk(receipt_keys.RECEIPT, "")): _document_events,
    keys.kind_of(receipt_keys.document_sk(receipt_keys.CREDIT_NOTE, "")): _document_events,
    keys.kind_of(spend_keys.line_sk("", "")): _spending_events,
    keys.kind_of(lot_keys.lot_sk("", "")): _lot_events,
    keys.kind_of(keys.unrated_sk("", "")): _unrated_events,
    keys.kind_of(refusal_keys.denial_sk()): _denial_events,
    keys.kind_of(keys.account_sk()): _account_events,
    keys.kind_of(activity_sk("", "")): _change_events,
    keys.kind_of(desk_keys.bounced_sk("")): _bounce_events,
    keys.kind_of(stripe_keys.issue_sk()): _issue_events,
    keys.kind_of(payment_limits_sk()): _limit_events,
}
