"""Derives events from recorded changes. Sends nothing."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final

from calling_credit.changes.actions import ChangeAction
from calling_credit.changes.actor import shown_by
from calling_credit.dynamodb import keys
from calling_credit.notifications import events
from calling_credit.notifications.announcement import Announcement
from calling_credit.notifications.budget_events import increase_asked

Image = Mapping[str, Any]
Data = dict[str, Any]
CALLING: Final = "international_calling"
PRICES: Final = ("price_list", "markup_percent", "prices_from")


def change_events(change: Image) -> Iterator[tuple[type[Announcement], Data]]:
    """Yield the form and the data of each event of a recorded change."""
    recorded = {"change_id": keys.id_of(change["SK"]), "by": shown_by(change["by"])}
    derive = _BY_ACTION.get(change["action"])
    if derive is not None:
        yield from derive(change, recorded)


def _account_changed(change: Image, recorded: Data) -> Iterator[tuple[type[Announcement], Data]]:
    yield events.AccountChanged, recorded | {"fields": _fields(change)}


def _account_closed(change: Image, recorded: Data) -> Iterator[tuple[type[Announcement], Data]]:
    yield events.AccountChanged, recorded | {"fields": sorted(change["old"])}


def _rule_changed(change: Image, recorded: Data) -> Iterator[tuple[type[Announcement], Data]]:
    yield events.RuleChanged, recorded | {"fields": _fields(change)}


def _limits_changed(change: Image, recorded: Data) -> Iterator[tuple[type[Announcement], Data]]:
    if change.get("loosened"):
        set_by = "customer" if change["subject"] == "limits" else "operator"
        yield events.LimitsLoosened, recorded | {"set_by": set_by, "limits": list(change["loosened"])}


def _prices_changed(change: Image, recorded: Data) -> Iterator[tuple[type[Announcement], Data]]:
    yield events.PriceTermsChanged, recorded | {name: change["new"].get(name) for name in PRICES}


def _rates_announced(change: Image, recorded: Data) -> Iterator[tuple[type[Announcement], Data]]:
    yield events.RateChangeAnnounced, recorded | {name: change["new"][name] for name in ("changes", "more")}


def _line_changed(change: Image, recorded: Data) -> Iterator[tuple[type[Announcement], Data]]:
    if CALLING in change.get("loosened", ()):
        line_id = change["subject"].partition(":")[2]
        yield events.InternationalCallingEnabled, recorded | {"line_id": line_id}


def _adjusted(change: Image, recorded: Data) -> Iterator[tuple[type[Announcement], Data]]:
    adjustment_id = change["subject"].partition(":")[2]
    data = {"adjustment_id": adjustment_id, "by": recorded["by"], "amount": change["new"]["amount"]}
    yield events.AdjustmentPosted, data


def _fields(change: Image) -> list[str]:
    """The names of the fields that changed."""
    return sorted({*change.get("old", ()), *change.get("new", ())})


_BY_ACTION: Final[Mapping[str, Callable[[Image, Data], Iterator[tuple[type[Announcement], Data]]]]] = {
    ChangeAction.ACCOUNT_CREATED: _account_changed,
    ChangeAction.ACCOUNT_CHANGED: _account_changed,
    ChangeAction.ACCOUNT_CLOSED: _account_closed,
    ChangeAction.RULE_CHANGED: _rule_changed,
    ChangeAction.LIMITS_CHANGED: _limits_changed,
    ChangeAction.PRICE_TERMS_CHANGED: _prices_changed,
    ChangeAction.RATE_CHANGE_ANNOUNCED: _rates_announced,
    ChangeAction.LINE_CREATED: _line_changed,
    ChangeAction.LINE_CHANGED: _line_changed,
    ChangeAction.ADJUSTMENT_POSTED: _adjusted,
    ChangeAction.BUDGET_INCREASE_REQUESTED: increase_asked,
}
