"""make redrive QUEUE=mail and QUEUE=proof, from the failure of a message to its effect."""

import json
from datetime import date
from typing import Any

import pytest

from calling_credit.audit.nightly_proof import Task
from calling_credit.audit.proof_messages import message_bodies
from ops import redrive
from tests.functions.mail_bench import ADDRESSES, Postbox, at_ses, batch, postbox
from tests.functions.queues_bench import Queues, queues, redriven
from tests.functions.test_queued_mails import refusing
from tests.harness.queue import failures
from tests.harness.table import sample_event
from tests.harness.till import ACCOUNT, Till
from tests.harness.world import World

__all__ = ["postbox", "queues"]

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]
CALLS = redrive.QUEUES["calls"]


@pytest.fixture(autouse=True)
def outputs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The stack has the queues `dead` and `calls` for mails and proofs."""
    for name in ("mail", "proof"):
        monkeypatch.setitem(redrive.QUEUES, name, CALLS)


def records(queues: Queues) -> dict[str, Any]:
    """A batch of the messages that went back, as Lambda takes them from the queue."""
    sample = sample_event("rate_calls")["Records"][0]
    bodies = queues.bodies("calls")
    return {"Records": [sample | {"messageId": f"m_{number}", "body": body} for number, body in enumerate(bodies)]}


def test_a_mail_is_sent_to_those_who_lack_it_after_its_redrive(
    postbox: Postbox, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    paid, frozen = postbox.paid(), postbox.event("AccountFrozen", by="staff:staff-1")
    stop = at_ses(postbox, "provide-client-params", refusing("MessageRejected", address=ADDRESSES[0]))
    assert postbox.deliver(paid, frozen, receives=5) == ["m_0", "m_1"]
    stop()
    queues.put("dead", [record["body"] for record in batch(paid, frozen)["Records"]])
    assert redriven(monkeypatch, "--queue", "mail", "--yes") == 0
    assert queues.bodies("dead") == []
    postbox.asked.clear()
    for _ in range(2):
        assert postbox.deliver(*queues.bodies("calls")) == []
    assert [address for address, _ in postbox.sent()] == [ADDRESSES[0]] * 2, "once, and not again to the other"


def test_a_mail_of_a_lost_account_comes_back_and_stops_no_other(
    postbox: Postbox, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, paid = postbox.paid() | {"account_id": "acct_none"}, postbox.paid()
    queues.put("dead", [record["body"] for record in batch(lost, paid)["Records"]])
    assert redriven(monkeypatch, "--queue", "mail", "--drop", "--yes") == 0
    assert len(queues.bodies("dead")) == 2, "an account may be restored"
    assert redriven(monkeypatch, "--queue", "mail", "--yes") == 0
    assert postbox.deliver(*queues.bodies("calls")) == ["m_0"]
    assert len(postbox.sent()) == 2


def test_accounts_are_proven_after_the_redrive_of_their_message(
    till: Till, queues: Queues, monkeypatch: pytest.MonkeyPatch
) -> None:
    till.world.create_account("acct_2")
    till.world.deliver({}, {"call_id": "c_2", "account_id": "acct_2"})
    night = date(2026, 11, 23)
    bodies = list(message_bodies(Task(account_id, night) for account_id in (ACCOUNT, "acct_2")))
    queues.put("dead", [*bodies, "no proof"])
    assert redriven(monkeypatch, "--queue", "proof", "--yes") == 0
    assert (queues.bodies("dead"), queues.bodies("calls")) == ([], [*bodies, "no proof"])
    for _ in range(2):
        failed = failures(till.world.stack.invoke("prove_accounts", records(queues), seconds=300))
        assert failed == [f"m_{len(bodies)}"], "the message that names no account alone"
    for account_id in (ACCOUNT, "acct_2"):
        assert till.world.of_kind("PROOF", account_id)


def test_messages_that_arrive_while_a_queue_is_drained_are_moved_or_left(
    queues: Queues, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    queues.put("dead", [json.dumps({"number": number}) for number in range(25)])
    late = [json.dumps({"late": number}) for number in range(7)]

    def arrive(moment: str) -> None:
        if moment == "after" and late and queues.requests["send_message_batch"]:
            queues.put("dead", [late.pop()])

    queues.between = arrive
    monkeypatch.setattr(redrive, "MAX_LOAD", 10)
    assert redriven(monkeypatch, "--queue", "proof", "--yes") == 0
    queues.between = lambda _: None
    everything = queues.bodies("dead") + queues.bodies("calls")
    assert sorted(everything) == sorted(set(everything))
    assert len(everything) == 32 - len(late)
    assert queues.visible("dead") == len(queues.bodies("dead"))
