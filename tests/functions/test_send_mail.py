"""Events of the bus become mails: each billing address alone, each event once, also after failures."""

from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from calling_credit.errors import NotFound
from tests.functions.mail_bench import ADDRESSES, Postbox, at_ses, postbox
from tests.harness.table import sample_event
from tests.harness.template import template
from tests.harness.till import ACCOUNT

__all__ = ["postbox"]

pytestmark = pytest.mark.dynamodb


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
    queues = [template()["Resources"][f"{name}Queue"]["Properties"] for name in ("Mail", "MailDeadLetter")]
    kept_for = sum(queue["MessageRetentionPeriod"] for queue in queues)  # A redriven message is a new one.
    assert kept_for + 24 * 3600 < postbox.till.world.stack.apps["send_mail"].RECORD_SECONDS


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
    assert [address for address, _ in postbox.sent()] == ADDRESSES, "each address once, the first no obstacle"
    stop()
    postbox.bring(event)
    assert len(postbox.asked) == 4
