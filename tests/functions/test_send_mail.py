"""Events of the bus become mails: each billing address alone, each event once, whatever comes again or fails between;
the link in a mail acts, and nothing else of the table is changed.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from calling_credit.errors import NotFound
from calling_credit.instants import format_instant
from calling_credit.links.link import FREEZES_FOR
from tests.harness.cards import CHALLENGED, DECLINED, VISA
from tests.harness.table import sample_event
from tests.harness.template import template
from tests.harness.till import ACCOUNT, Till
from tests.harness.wire import Pass as WirePass
from tests.harness.wire import Sent, Wire, refusal

pytestmark = pytest.mark.dynamodb
ADDRESSES = ["ada@halcyon.example", "bob@halcyon.example"]
LINK = "https://page.test/links/"


@dataclass
class Postbox:
    """What SES is asked to send, and what is to go wrong with it."""

    till: Till
    asked: list[dict[str, Any]] = field(default_factory=list)
    number: int = 0

    @property
    def mailer(self) -> Any:
        """The function's client."""
        return self.till.world.stack.apps["send_mail"].mailer

    def bring(self, detail: dict[str, Any]) -> dict[str, int]:
        """The bus hands one event to the function."""
        event = sample_event("send_mail") | {"detail-type": detail["type"], "detail": detail}
        answer: dict[str, int] = self.till.world.stack.invoke("send_mail", event)
        return answer

    def event(self, kind: str, **data: Any) -> dict[str, Any]:
        """An event of the account, under an id of its own."""
        self.number += 1
        return {"id": f"evt_{self.number:032x}", "type": kind, "version": "1", "account_id": ACCOUNT, "data": data}

    def paid(self) -> dict[str, Any]:
        """An event that is mailed about."""
        return self.event("TopUpSucceeded", **sample_event("send_mail")["detail"]["data"])

    def sent(self) -> list[tuple[str, str]]:
        """Address and subject of every mail that was asked for."""
        return [
            (address, mail["Content"]["Simple"]["Subject"]["Data"])
            for mail in self.asked
            for address in mail["Destination"]["ToAddresses"]
        ]


@pytest.fixture
def postbox(till: Till) -> Iterator[Postbox]:
    """The account's mails from now on."""
    till.world.operate("PUT", f"/accounts/{ACCOUNT}", {"billing_emails": ADDRESSES})
    postbox = Postbox(till)

    def ask(params: dict[str, Any], **_: Any) -> None:
        postbox.asked.append(params)

    events = postbox.mailer.meta.events
    events.register("provide-client-params.sesv2.SendEmail", ask)
    try:
        yield postbox
    finally:
        events.unregister("provide-client-params.sesv2.SendEmail", ask)


def at_ses(postbox: Postbox, moment: str, happens: Any) -> Any:
    """Something happens whenever SES is asked; what takes it away again."""
    events, name = postbox.mailer.meta.events, f"{moment}.sesv2.SendEmail"
    events.register_last(name, happens)
    return lambda: events.unregister(name, happens)


def test_the_sample_event_is_mailed_to_each_billing_address_by_itself(postbox: Postbox) -> None:
    answer = postbox.till.world.stack.invoke("send_mail", sample_event("send_mail"))
    assert answer == {"addresses": 2}
    assert postbox.sent() == [(address, "Payment received: $25.00") for address in ADDRESSES]
    assert [len(mail["Destination"]["ToAddresses"]) for mail in postbox.asked] == [1, 1]
    assert {mail["FromEmailAddress"] for mail in postbox.asked} == {"Billing <billing@phone.example>"}
    assert "Visa ending 4242" in postbox.asked[0]["Content"]["Simple"]["Body"]["Text"]["Data"]


def test_a_redelivered_event_is_mailed_once_and_another_event_is_mailed(postbox: Postbox) -> None:
    first = postbox.paid()
    for _ in range(3):
        assert postbox.bring(first) == {"addresses": 2}
    assert len(postbox.sent()) == 2
    postbox.bring(postbox.paid())
    assert len(postbox.sent()) == 4


def test_the_stored_mail_record_has_no_address_and_expires(postbox: Postbox) -> None:
    postbox.bring(postbox.paid())
    kept = [item for item in postbox.till.world.stack.items() if item["PK"] == "MAIL"]
    assert len(kept) == 2
    assert all(item["expires_at"] > 0 for item in kept)
    assert "halcyon" not in str(kept)


def test_a_mail_record_outlives_the_redelivery_window_of_its_event(postbox: Postbox) -> None:
    kept_for = template()["Resources"]["EventFailureQueue"]["Properties"]["MessageRetentionPeriod"]
    assert kept_for + 24 * 3600 < postbox.till.world.stack.apps["send_mail"].REMEMBERED_SECONDS


def test_no_billing_address_or_an_event_without_news_sends_no_mail(postbox: Postbox) -> None:
    assert postbox.bring(postbox.event("CallUnrated", call_id="c_1")) == {"addresses": 0}
    postbox.till.world.operate("PUT", f"/accounts/{ACCOUNT}", {"billing_emails": []})
    assert postbox.bring(postbox.paid()) == {"addresses": 0}
    assert postbox.sent() == []


def test_an_event_of_an_unknown_account_fails_so_that_lambda_keeps_it(postbox: Postbox) -> None:
    with pytest.raises(NotFound) as refused:
        postbox.bring(postbox.paid() | {"account_id": "acct_none"})
    assert refused.value.code == "unknown_account"
    assert postbox.sent() == []


def test_only_a_mail_that_ses_rejects_is_sent_again(postbox: Postbox) -> None:
    def refuse_bob(params: dict[str, Any], **_: Any) -> None:
        if params["Destination"]["ToAddresses"] == ADDRESSES[1:]:
            raise ClientError({"Error": {"Code": "MessageRejected", "Message": "injected"}}, "SendEmail")

    event = postbox.paid()
    stop = at_ses(postbox, "provide-client-params", refuse_bob)
    for _ in range(2):
        with pytest.raises(ClientError):
            postbox.bring(event)
    stop()
    postbox.asked.clear()
    assert postbox.bring(event) == {"addresses": 2}
    assert [address for address, _ in postbox.sent()] == ADDRESSES[1:]


def test_an_address_that_ses_rejects_does_not_stop_the_other_mails(postbox: Postbox) -> None:
    def refuse_ada(params: dict[str, Any], **_: Any) -> None:
        if params["Destination"]["ToAddresses"] == ADDRESSES[:1]:
            raise ClientError({"Error": {"Code": "MessageRejected", "Message": "injected"}}, "SendEmail")

    event = postbox.paid()
    stop = at_ses(postbox, "provide-client-params", refuse_ada)
    for _ in range(3):
        with pytest.raises(ClientError):
            postbox.bring(event)
    stop()
    assert [address for address, _ in postbox.sent()].count(ADDRESSES[1]) == 1


def test_a_mail_without_a_response_is_retried_by_lambda_not_the_client(postbox: Postbox) -> None:
    def lose(**_: Any) -> None:
        raise ConnectTimeoutError(endpoint_url="https://email.us-east-1.amazonaws.com/")

    event = postbox.paid()
    stop = at_ses(postbox, "before-send", lose)
    with pytest.raises(ConnectTimeoutError):
        postbox.bring(event)
    assert len(postbox.asked) == 1
    stop()
    postbox.bring(event)
    assert len(postbox.asked) == 3


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
    occurred_at = format_instant(postbox.till.world.clock.now - FREEZES_FOR)
    postbox.bring(postbox.event("CallDenied", **said) | {"occurred_at": occurred_at})
    text = postbox.asked[0]["Content"]["Simple"]["Body"]["Text"]["Data"]
    assert "Blocked." in text
    assert LINK not in text
    assert postbox.till.world.of_kind("LINK") == []


def test_a_mail_writes_nothing_but_its_own_record(postbox: Postbox) -> None:
    till = postbox.till
    till.pay("25.00", till.card(DECLINED))
    before = till.world.stack.items()
    postbox.bring(postbox.paid())
    assert [item for item in till.world.stack.items() if item["PK"] != "MAIL"] == before


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
