"""A postbox that records the mails handed to SES."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from tests.harness.queue import failures
from tests.harness.table import sample_event
from tests.harness.till import ACCOUNT, Till

ADDRESSES = ["ada@halcyon.example", "bob@halcyon.example"]


@dataclass
class Postbox:
    """The mails handed to SES, and the failures to simulate."""

    till: Till
    asked: list[dict[str, Any]] = field(default_factory=list)
    number: int = 0

    @property
    def mailer(self) -> Any:
        """The function's client."""
        return self.till.world.stack.apps["send_mail"].mailer

    def bring(self, detail: dict[str, Any]) -> dict[str, int]:
        """Pass one event of the bus to the function."""
        event = sample_event("send_mail") | {"detail-type": detail["type"], "detail": detail}
        answer: dict[str, int] = self.till.world.stack.invoke("send_mail", event)
        return answer

    def deliver(self, *details: Any, receives: int = 1, lane: str = "mails") -> list[str]:
        """Deliver events (or bodies) m_0, m_1, … as a batch of a queue; return the ids of the failed messages."""
        return failures(self.till.world.stack.invoke("send_mail", batch(*details, receives=receives, lane=lane)))

    def event(self, kind: str, **data: Any) -> dict[str, Any]:
        """An event of the account with its own id."""
        self.number += 1
        return {"id": f"evt_{self.number:032x}", "type": kind, "version": "1", "account_id": ACCOUNT, "data": data}

    def paid(self) -> dict[str, Any]:
        """An event that causes a mail."""
        return self.event("TopUpSucceeded", **sample_event("send_mail")["detail"]["data"])

    def sent(self) -> list[tuple[str, str]]:
        """The address and subject of every mail handed to SES."""
        return [
            (address, mail["Content"]["Simple"]["Subject"]["Data"])
            for mail in self.asked
            for address in mail["Destination"]["ToAddresses"]
        ]


def batch(*details: Any, receives: int = 1, lane: str = "mails") -> dict[str, Any]:
    """A batch of events of the bus, as Lambda takes them from a queue."""
    sample, envelope = sample_event("rate_calls")["Records"][0], sample_event("send_mail")
    records = []
    for number, detail in enumerate(details):
        body = detail if isinstance(detail, str) else json.dumps(envelope | {"detail": detail})
        attributes = sample["attributes"] | {"ApproximateReceiveCount": str(receives)}
        own = {"messageId": f"m_{number}", "receiptHandle": f"r_{number}", "body": body, "attributes": attributes}
        records.append(sample | own | {"eventSourceARN": f"arn:aws:sqs:us-east-1:123456789012:stack-{lane}"})
    return {"Records": records}


def at_ses(postbox: Postbox, moment: str, happens: Any) -> Any:
    """Run a handler at each request to SES; the function that removes it."""
    events, name = postbox.mailer.meta.events, f"{moment}.sesv2.SendEmail"
    events.register_last(name, happens)
    return lambda: events.unregister(name, happens)


def low(postbox: Postbox) -> dict[str, Any]:
    """An event whose mail is limited."""
    return postbox.event("BalanceLow", balance="4.00", low_balance="5.00")


def count(postbox: Postbox) -> int:
    """The number of mails to the first address since the last count."""
    sent = [address for address, _ in postbox.sent()].count(ADDRESSES[0])
    postbox.asked.clear()
    return sent


@pytest.fixture
def postbox(till: Till) -> Iterator[Postbox]:
    """The mails of the account from now on."""
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
