"""Receives, returns, and removes the messages of a dead-letter queue, ten in a request and several requests at a time.

A message is sent before it is removed, so a stop at any moment leaves it in one queue or in both, never in none. Both
is harmless: every consumer of these queues does a message's work once.
"""

import random
import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import islice, repeat, takewhile
from typing import Any, Final, TypeVar

from botocore.exceptions import BotoCoreError, ClientError

from calling_credit.charging.call_queue import MAX_BATCH_BYTES, MAX_ENTRIES

B = TypeVar("B")
T = TypeVar("T")

HIDDEN_SECONDS: Final = 900
"""How long a received message stays hidden: long enough to judge a load and to answer a question. A message that the
command does not move is visible again at once when the command ends.
"""
MAX_LOAD: Final = 50_000
"""The messages that are received before they are moved. SQS hides at most 120,000 messages of a queue at a time."""
MAX_LOAD_BYTES: Final = 200_000_000
THREADS: Final = 8
MAX_ATTEMPTS: Final = 5
TOO_LONG: Final = frozenset(
    {"AWS.SimpleQueueService.BatchRequestTooLong", "BatchRequestTooLong", "InvalidParameterValue"}
)
"""With these, SQS refuses a request with one message that has become too long by its attribute."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A received message: its id, its newest receipt, its body, its attributes, and when SQS first received it."""

    message_id: str
    receipt: str
    body: str
    sent_ms: int
    attributes: Mapping[str, Any] = field(default_factory=dict)


@dataclass
class Moved:
    """How many messages were sent, and why the target queue refused others; those stay where they were."""

    count: int = 0
    refused: list[str] = field(default_factory=list)


class DeadLetters:
    """The messages of one dead-letter queue."""

    def __init__(self, client: Any, queue_url: str, threads: int | None = None) -> None:
        self._client = client
        self._url = queue_url
        self._threads = threads or THREADS
        self.has_more = False
        """Whether the last `receive` ended because its load was full."""

    def receive(
        self, report: Callable[[int], None], max_messages: int = MAX_LOAD, known: Container[str] = ()
    ) -> list[Letter]:
        """Receive messages, each once with its newest receipt, until a load is full or receives bring nothing new, so
        messages that become visible again do not keep it running.

        Args:
            report: Receives the count so far.
            known: The ids that do not count as new.
        """
        letters: dict[str, Letter] = {}
        size = vain = 0

        def is_going_on(_: None) -> bool:
            return len(letters) < max_messages and size < MAX_LOAD_BYTES and vain < self._threads

        for messages in _in_parallel(takewhile(is_going_on, repeat(None)), self._receive_ten, self._threads, ahead=1):
            found = [_letter(message) for message in messages]
            new = [one for one in found if one.message_id not in letters and one.message_id not in known]
            letters |= {one.message_id: one for one in found}
            size += sum(len(one.body) for one in new)
            vain = 0 if new else vain + 1
            if new:
                report(len(letters))
        self.has_more = vain < self._threads
        return list(letters.values())

    def _receive_ten(self, _: None) -> list[dict[str, Any]]:
        answer = self._client.receive_message(
            QueueUrl=self._url,
            MaxNumberOfMessages=MAX_ENTRIES,
            VisibilityTimeout=HIDDEN_SECONDS,
            WaitTimeSeconds=1,
            MessageSystemAttributeNames=["SentTimestamp"],
            MessageAttributeNames=["All"],
        )
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        return messages

    def move(self, letters: Sequence[Letter], target_url: str, report: Callable[[int], None]) -> Moved:
        """Send messages to a queue, and remove those that it has accepted; `report` gets the count so far.

        Raises:
            ClientError, BotoCoreError: SQS did not answer. All other messages are still in the dead-letter queue.
        """
        result = Moved()
        for accepted, refused in _in_parallel(
            by_request(letters), lambda batch: self._move_batch(batch, target_url), self._threads
        ):
            result.count += accepted
            result.refused += refused
            report(result.count + len(result.refused))
        return result

    def _move_batch(self, batch: Sequence[Letter], target_url: str) -> tuple[int, list[str]]:
        """Send up to ten messages, and again what SQS refused for the moment; then remove the accepted ones."""
        waiting = {str(index): letter for index, letter in enumerate(batch)}
        accepted: list[Letter] = []
        refused: list[str] = []
        for attempt in range(MAX_ATTEMPTS):
            if attempt:
                time.sleep(random.uniform(0, 0.05 * 2**attempt))
            entries = [
                {"Id": name, "MessageBody": letter.body, "MessageAttributes": dict(letter.attributes)}
                for name, letter in waiting.items()
            ]
            try:
                answer = self._client.send_message_batch(QueueUrl=target_url, Entries=entries)
            except ClientError as error:
                if error.response["Error"]["Code"] not in TOO_LONG or len(entries) > 1:
                    raise
                refused += [f"it is too long: {letter.message_id}" for letter in waiting.values()]
                waiting = {}
                break
            accepted += [waiting.pop(success["Id"]) for success in answer.get("Successful", [])]
            for failure in answer.get("Failed", []):
                if failure["SenderFault"]:
                    refused.append(f"{failure['Code']}: {failure.get('Message', '')}")
                    del waiting[failure["Id"]]
            if not waiting:
                break
        self._remove_batch(accepted)
        return len(accepted), refused + ["the queue did not accept it"] * len(waiting)

    def remove(self, letters: Sequence[Letter], report: Callable[[int], None]) -> None:
        """Remove messages for good; `report` gets the count so far."""
        count = 0
        for removed in _in_parallel(_tens(letters), self._remove_batch, self._threads):
            count += removed
            report(count)

    def _remove_batch(self, letters: Sequence[Letter]) -> int:
        """Remove up to ten messages. One that SQS does not remove reappears, and is moved again without effect."""
        entries = [{"Id": str(index), "ReceiptHandle": letter.receipt} for index, letter in enumerate(letters)]
        for _ in range(MAX_ATTEMPTS):
            if not entries:
                break
            answer = self._client.delete_message_batch(QueueUrl=self._url, Entries=entries)
            again = {failure["Id"] for failure in answer.get("Failed", []) if not failure["SenderFault"]}
            entries = [entry for entry in entries if entry["Id"] in again]
        return len(letters)

    def release(self, letters: Sequence[Letter]) -> None:
        """Make messages visible again at once. If SQS does not answer, they are visible after `HIDDEN_SECONDS`."""
        with suppress(ClientError, BotoCoreError):
            all(_in_parallel(_tens(letters), self._release_batch, self._threads))

    def _release_batch(self, letters: Sequence[Letter]) -> bool:
        entries = [
            {"Id": str(index), "ReceiptHandle": letter.receipt, "VisibilityTimeout": 0}
            for index, letter in enumerate(letters)
        ]
        self._client.change_message_visibility_batch(QueueUrl=self._url, Entries=entries)
        return True


def by_request(letters: Iterable[Letter]) -> Iterator[list[Letter]]:
    """Yield messages in their order, as many at a time as one request may carry."""
    batch: list[Letter] = []
    size = 0
    for letter in letters:
        length = size_of(letter)
        if batch and (len(batch) == MAX_ENTRIES or size + length > MAX_BATCH_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(letter)
        size += length
    if batch:
        yield batch


def size_of(letter: Letter) -> int:
    """The bytes that a message counts in a request: body, and name, type, and value of each attribute."""
    size = len(letter.body.encode())
    for name, value in letter.attributes.items():
        size += len(name.encode()) + sum(
            len(part.encode() if isinstance(part, str) else bytes(part)) for part in value.values()
        )
    return size


def _tens(letters: Sequence[Letter]) -> Iterator[Sequence[Letter]]:
    for begin in range(0, len(letters), MAX_ENTRIES):
        yield letters[begin : begin + MAX_ENTRIES]


def _letter(message: Mapping[str, Any]) -> Letter:
    names = ("DataType", "StringValue", "BinaryValue")
    attributes = {
        name: {part: value[part] for part in names if part in value}
        for name, value in message.get("MessageAttributes", {}).items()
    }
    sent_ms = int(message.get("Attributes", {}).get("SentTimestamp", 0))
    return Letter(message["MessageId"], message["ReceiptHandle"], message.get("Body", ""), sent_ms, attributes)


def _in_parallel(batches: Iterable[B], work: Callable[[B], T], threads: int, ahead: int = 4) -> Iterator[T]:
    """Yield the results of work on each batch, several at a time and only a few ahead. After an error or Ctrl-C, the
    batches under way are finished, and no other one is begun.
    """
    rest = iter(batches)
    with ThreadPoolExecutor(threads) as pool:
        futures: set[Future[T]] = set()
        try:
            while True:
                futures |= {pool.submit(work, batch) for batch in islice(rest, threads * ahead - len(futures))}
                if not futures:
                    return
                done, futures = wait(futures, return_when=FIRST_COMPLETED)
                for future in done:
                    yield future.result()
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
