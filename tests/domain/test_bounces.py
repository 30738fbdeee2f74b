"""Reports of bounces and complaints give the same state in any order, and decide which mails follow."""

import copy
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
    bounce_view,
    returned_from,
)
from calling_credit.errors import BadRequest
from calling_credit.instants import format_instant
from calling_credit.notifications.event_types import EventType
from calling_credit.notifications.mails import MAILED, WITH_FREEZE_LINK
from calling_credit.notifications.returned_mails import SECURITY, is_mailed
from calling_credit.notifications.ses_events import read_report
from calling_credit.notifications.ses_tags import mail_tags
from tests.harness.template import ROOT

NOW = datetime(2026, 11, 23, 12, 0, 10, tzinfo=UTC)
SAMPLE = json.loads((ROOT / "events" / "record_bounces.json").read_text(encoding="utf-8"))
COMPLAINT = json.loads((ROOT / "tests" / "fixtures" / "ses" / "complaint.json").read_text(encoding="utf-8"))


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


# --- What SES says ----------------------------------------------------------------------------------------------------


def changed(sample: Any, **facts: Any) -> Any:
    """An event with other facts of its bounce or complaint."""
    event = copy.deepcopy(sample)
    event["detail"][event["detail"]["eventType"].lower()] |= facts
    return event


def test_the_sample_names_account_event_address_and_times() -> None:
    report = read_report(SAMPLE, NOW)
    [found] = report.bounces
    assert report.account_id == "acct_1"
    assert (found.address, found.kind, found.reason) == ("ada@halcyon.example", Returned.PERMANENT, "General")
    assert (found.mailed_at, found.at) == ("2026-11-23T12:00:01.000Z", "2026-11-23T12:00:05.500Z")
    assert found.event_id == "evt_8d3b1f0c2a6e4f57b1c09d7e5a3f2468"


@pytest.mark.parametrize("kind", ["Transient", "Undetermined", "Other", None])
def test_a_bounce_that_is_not_permanent_is_transient(kind: str | None) -> None:
    assert read_report(changed(SAMPLE, bounceType=kind), NOW).bounces[0].kind is Returned.TRANSIENT


def test_a_complaint_is_one_and_its_withdrawal_none() -> None:
    [found] = read_report(COMPLAINT, NOW).bounces
    assert (found.kind, found.address, found.reason) == (Returned.COMPLAINT, "ada@halcyon.example", "abuse")
    assert read_report(changed(COMPLAINT, complaintFeedbackType="not-spam"), NOW).bounces == ()


def test_the_address_is_the_mails_not_that_of_a_forwarding() -> None:
    recipients = [{"emailAddress": "other@elsewhere.example"}]
    assert read_report(changed(SAMPLE, bouncedRecipients=recipients), NOW).bounces[0].address == "ada@halcyon.example"
    event = changed(SAMPLE, bouncedRecipients=[{"emailAddress": "Bob <bob@halcyon.example>"}])
    event["detail"]["mail"]["destination"] = []
    assert [one.address for one in read_report(event, NOW).bounces] == ["bob@halcyon.example"]


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"detail": None},
        {"detail": {"eventType": "Bounce", "bounce": {}}},
        {"detail": {"eventType": "Delivery", "delivery": {}, "mail": {}}},
        {"detail": {"eventType": "Bounce", "bounce": [], "mail": {}}},
        {"detail": {"eventType": "Bounce", "bounce": {"bouncedRecipients": [1, {}]}, "mail": {"destination": [None]}}},
    ],
)
def test_an_event_of_another_form_is_refused(event: Any) -> None:
    with pytest.raises(BadRequest) as refused:
        read_report(event, NOW)
    assert refused.value.code == "malformed_event"


def test_a_report_without_its_details_is_read_with_the_time_of_its_arrival() -> None:
    event = {"detail": {"eventType": "Bounce", "bounce": {}, "mail": {"destination": ["a@b.example"], "tags": [1]}}}
    [found] = read_report(event, NOW).bounces
    assert (found.at, found.mailed_at, found.event_id) == (format_instant(NOW), format_instant(NOW), None)


def test_tags_hold_only_what_ses_allows() -> None:
    assert mail_tags("acct_1", "evt_1") == [
        {"Name": "account_id", "Value": "acct_1"},
        {"Name": "event_id", "Value": "evt_1"},
    ]
    assert [tag["Name"] for tag in mail_tags("acct.eu:1+a@b", "evt_1")] == ["event_id"]
