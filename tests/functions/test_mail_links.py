"""The links in mails work, and a mail writes only its own record."""

from typing import Any

import pytest

from calling_credit.instants import format_instant
from calling_credit.links.link import FREEZE_LINK_LIFETIME, freeze_link
from calling_credit.links.tokens import token_of
from tests.functions.freeze_bench import FROZEN, SECRET, freeze, press
from tests.functions.mail_bench import Postbox, at_ses, postbox
from tests.harness.cards import CHALLENGED, DECLINED, VISA
from tests.harness.till import ACCOUNT
from tests.harness.wire import Pass as WirePass
from tests.harness.wire import Sent, Wire, refusal

__all__ = ["postbox"]

pytestmark = pytest.mark.dynamodb


LINK = "https://page.test/links/"


def test_a_suspended_recharge_mail_has_a_link_to_the_same_payment(postbox: Postbox) -> None:
    till = postbox.till
    till.set_rule(till.card(CHALLENGED))
    till.stream()
    [item] = till.top_ups()
    data = {"reason": "authentication_required", "message": "", "payment_method": {"brand": "visa", "last4": "3220"}}
    postbox.bring(postbox.event("AutoRechargeSuspended", **data))
    text = postbox.asked[0]["Content"]["Simple"]["Body"]["Text"]["Data"]
    [link] = [line for line in text.splitlines() if line.startswith(LINK)]
    assert link == till.top_up(item["topup_id"])["next_action_url"]
    assert "Confirm payment" in till.visit(link.removeprefix(LINK)).text
    assert till.visit(link.removeprefix(LINK), "POST").status == 303
    till.challenge(item["topup_id"])
    till.call_all_back()
    assert till.top_up(item["topup_id"])["status"] == "succeeded"
    till.check()


def test_a_payment_no_longer_waiting_is_mailed_without_a_link(postbox: Postbox) -> None:
    till = postbox.till
    till.set_rule(till.card(CHALLENGED))
    till.stream()
    till.paid("60.00", till.card(VISA))
    data = {"reason": "authentication_required", "message": "Paused.", "payment_method": {"brand": "v", "last4": "1"}}
    postbox.bring(postbox.event("AutoRechargeSuspended", **data))
    assert "links/" not in postbox.asked[0]["Content"]["Simple"]["Body"]["Text"]["Data"]
    assert till.world.of_kind("LINK") == []


def test_a_refused_call_mail_has_a_link_that_freezes_the_account(postbox: Postbox) -> None:
    world = postbox.till.world
    world.operate("PUT", f"/accounts/{ACCOUNT}", {"limits": {"blocked": ["GB"]}})
    assert world.authorize().body["reason"] == "destination_blocked"
    [item] = world.of_kind("DENIAL")
    said = {name: item[name] for name in ("call_id", "line_id", "to", "reason")} | {"message": "Blocked."}
    postbox.bring(postbox.event("CallDenied", **said) | {"occurred_at": item["denied_at"]})
    text = postbox.asked[0]["Content"]["Simple"]["Body"]["Text"]["Data"]
    [link] = [line for line in text.splitlines() if line.startswith(LINK)]
    assert "Freeze now" in postbox.till.visit(link.removeprefix(LINK)).text
    assert "The account is frozen" in postbox.till.visit(link.removeprefix(LINK), "POST").text
    assert world.authorize("c_2").body["reason"] == "account_frozen"


def test_a_late_mail_about_a_refused_call_has_no_expired_link(postbox: Postbox) -> None:
    said = {
        "call_id": "c_1",
        "line_id": "line_1",
        "to": "GB…50",
        "reason": "destination_blocked",
        "message": "Blocked.",
    }
    occurred_at = format_instant(postbox.till.world.clock.now - FREEZE_LINK_LIFETIME)
    postbox.bring(postbox.event("CallDenied", **said) | {"occurred_at": occurred_at})
    text = postbox.asked[0]["Content"]["Simple"]["Body"]["Text"]["Data"]
    assert "Calls to this destination are blocked." in text
    assert LINK not in text
    assert postbox.till.world.of_kind("LINK") == []


@pytest.mark.parametrize("pressed", [False, True])
def test_a_retry_after_an_unfreezing_mails_no_link_that_cannot_act(postbox: Postbox, pressed: bool) -> None:
    till = postbox.till
    said = {"call_id": "c_1", "line_id": "line_1", "to": "GB…50", "reason": "destination_blocked", "message": "No."}
    event = postbox.event("CallDenied", **said) | {"occurred_at": "2026-11-23T12:00:00.000Z"}
    stop = at_ses(postbox, "provide-client-params", lambda **_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        postbox.bring(event)
    stop()
    token = token_of(SECRET, freeze_link(ACCOUNT, event["id"], event["occurred_at"]))
    if pressed:
        assert press(till, token) == FROZEN
    freeze(till)
    freeze(till, is_frozen=False)
    postbox.asked.clear()
    postbox.bring(event)
    text = postbox.asked[0]["Content"]["Simple"]["Body"]["Text"]["Data"]
    assert "was not connected" in text
    assert LINK not in text


def test_a_mail_writes_nothing_but_its_own_record(postbox: Postbox) -> None:
    till = postbox.till
    till.pay("25.00", till.card(DECLINED))
    before = till.world.stack.items()
    postbox.bring(postbox.paid())
    written = [item for item in till.world.stack.items() if item not in before]
    assert {item["PK"] if item["PK"] == "MAIL" else item["SK"].split("#")[0] for item in written} == {"MAIL", "MAILED"}
    assert [item for item in till.world.stack.items() if item not in written] == before


def test_an_unavailable_table_makes_lambda_retry_the_event(postbox: Postbox, wire: Wire) -> None:
    def throttled(sent: Sent, passed: WirePass) -> Any:
        return refusal(400, "ThrottlingException")

    event = postbox.paid()
    with wire.interfering(throttled), pytest.raises(Exception, match=r"Throttling|not answer"):
        postbox.bring(event)
    assert postbox.sent() == []
    postbox.bring(event)
    assert len(postbox.sent()) == 2


def test_no_log_holds_an_address(postbox: Postbox, caplog: pytest.LogCaptureFixture) -> None:
    postbox.bring(postbox.paid())
    assert "mailed" in caplog.messages
    assert "halcyon" not in str([vars(record) for record in caplog.records])
