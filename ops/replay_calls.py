"""Sends the calls of the raw archive to the call queue again, for example after a table was restored.

Sending is always safe: a call that is already charged changes nothing. Whole hours are sent, so FROM and TO may be
rough. An interrupted run continues where it stopped if the same command is given again.
"""

import argparse
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from rich.markup import escape
from rich.table import Table

from calling_credit import clock
from calling_credit.call_event_checks import check_times
from calling_credit.call_event_form import costs_nothing
from calling_credit.call_events import read_event
from calling_credit.charging.call_queue import batches
from calling_credit.charging.intake import ARCHIVED, EPOCH, FIRST_SENT, Message
from calling_credit.correlation import CORRELATION_ID
from calling_credit.instants import format_instant, parse_instant
from calling_credit.rejection_codes import Rejection, RejectionCode
from ops.project import local_folder
from ops.raw_objects import Archive, RawObject, parse_moment
from ops.stack import FoundStack, find_stack
from ops.terminal import CommandError, confirm, console, progress_bar, run

SENDERS: Final = 4
MAX_ATTEMPTS: Final = 6
MAX_ROWS: Final = 100
UNREADABLE: Final = "unreadable_object"
_NAMES: Final = ("account_id", "call_id", "started_at")


@dataclass
class Found:
    """What the archive holds of a time: how many calls, when they were first sent, and which can not be charged."""

    objects: list[RawObject] = field(default_factory=list)
    calls: int = 0
    first_ms: int | None = None
    last_ms: int | None = None
    refused: Counter[str] = field(default_factory=Counter)
    rows: list[tuple[str, ...]] = field(default_factory=list)

    def add(self, message: Message, now: datetime) -> None:
        """Count a message."""
        self.first_ms = min(message.sent_at_ms, self.first_ms or message.sent_at_ms)
        self.last_ms = max(message.sent_at_ms, self.last_ms or 0)
        rejection = refusal_of(message, now)
        if rejection is None:
            self.calls += 1
        else:
            self.refuse(rejection.code, *names_of(message), rejection.detail)

    def refuse(self, code: str, *cells: str) -> None:
        """Count what is not sent, and list the first ones."""
        self.refused[code] += 1
        if len(self.rows) < MAX_ROWS:
            self.rows.append((code, *cells))


def refusal_of(message: Message, now: datetime) -> Rejection | None:
    """Return why a message can never be charged: it is no JSON object, or its call began over 90 days ago."""
    event = read_event(message.body)
    if isinstance(event, Rejection):
        return event
    started = event.get("started_at")
    moment = parse_instant(started) if isinstance(started, str) else None
    if moment is None or costs_nothing(event):
        return None
    rejection = check_times(moment, None, moment, now)
    is_too_old = rejection is not None and rejection.code == RejectionCode.STARTED_TOO_LONG_AGO
    return rejection if is_too_old else None


def names_of(message: Message) -> tuple[str, ...]:
    """Return the account, call, and start that a message names."""
    event = read_event(message.body)
    values = ["", "", ""] if isinstance(event, Rejection) else [event.get(name) for name in _NAMES]
    return tuple(str(value)[:96] if isinstance(value, str | int) else "" for value in values)


def look(archive: Archive, since: datetime, until: datetime, now: datetime) -> Found:
    """Read the archive of a time, and count."""
    found = Found(objects=list(archive.objects(since, until)))
    with progress_bar("Reading the archive", len(found.objects)) as move:
        for count, batch in enumerate((one for part in archive.read(found.objects) for one in part), 1):
            if batch.failure:
                found.refuse(UNREADABLE, "", batch.source.key, "", batch.failure)
            for message in batch.messages:
                found.add(message, now)
            move(count)
    return found


class Progress:
    """Which objects of a replay are sent: a file with their names, which a finished run removes. It names the table,
    because another restored table lacks what the last one has got.
    """

    def __init__(self, stack: FoundStack, since: datetime, until: datetime) -> None:
        folder = local_folder()
        folder.mkdir(parents=True, exist_ok=True)
        name = f"replay-{stack.table_name}-{since:%Y%m%dT%H%M%SZ}-{until:%Y%m%dT%H%M%SZ}.keys"
        self.file: Path = folder / name

    def sent(self) -> set[str]:
        """Return the names of the objects that an interrupted run has sent."""
        return set(self.file.read_text(encoding="utf-8").splitlines()) if self.file.exists() else set()

    def add(self, objects: Sequence[RawObject]) -> None:
        """Record that objects are sent."""
        with self.file.open("a", encoding="utf-8") as stream:
            stream.writelines(f"{one.key}\n" for one in objects)

    def end(self) -> None:
        """Forget a finished run."""
        self.file.unlink(missing_ok=True)


def send_all(stack: FoundStack, archive: Archive, objects: Sequence[RawObject], progress: Progress) -> int:
    """Send the calls of objects in order; return how many were sent."""
    client, url, now = stack.client("sqs"), stack.outputs["CallQueueUrl"], clock.now()
    count = done = 0
    with progress_bar("Sending calls", len(objects)) as move, ThreadPoolExecutor(SENDERS) as pool:
        for part in archive.read(objects):
            messages = [one for batch in part for one in batch.messages if refusal_of(one, now) is None]
            count += sum(pool.map(lambda batch: send(client, url, batch), grouped(messages)))
            progress.add([batch.source for batch in part])
            done += len(part)
            move(done)
    return count


def grouped(messages: Sequence[Message]) -> Iterator[Sequence[Message]]:
    """Yield messages in order, as many at a time as one request may carry."""
    begin = 0
    for bodies in batches(message.body for message in messages):
        yield messages[begin : begin + len(bodies)]
        begin += len(bodies)


def send(client: Any, url: str, messages: Sequence[Message]) -> int:
    """Send one request's messages with the time when each was first sent; return how many the queue accepted. One that
    it can never accept is named, and does not stop the others.

    Raises:
        CommandError: the queue did not accept the others.
    """
    waiting = {str(number): message for number, message in enumerate(messages)}
    accepted = 0
    for attempt in range(MAX_ATTEMPTS):
        if attempt:
            time.sleep(random.uniform(0, 0.1 * 2**attempt))
        answer = client.send_message_batch(QueueUrl=url, Entries=[entry(*one) for one in waiting.items()])
        for success in answer.get("Successful", []):
            accepted += waiting.pop(success["Id"], None) is not None
        for failure in answer.get("Failed", []):
            if failure.get("SenderFault") and failure["Id"] in waiting:
                names = " ".join(names_of(waiting.pop(failure["Id"])))
                console.print(f"Not accepted by the queue ({failure.get('Code')}): {names}", markup=False)
        if not waiting:
            return accepted
    raise CommandError("The queue did not accept all calls. Run the command again; it continues there.")


def entry(name: str, message: Message) -> dict[str, Any]:
    """Return the entry of a message in a request to the queue."""
    first = {"DataType": "Number", "StringValue": str(message.sent_at_ms)}
    archived = {"DataType": "String", "StringValue": "1"}
    cause = {"DataType": "String", "StringValue": message.cause}
    attributes = {FIRST_SENT: first, ARCHIVED: archived, CORRELATION_ID: cause}
    return {"Id": name, "MessageBody": message.body, "MessageAttributes": attributes}


def show(found: Found) -> None:
    """Print what the archive holds."""
    if found.first_ms is not None and found.last_ms is not None:
        first, last = (format_instant(EPOCH + timedelta(milliseconds=ms)) for ms in (found.first_ms, found.last_ms))
        console.print(f"{found.calls:>8}  calls in {len(found.objects)} objects, first sent from {first} to {last}")
    if not found.refused:
        return
    for code, count in found.refused.most_common():
        console.print(f"{count:>8}  {code}")
    table = Table(box=None, header_style="bold")
    for name in ("code", "account", "call", "started", "why it is not sent"):
        table.add_column(name, overflow="fold")
    for row in found.rows:
        table.add_row(*map(escape, row))
    console.print(table)


def main() -> int:
    """Run `python -m ops.replay_calls --from MOMENT [--to MOMENT] [--yes]`, behind `make replay-calls`."""
    parser = argparse.ArgumentParser(prog="make replay-calls", description="Send archived calls to the queue again.")
    parser.add_argument("--from", dest="since", required=True, help="FROM=moment, for example 2026-11-23T10:00:00Z")
    parser.add_argument("--to", dest="until", help="TO=moment; by default, now")
    parser.add_argument("--yes", action="store_true", help="YES=1: do not ask for confirmation")
    arguments = parser.parse_args()
    now = clock.now().astimezone(UTC).replace(microsecond=0)
    since = parse_moment(arguments.since, "FROM")
    until = min(now, parse_moment(arguments.until, "TO") if arguments.until else now)
    if since > until:
        raise CommandError("FROM must be before TO, and not in the future.")
    stack = find_stack()
    archive, progress = Archive(stack), Progress(stack, since, until)
    found = look(archive, since, until, now)
    show(found)
    if not found.calls:
        console.print("The archive holds no call of this time that can be charged.")
        return 0
    sent = progress.sent()
    objects = [one for one in found.objects if one.key not in sent]
    if len(objects) < len(found.objects):
        console.print(
            f"{len(found.objects) - len(objects)} objects were sent by an interrupted run; it continues."
            f" To send all again, delete {progress.file}.",
            markup=False,
            soft_wrap=True,
        )
    question = f"Send the calls of {len(objects)} objects to the call queue of {stack.name}?"
    if not arguments.yes and not confirm(question):
        return 1
    try:
        count = send_all(stack, archive, objects, progress)
    except BaseException:
        same = f"make replay-calls FROM={arguments.since} TO={format_instant(until)}"
        console.print(f"To continue where it stopped, run: {same}", markup=False, soft_wrap=True)
        raise
    progress.end()
    console.print(f"{count} calls sent. Calls that were charged already change nothing.")
    return 0


if __name__ == "__main__":
    run(main)
