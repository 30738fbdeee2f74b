"""A decline that the customer saw on screen is not mailed; an unseen one is. The event is published either way."""

from typing import Any

import pytest

from calling_credit.dynamodb.attributes import to_attributes
from tests.functions.mail_bench import ADDRESSES, Postbox, postbox
from tests.harness.cards import CHALLENGED, DECLINED, VISA
from tests.harness.till import CONFIRM
from tests.harness.wire import Killed, Pass, Sent, Wire, refusal

__all__ = ["postbox"]

pytestmark = pytest.mark.dynamodb


def failure_of(postbox: Postbox, topup_id: str) -> dict[str, Any]:
    """The event of a failed payment, as it is published."""
    data = {"topup_id": topup_id, "amount": "25.00", "payment_method": {"brand": "visa", "last4": "0002"}}
    failure = {"code": "card_declined", "message": "The bank declined the card."}
    return postbox.event("TopUpFailed", **data, status="failed", failure=failure)


def mailed(postbox: Postbox, topup_id: str) -> bool:
    """Whether the failure of a payment is mailed to every address."""
    postbox.asked.clear()
    postbox.bring(failure_of(postbox, topup_id))
    addresses = [address for address, _ in postbox.sent()]
    assert addresses in ([], ADDRESSES)
    return bool(addresses)


def test_a_decline_in_the_answer_to_a_payment_is_not_mailed(postbox: Postbox) -> None:
    shown = postbox.till.paid("25.00", postbox.till.card(DECLINED))
    assert (shown["status"], "shown_at" in shown) == ("failed", False)
    assert not mailed(postbox, shown["id"])


def test_a_decline_in_the_answer_to_a_replay_is_not_mailed(postbox: Postbox) -> None:
    till = postbox.till
    card = till.card(DECLINED)
    till.fault("answer_lost", CONFIRM, count=2)
    till.fault("dropped", "GET /v1/payment_intents/*", count=2)
    assert till.paid("25.00", card, key="k")["status"] == "processing"
    till.all_well()
    till.call_all_back()
    shown = till.paid("25.00", card, key="k")
    assert shown["status"] == "failed"
    assert not mailed(postbox, shown["id"])


def test_a_decline_found_after_the_answer_is_mailed(postbox: Postbox) -> None:
    till = postbox.till
    topup_id = till.left_open(DECLINED)
    till.sweep(minutes=3)
    assert till.status_of(topup_id) == "failed"
    assert mailed(postbox, topup_id)


def test_a_failed_challenge_is_mailed(postbox: Postbox) -> None:
    till = postbox.till
    shown = till.paid("25.00", till.card(CHALLENGED))
    till.challenge(shown["id"], confirmed=False)
    till.call_all_back()
    assert till.status_of(shown["id"]) == "failed"
    assert mailed(postbox, shown["id"])


def test_a_decline_whose_request_died_is_mailed(postbox: Postbox, wire: Wire) -> None:
    """The payment ended, but its request died before it could answer."""
    till = postbox.till
    card = till.card(DECLINED)

    def kill(sent: Sent, passed: Pass) -> Any:
        answer = passed()
        if sent.operation == "TransactWriteItems" and "is_finished = :yes" in str(sent.body):
            raise Killed
        return answer

    with wire.interfering(kill):
        with pytest.raises(Killed):
            till.pay("25.00", card)
        wire.dead = False
    [item] = till.top_ups()
    assert item["status"] == "failed"
    assert mailed(postbox, item["topup_id"])


def test_a_decline_that_cannot_be_recorded_as_shown_is_answered(postbox: Postbox, wire: Wire) -> None:
    def refuse(sent: Sent, passed: Pass) -> Any:
        return refusal(400, "ThrottlingException") if "shown_at" in str(sent.body) else passed()

    card = postbox.till.card(DECLINED)
    with wire.interfering(refuse):
        shown = postbox.till.paid("25.00", card)
    assert shown["status"] == "failed"
    assert mailed(postbox, shown["id"])


def test_a_payment_refused_before_its_confirmation_is_not_mailed(postbox: Postbox, wire: Wire) -> None:
    """The account is frozen while its payment is being made, and the answer says so."""
    till, card = postbox.till, postbox.till.card(VISA)
    frozen: list[Sent] = []

    def freeze_after_creation(sent: Sent, passed: Pass) -> Any:
        answer = passed()
        if "TOPUP#" in str(sent.body) and sent.operation == "TransactWriteItems" and not frozen:
            frozen.append(sent)
            till.world.operate("PUT", "/accounts/acct_1", {"frozen": True})
        return answer

    with wire.interfering(freeze_after_creation):
        answer = till.pay("25.00", card)
    assert (answer.status, answer.code) == (403, "account_frozen")
    [item] = till.top_ups()
    assert item["status"] == "canceled"
    assert till.charged() == []
    assert not mailed(postbox, item["topup_id"])


def test_a_shown_decline_is_still_published(postbox: Postbox) -> None:
    till = postbox.till
    till.paid("25.00", till.card(DECLINED))
    [item] = till.top_ups()
    record: dict[str, Any] = {"eventName": "MODIFY", "dynamodb": {"SequenceNumber": "1"}}
    record["dynamodb"] |= {
        "ApproximateCreationDateTime": till.world.clock.now.timestamp(),
        "OldImage": to_attributes(item | {"status": "confirming"}),
        "NewImage": to_attributes(item),
    }
    [event] = till.world.stack.apps["publish_events"].events_of(record)
    assert event.name == "TopUpFailed"
