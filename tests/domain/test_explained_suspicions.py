"""An explanation says when a call whose duration is hard to believe counts toward automatic recharge."""

from datetime import timedelta

from calling_credit.desk.explanation import explain_call
from calling_credit.instants import format_instant
from tests.domain.examples import NOW
from tests.domain.test_explained_calls import ZONE, charged, records


def test_a_suspicious_call_says_when_it_counts() -> None:
    listed = {"recorded_at": format_instant(NOW), "sweep_pk": "SUSPICIOUS#0"}
    view = explain_call(records(charged(20_000), suspicious=listed), ZONE, 2)
    assert "before 2026-11-24 at 07:00:00" in view["sentence"]
    assert view["suspicion"] == {
        "listed_at": format_instant(NOW),
        "counted_at": None,
        "outcome": None,
        "can_confirm": True,
    }
    later = format_instant(NOW + timedelta(hours=1))
    confirmed = {"recorded_at": format_instant(NOW), "counted_at": later, "outcome": "confirmed"}
    view = explain_call(records(charged(20_000), suspicious=confirmed), ZONE, 2)
    assert "since it was confirmed on 2026-11-23 at 08:00:00" in view["sentence"]
