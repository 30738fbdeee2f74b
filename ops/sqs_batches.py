"""Sends many messages to one SQS queue: full batches within its limits, several batches at a time, and again after a
temporary refusal. Does not depend on calls.
"""

import random
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, Final

from calling_credit.charging.call_queue import batches

MAX_ATTEMPTS: Final = 6
THREADS: Final = 4


@dataclass
class SendResult:
    """How many messages the queue accepted, and why it refused the others."""

    count: int = 0
    refused: list[str] = field(default_factory=list)


def send_all(client: Any, queue_url: str, bodies: Iterable[str], report: Callable[[int], None]) -> SendResult:
    """Send every body; call `report` with the number of messages handled since the last report."""
    result = SendResult()
    with ThreadPoolExecutor(THREADS) as pool:
        for part in pool.map(lambda batch: _send(client, queue_url, batch), batches(bodies)):
            result.count += part.count
            result.refused += part.refused
            report(part.count + len(part.refused))
    return result


def _send(client: Any, queue_url: str, batch: list[str]) -> SendResult:
    waiting = {str(index): body for index, body in enumerate(batch)}
    refused: list[str] = []
    for attempt in range(MAX_ATTEMPTS):
        if attempt:
            time.sleep(random.uniform(0, 0.1 * 2**attempt))
        entries = [{"Id": entry_id, "MessageBody": body} for entry_id, body in waiting.items()]
        answer = client.send_message_batch(QueueUrl=queue_url, Entries=entries)
        for success in answer.get("Successful", []):
            del waiting[success["Id"]]
        for failure in answer.get("Failed", []):
            if failure["SenderFault"]:
                refused.append(f"{failure['Code']}: {failure.get('Message', '')}")
                del waiting[failure["Id"]]
        if not waiting:
            break
    refused += ["the queue did not accept it, try again"] * len(waiting)
    return SendResult(len(batch) - len(refused), refused)
