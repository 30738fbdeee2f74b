"""Recorded changes are announced; changed addresses are mailed to the former ones, loosening with the freeze link."""

from datetime import timedelta

import pytest

from tests.functions.events_bench import Listener, listener
from tests.functions.mail_bench import ADDRESSES, Postbox, postbox
from tests.harness.till import ACCOUNT

__all__ = ["listener", "postbox"]

pytestmark = pytest.mark.dynamodb


def test_changed_addresses_are_announced_to_the_former_ones(postbox: Postbox, listener: Listener) -> None:
    world = postbox.till.world
    listener.hear()
    world.clock.now += timedelta(minutes=1)
    world.operate("PUT", f"/accounts/{ACCOUNT}", {"billing_emails": ["thief@elsewhere.example"]})
    [event] = listener.hear()
    assert (event["type"], event["data"]["fields"]) == ("AccountChanged", ["billing_emails"])
    assert "elsewhere" not in str(event)
    for _ in range(2):
        assert postbox.bring(event) == {"addresses": 2}
    subject = "The billing addresses of your account changed"
    assert postbox.sent() == [(address, subject) for address in ADDRESSES]
    world.clock.now += timedelta(minutes=1)
    world.operate("PUT", f"/accounts/{ACCOUNT}", {"billing_emails": []})
    [event] = listener.hear()
    postbox.asked.clear()
    postbox.bring(event)
    assert postbox.sent() == [("thief@elsewhere.example", subject)], "never silenced"


def test_other_settings_and_the_first_addresses_are_not_mailed(postbox: Postbox, listener: Listener) -> None:
    world = postbox.till.world
    world.operate("PUT", f"/accounts/{ACCOUNT}", {"billing_emails": []})
    listener.hear()
    for settings in ({"billing_emails": ADDRESSES}, {"time_zone": "Europe/Berlin"}):
        world.clock.now += timedelta(minutes=1)
        world.operate("PUT", f"/accounts/{ACCOUNT}", settings)
        [event] = listener.hear()
        assert postbox.bring(event) == {"addresses": 0}
    assert postbox.sent() == []


def test_loosened_limits_and_lines_are_mailed_with_the_freeze_link(postbox: Postbox, listener: Listener) -> None:
    world = postbox.till.world
    world.change("/limits", {"daily_spend": "5.00"})
    world.change("/lines/line_1", {"international_calling": False})
    listener.hear()
    world.clock.now += timedelta(minutes=1)
    world.change("/limits", {"daily_spend": "9.00"})
    world.change("/lines/line_1", {"international_calling": True})
    events = {event["type"]: event for event in listener.hear()}
    assert set(events) == {"LimitsLoosened", "InternationalCallingEnabled"}
    assert events["LimitsLoosened"]["data"]["limits"] == ["daily_spend"]
    for event in events.values():
        postbox.asked.clear()
        assert postbox.bring(event) == {"addresses": 2}
        text = postbox.asked[0]["Content"]["Simple"]["Body"]["Text"]["Data"]
        assert "this link blocks all international calls" in text
        assert "/links/" in text


def test_tightened_limits_announce_nothing(listener: Listener) -> None:
    world = listener.till.world
    listener.hear()
    world.change("/limits", {"daily_spend": "5.00", "blocked": ["CU"]})
    assert listener.names() == []


def test_adjustments_are_announced_and_counted(listener: Listener, capsys: pytest.CaptureFixture[str]) -> None:
    world = listener.till.world
    listener.hear()
    capsys.readouterr()
    world.adjust("-2.50", "key")
    event = next(event for event in listener.hear() if event["type"] == "AdjustmentPosted")
    assert event["data"]["amount"] == "-2.50"
    assert event["data"]["by"] == "client:3n4exampleoperator"
    assert '"OperatorActions":[1.0]' in capsys.readouterr().out


def test_a_changed_rule_is_announced_with_its_fields(listener: Listener) -> None:
    till = listener.till
    till.set_rule(till.card())
    listener.hear()
    till.later(minutes=1)
    till.rule(enabled=False)
    [event] = [event for event in listener.hear() if event["type"] == "RuleChanged"]
    assert event["data"]["fields"] == ["enabled"]
