"""What SES reports: every form of its bounces and complaints, with one recipient or several."""

import copy
import json
from datetime import UTC, datetime
from typing import Any

import pytest

from calling_credit.accounts.bounces import Returned
from calling_credit.errors import BadRequest
from calling_credit.instants import format_instant
from calling_credit.notifications.ses_events import read_report
from calling_credit.notifications.ses_tags import mail_tags
from tests.harness.template import ROOT

NOW = datetime(2026, 11, 23, 12, 0, 10, tzinfo=UTC)
SAMPLE = json.loads((ROOT / "events" / "record_bounces.json").read_text(encoding="utf-8"))
COMPLAINT = json.loads((ROOT / "tests" / "fixtures" / "ses" / "complaint.json").read_text(encoding="utf-8"))


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
    for kind in ("not-spam", "auth-failure"):
        assert read_report(changed(COMPLAINT, complaintFeedbackType=kind), NOW).bounces == ()


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"complaintFeedbackType": None}, ""),
        ({"complaintFeedbackType": ["abuse"]}, "['abuse']"),
        ({"complaintFeedbackType": None, "complaintSubType": "OnAccountSuppressionList"}, "OnAccountSuppressionList"),
    ],
)
def test_a_complaint_without_a_feedback_type_is_one(facts: dict[str, Any], reason: str) -> None:
    [found] = read_report(changed(COMPLAINT, **facts), NOW).bounces
    assert (found.kind, found.reason) == (Returned.COMPLAINT, reason)


def test_an_address_that_ses_suppresses_has_bounced_for_good() -> None:
    [found] = read_report(changed(SAMPLE, bounceSubType="OnAccountSuppressionList"), NOW).bounces
    assert (found.kind, found.reason) == (Returned.PERMANENT, "OnAccountSuppressionList")


@pytest.mark.parametrize(
    ("sent", "named", "expected"),
    [
        (["a@x.example", "B@x.example"], ["b@X.example"], ["B@x.example"]),
        (["a@x.example", "b@x.example"], ["A@x.example", "b@x.example"], ["a@x.example", "b@x.example"]),
        (["a@x.example", "b@x.example"], [], ["a@x.example", "b@x.example"]),
        (["a@x.example", "b@x.example"], ["c@x.example"], ["c@x.example"]),
        (["a+bills@x.example"], ["a@x.example"], ["a+bills@x.example"]),
        (["Ada <a@x.example>"], ["<A@x.example>"], ["a@x.example"]),
        ([], ["c@x.example", "C@x.example"], ["C@x.example"]),
    ],
)
def test_only_the_recipients_that_a_report_names_have_bounced(
    sent: list[str], named: list[str], expected: list[str]
) -> None:
    event = changed(SAMPLE, bouncedRecipients=[{"emailAddress": address} for address in named])
    event["detail"]["mail"]["destination"] = sent
    assert [one.address for one in read_report(event, NOW).bounces] == expected


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
