"""Which events a change of one item makes: its image before and after, as plain values, decide alone. Sends nothing.

A record of the table's stream may be repeated, late, or out of order. Nothing is remembered between
records, so the same record always makes the same events with the same ids.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from calling_credit.admission.request import WORDS as DENIALS
from calling_credit.dynamodb import keys
from calling_credit.ledger.entries import CREDIT_RETURNED, CREDIT_REVERSED
from calling_credit.money import format_money
from calling_credit.notifications import events as said
from calling_credit.notifications.events import Announcement, announcement_id
from calling_credit.numbering import masked
from calling_credit.recharge.settings import WORDS
from calling_credit.topups.view import failure_view

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
    derive = _BY_KIND.get(keys.kind_of(new["SK"]))
    return [] if derive is None else list(derive(old or {}, new, recorded_at))


def _of_payment(old: Image, new: Image, _: str) -> Iterator[Announcement]:
    if new["status"] == old.get("status"):
        return
    topup_id, is_manual = new["topup_id"], new["kind"] == "manual"
    shown = {"topup_id": topup_id, "amount": format_money(new["amount_micros"]), "payment_method": _card(new)}
    if new["status"] == SUCCEEDED:
        paid = said.TopUpSucceeded if is_manual else said.AutoRechargeSucceeded
        yield _event(paid, new, new["settled_at"], shown, topup_id)
    elif new["status"] in NOT_PAID:
        ended = said.TopUpFailed if is_manual else said.AutoRechargeFailed
        why = {"status": new["status"], "failure": failure_view(new["kind"], new["status"], new.get("failure_code"))}
        yield _event(ended, new, new["updated_at"], shown | why, topup_id)


def _of_rule(old: Image, new: Image, recorded_at: str) -> Iterator[Announcement]:
    reason = _suspension(new)
    if reason is not None and reason != _suspension(old):
        data = {"reason": reason, "message": WORDS[reason], "payment_method": _card(new)}
        yield _event(said.AutoRechargeSuspended, new, recorded_at, data, new["state_version"])


def _of_balance(old: Image, new: Image, _: str) -> Iterator[Announcement]:
    level, before, after = new.get("low_micros"), old.get("posted_micros"), new["posted_micros"]
    if level is not None and before is not None and before >= level > after:
        data = {"balance": format_money(after), "low_balance": format_money(level)}
        yield _event(said.BalanceLow, new, new["updated_at"], data, new["updated_at"], before, after, level)


def _of_entry(old: Image, new: Image, _: str) -> Iterator[Announcement]:
    form = _MOVED.get(new["kind"])
    if old or form is None:
        return
    entry_id, amount = keys.id_of(new["SK"]), format_money(abs(new["amount_micros"]))
    data = {"entry_id": entry_id, "topup_id": new["topup_id"], "amount": amount, "payment_method": _card(new)}
    yield _event(form, new, keys.happened_at_of(new["SK"]), data, entry_id)


def _of_unrated(old: Image, new: Image, _: str) -> Iterator[Announcement]:
    if old:
        return
    call_id, started_at = keys.id_of(new["SK"]), keys.happened_at_of(new["SK"])
    facts = {name: new[name] for name in ("line_id", "user_id", "duration_seconds")}
    data = {"call_id": call_id, "started_at": started_at, "to": masked(new["to"]), **facts}
    yield _event(said.CallUnrated, new, new["recorded_at"], data, started_at, call_id)


def _of_denial(old: Image, new: Image, _: str) -> Iterator[Announcement]:
    if new["denials"] != old.get("denials"):
        shown = {name: new[name] for name in ("call_id", "line_id", "to", "reason")}
        data = shown | {"message": DENIALS[new["reason"]]}
        yield _event(said.CallDenied, new, new["denied_at"], data, new["denials"], new["denied_at"])


def _of_account(old: Image, new: Image, _: str) -> Iterator[Announcement]:
    for form, turned in ((said.AccountFrozen, "frozen"), (said.AccountUnfrozen, "unfrozen")):
        at = new.get(f"{turned}_at")
        if at is not None and at != old.get(f"{turned}_at"):
            yield _event(form, new, at, {"by": new[f"{turned}_by"]}, at)


def _event(
    form: type[Announcement], new: Image, occurred_at: str, data: dict[str, Any], *facts: str | int
) -> Announcement:
    """An event of an item's account; `facts` are what its id is made of besides."""
    account_id = keys.account_of(new["PK"])
    identifier = announcement_id(form, account_id, *facts)
    return form.model_validate({"id": identifier, "account_id": account_id, "occurred_at": occurred_at, "data": data})


def _card(image: Image) -> dict[str, str]:
    return {"brand": image["brand"], "last4": image["last4"]}


def _suspension(image: Image) -> str | None:
    """Why the rule is suspended; a rule that is off is not."""
    return image.get("suspended_reason") if image.get("enabled") else None


_MOVED: Final[dict[str, type[Announcement]]] = {
    CREDIT_REVERSED: said.CreditReversed,
    CREDIT_RETURNED: said.CreditReturned,
}

_BY_KIND: Final[dict[str, Callable[[Image, Image, str], Iterator[Announcement]]]] = {
    keys.kind_of(keys.topup_sk("")): _of_payment,
    keys.kind_of(keys.auto_recharge_sk()): _of_rule,
    keys.kind_of(keys.balance_sk()): _of_balance,
    keys.kind_of(keys.entry_sk("", "")): _of_entry,
    keys.kind_of(keys.unrated_sk("", "")): _of_unrated,
    keys.kind_of(keys.denial_sk()): _of_denial,
    keys.kind_of(keys.account_sk()): _of_account,
}
