"""Reports of bounces and complaints give the same state in any order, and decide which mails follow."""

import json
from datetime import UTC, datetime
from itertools import permutations
from typing import Any

import pytest

from calling_credit.accounts.bounces import (
    LISTED_FOR,
    MAX_REPORTS,
    Bounce,
    Returned,
    address_hash,
    after_bounce,
    bounce_from_item,
    bounce_view,
    removed_item,
    returned_from,
)
from calling_credit.dynamodb.unreadable import UnreadableItem
from calling_credit.instants import format_instant
from calling_credit.notifications.event_types import EventType
from calling_credit.notifications.mails import MAILED, WITH_FREEZE_LINK
from calling_credit.notifications.returned_mails import SECURITY, is_mailed

NOW = datetime(2026, 11, 23, 12, 0, 10, tzinfo=UTC)


def at(minute: int) -> str:
    """A time of the hour."""
    return f"2026-11-23T12:{minute:02d}:00.000Z"


def bounce(kind: Returned, minute: int, mailed: int | None = None, report: str = "") -> Bounce:
    """A report about a mail."""
    mailed_at = at(minute if mailed is None else mailed)
    return Bounce("Ada@halcyon.example", kind, "General", at(minute), mailed_at, report or f"r_{minute}", "evt_1")


def stored(*bounces: Bounce, item: Any = None) -> Any:
    """The item after these reports."""
    for one in bounces:
        item = after_bounce("acct_1", item, one) or item
    return item


TRANSIENT, PERMANENT, SPAM = (bounce(kind, minute) for minute, kind in enumerate(Returned, 1))
OF_ORDER = ("report", "reports")
"""The last report becomes an event, so it is that of the last delivery."""


def test_the_state_is_the_same_in_any_order_and_after_repetitions() -> None:
    reports = [TRANSIENT, PERMANENT, SPAM, bounce(Returned.TRANSIENT, 4)]
    states = {
        json.dumps({name: value for name, value in stored(*order, *order[:2]).items() if name not in OF_ORDER})
        for order in permutations(reports)
    }
    [state] = map(json.loads, states)
    assert (state["kind"], state["returned"], state["times"]) == ("complaint", "complaint", 4)
    assert (state["first_at"], state["at"]) == (at(1), at(4))


def test_a_repeated_report_changes_nothing() -> None:
    item = stored(PERMANENT)
    assert after_bounce("acct_1", item, PERMANENT) is None
    assert stored(PERMANENT, PERMANENT)["times"] == 1


@pytest.mark.parametrize(("kind", "stops"), [(TRANSIENT, False), (PERMANENT, True), (SPAM, True)])
def test_only_permanent_bounces_and_complaints_stop_mails(kind: Bounce, stops: bool) -> None:
    assert (returned_from(stored(kind), NOW) is not None) == stops
    assert bounce_view(stored(kind), NOW)["receives_mails"] == (not stops)


def test_a_bounce_ends_after_ninety_days() -> None:
    item = stored(PERMANENT)
    assert item["expires_at"] == int((datetime.fromisoformat(at(2)) + LISTED_FOR).timestamp())
    assert returned_from(item, datetime.fromisoformat(at(2)) + LISTED_FOR) is None
    later = format_instant(datetime.fromisoformat(at(2)) + LISTED_FOR * 2)
    again = Bounce("ada@halcyon.example", Returned.TRANSIENT, "", later, later, "r_9")
    fresh = stored(again, item=item)
    assert (fresh["returned"], fresh["times"], fresh["version"]) == ("transient", 1, 2)


def test_an_entered_address_is_stopped_by_later_mails_only() -> None:
    item = stored(PERMANENT) | {"is_over": True, "entered_at": at(5)}
    assert returned_from(item, NOW) is None
    late = bounce(Returned.COMPLAINT, 6, mailed=4)
    assert returned_from(stored(late, item=item), NOW) is None, "its mail is from before"
    assert stored(late, item=item)["times"] == 2
    for order in permutations([late, bounce(Returned.PERMANENT, 8), bounce(Returned.TRANSIENT, 7)]):
        assert stored(*order, item=item)["returned"] == Returned.PERMANENT
        assert returned_from(stored(*order, item=item), NOW) is Returned.PERMANENT


def test_a_removed_address_is_no_bounce_and_remembers_when_it_is_entered() -> None:
    removed = removed_item("acct_1", "ada@halcyon.example", NOW)
    assert bounce_from_item(removed) == removed
    assert returned_from(removed, NOW) is None
    entered = dict(removed) | {"is_over": True, "entered_at": at(5), "version": 2}
    late, early = bounce(Returned.COMPLAINT, 6, mailed=4), bounce(Returned.PERMANENT, 2)
    for order in permutations([late, early]):
        item = stored(*order, item=entered)
        assert bounce_from_item(item) == item
        assert (item["times"], returned_from(item, NOW), item["entered_at"]) == (2, None, at(5))
    assert returned_from(stored(bounce(Returned.PERMANENT, 7), item=entered), NOW) is Returned.PERMANENT
    assert returned_from(stored(PERMANENT, item=removed), NOW) is Returned.PERMANENT


@pytest.mark.parametrize("name", ["address", "kind", "returned", "is_over", "times", "first_at", "at", "reports"])
def test_a_damaged_address_is_unreadable(name: str) -> None:
    item = stored(PERMANENT)
    assert bounce_from_item(item) == item
    for damaged in ({one: item[one] for one in item if one != name}, item | {name: [7]}):
        with pytest.raises(UnreadableItem) as found:
            bounce_from_item(damaged)
        assert found.value.kind == "bounced"


def test_the_list_of_reports_is_bounded() -> None:
    item = stored(*(bounce(Returned.TRANSIENT, 1, report=f"r_{number}") for number in range(MAX_REPORTS + 9)))
    assert (len(item["reports"]), item["times"]) == (MAX_REPORTS, MAX_REPORTS + 9)


def test_mails_that_protect_an_account_are_tried_without_a_complaint() -> None:
    assert WITH_FREEZE_LINK < SECURITY <= set(MAILED)
    assert all(is_mailed(kind, None) for kind in MAILED)
    assert {kind for kind in MAILED if is_mailed(kind, Returned.PERMANENT)} == SECURITY
    assert not any(is_mailed(kind, Returned.COMPLAINT) for kind in MAILED)
    assert EventType.BALANCE_LOW not in SECURITY


def test_addresses_are_one_in_any_case() -> None:
    assert address_hash(" Ada@Halcyon.example") == address_hash("ada@halcyon.EXAMPLE")
    assert stored(PERMANENT)["SK"] == f"BOUNCED#{address_hash('ada@halcyon.example')}"
