"""Operations of the seeded driver: calls that are reported over HTTP, before or after they came from the queue."""

from dataclasses import replace
from typing import Any
from unittest.mock import patch

from calling_credit.charging.call_queue import CallQueue
from tests.functions.report_bench import NDJSON, Queue
from tests.laws.calls import Message
from tests.laws.driver import Driver, operation
from tests.laws.operations import an_old_batch, queue


@operation("report calls over HTTP", 120)
def report(driver: Driver) -> None:
    """Report new calls beside old ones and broken ones. Nothing is written before the queue delivers what was accepted;
    then each call is charged as if the queue alone had brought it, law 3.
    """
    old = driver.rng.sample(batch := an_old_batch(driver)[:8], k=driver.rng.randint(1, len(batch)))
    broken = [driver.calls.broken(driver.new_call(), driver.now) for _ in range(driver.rng.randint(0, 2))]
    messages = [one for one in (*old, *broken, *driver.some_calls(4)) if one.body.strip(" \r\n\t\ufeff")]
    driver.rng.shuffle(messages)
    accepted = send(driver, messages)
    driver.settle("", unchanged=True)
    if accepted:
        queue(driver, accepted)


def send(driver: Driver, messages: list[Message]) -> list[Message]:
    """Report messages, one a line; return the accepted ones as the queue holds them."""
    client: Any = (held := Queue())
    app = driver.stack.apps["report_calls"]
    with patch.object(app, "queue", CallQueue(client, "queue")):
        body = "\n".join(message.body for message in messages)
        answer = driver.ask("report_calls", "POST", "/calls/events", body, headers={"content-type": NDJSON})
    assert answer.status == 200, answer.text
    rejected = {one["index"]: one["code"] for one in answer.body["rejected"]}
    accepted = [message for index, message in enumerate(messages) if index not in rejected]
    assert answer.body["accepted"] == len(accepted) == len(held.bodies)
    for index, code in rejected.items():
        assert messages[index].told.facts is None or code == "unknown_account", f"{code}: {messages[index].body}"
    assert all(message.told.facts is not None for message in accepted), "a broken event was accepted"
    return [replace(message, body=body) for message, body in zip(accepted, held.bodies, strict=True)]
