"""Of two limited mails at once one is sent, and a mail that failed to be sent silences no other."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from calling_credit.errors import Unavailable
from calling_credit.notifications.mail_limits import SILENCE
from tests.functions.mail_bench import ADDRESSES, Postbox, at_ses, count, low, postbox
from tests.harness.till import ACCOUNT
from tests.harness.wire import Killed, Pass, Sent, Wire, refusal

__all__ = ["postbox"]

pytestmark = pytest.mark.dynamodb


def refused(**_: Any) -> None:
    """SES answers with a refusal."""
    raise ClientError({"Error": {"Code": "MessageRejected", "Message": "injected"}}, "SendEmail")


def lost(**_: Any) -> None:
    """SES does not answer."""
    raise ConnectTimeoutError(endpoint_url="https://email.us-east-1.amazonaws.com/")


@pytest.mark.parametrize("fails", [refused, lost])
def test_a_mail_that_failed_does_not_silence_the_next(postbox: Postbox, fails: Callable[..., None]) -> None:
    failed = low(postbox)
    stop = at_ses(postbox, "provide-client-params", fails)
    with pytest.raises((ClientError, ConnectTimeoutError)):
        postbox.bring(failed)
    stop()
    postbox.asked.clear()
    postbox.bring(low(postbox))
    assert count(postbox) == 1
    postbox.bring(failed)
    assert count(postbox) == 0, "the retry is left out now"


def test_a_failed_mail_is_sent_by_its_retry_and_silences_the_next(postbox: Postbox) -> None:
    failed = low(postbox)
    stop = at_ses(postbox, "provide-client-params", refused)
    with pytest.raises(ClientError):
        postbox.bring(failed)
    stop()
    postbox.asked.clear()
    postbox.bring(failed)
    postbox.bring(low(postbox))
    assert count(postbox) == 1


@pytest.mark.parametrize("first_fails", [False, True])
def test_of_two_mails_at_once_exactly_one_is_sent(
    postbox: Postbox, first_fails: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second event arrives while the first mail is on its way to SES, and waits until it was sent or failed."""
    waited: list[float] = []
    app = postbox.till.world.stack.apps["send_mail"]
    take, given = app.limits.take, list[Any]()

    def ends_meanwhile(seconds: float) -> None:
        waited.append(seconds)
        (app.limits.give_back if first_fails else app.limits.keep)(given[0])

    def take_first(mail: Any, now: Any) -> Any:
        if not given:
            given.append(replace(mail, event_id="evt_first"))
            assert take(given[0], now) is app.MailTurn.SEND
        return take(mail, now)

    monkeypatch.setattr("calling_credit.dynamodb.retries.time.sleep", ends_meanwhile)
    monkeypatch.setattr(app.limits, "take", take_first)
    postbox.bring(low(postbox))
    assert len(waited) == 1
    assert count(postbox) == first_fails


def test_a_mail_that_waits_too_long_is_retried_by_lambda(postbox: Postbox, monkeypatch: pytest.MonkeyPatch) -> None:
    app = postbox.till.world.stack.apps["send_mail"]
    monkeypatch.setattr(app, "SECONDS_TO_SPARE", 60.0)
    event = low(postbox)
    for address in ADDRESSES[:1]:
        now = postbox.till.world.clock.now
        other = app.LimitedMail("BalanceLow", ACCOUNT, address, "evt_first", now + SILENCE)
        assert app.limits.take(other, now) is app.MailTurn.SEND
    with pytest.raises(Unavailable, match="being sent"):
        postbox.bring(event)
    assert [address for address, _ in postbox.sent()] == ADDRESSES[1:], "the other address is not kept waiting"
    postbox.asked.clear()
    postbox.till.later(minutes=1, seconds=1)  # The first sender died.
    postbox.bring(event)
    assert [address for address, _ in postbox.sent()] == ADDRESSES[:1]


@pytest.mark.parametrize("moment", ["before", "after"])
def test_an_unrecorded_turn_neither_fails_a_sent_mail_nor_lasts(postbox: Postbox, wire: Wire, moment: str) -> None:
    def refuse(sent: Sent, passed: Pass) -> Any:
        if "'sent'" in str(sent.body) and "limit#" in str(sent.body):
            if moment == "after":
                passed()
            return refusal(400, "ThrottlingException")
        return passed()

    with wire.interfering(refuse):
        assert postbox.bring(low(postbox)) == {"addresses": 2}
    assert count(postbox) == 1
    postbox.till.later(minutes=2)
    postbox.bring(low(postbox))
    assert count(postbox) == (moment == "before")


def test_a_sender_killed_before_the_mail_silences_no_other(postbox: Postbox, wire: Wire) -> None:
    def kill(sent: Sent, passed: Pass) -> Any:
        answer = passed()
        if "limit#" in str(sent.body):
            raise Killed
        return answer

    with wire.interfering(kill):
        with pytest.raises(Killed):
            postbox.bring(low(postbox))
        wire.dead = False
    assert count(postbox) == 0
    postbox.till.later(minutes=1, seconds=1)
    postbox.bring(low(postbox))
    assert count(postbox) == 1
