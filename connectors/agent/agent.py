#!/usr/bin/env python3
"""Take call records from a file, from standard input, or over HTTP; keep them on disk; send them to Calling Credit.

A record is accepted once it is in the spool and synchronized to the disk. It leaves the spool once the service has
answered for it, so it is sent at least once; the service charges a call once, however often it is sent. README.md
explains the options.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import csv
import email.utils
import fcntl
import hashlib
import hmac
import http.client
import http.server
import io
import ipaddress
import json
import logging
import os
import queue
import random
import re
import select
import signal
import socket
import ssl
import sys
import threading
import time
import urllib.parse
import zlib
from pathlib import Path
from typing import Any, Callable, NamedTuple

MAX_EVENTS = 100
MAX_BODY = 1_000_000
SEGMENT_BYTES = 4_000_000
MAX_LINES, CSV_COLUMNS = 10, range(16, 25)
"""How many lines a record of CSV may have, and how many columns one of several lines has."""
CHECKED_BYTES = 128
"""How many bytes before the remembered position are compared, to notice that the file is another one."""
FORMATS = ("freeswitch_json", "asterisk_csv", "kamailio_acc", "twilio_status", "telnyx_call")
FINAL_STATUSES = {"completed", "busy", "no-answer", "failed", "canceled"}
CONTENT_TYPES = {"asterisk_csv": "text/csv", "twilio_status": "application/x-www-form-urlencoded"}
EXIT_USAGE, EXIT_LOCKED, EXIT_SPOOL = 2, 3, 4
log = logging.getLogger("calling-credit-agent")


class SpoolFullError(Exception):
    """The spool cannot take the records now. None of them is accepted."""


class NoAnswerError(Exception):
    """The service did not answer, or not in full."""


class Record(NamedTuple):
    """One event as it is sent.

    `alone`: it is not sent together with others. `position`: where the reader of a file stands after it.
    """

    text: str
    format: str
    alone: bool = False
    position: dict[str, Any] | None = None


class Place(NamedTuple):
    """A place in the spool: a segment and a byte in it."""

    segment: int
    offset: int


class Batch(NamedTuple):
    """Records from the head of the spool with the place of each, and the place after the last."""

    records: list[Record]
    places: list[Place]
    end: Place


class Answer(NamedTuple):
    """An answer of the service."""

    status: int
    headers: dict[str, str]
    body: bytes


class Verdict(NamedTuple):
    """What an answer means for a batch: `taken`, `split` (a record in it is refused by the service), or `wait`."""

    action: str
    code: str = ""
    detail: str = ""
    rejected: tuple[dict[str, Any], ...] = ()
    seconds: float | None = None


def write_whole(path: Path, text: str) -> None:
    """Write a file so that a crash leaves the old content or the new one: write, synchronize, rename, synchronize."""
    new = path.with_name(f"{path.name}.new")
    with new.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    sync_folder(path.parent)


def sync_folder(path: Path) -> None:
    """Make created, renamed, and removed names durable."""
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def encode(record: Record) -> bytes:
    """A record as one line of a segment: a checksum and JSON. ASCII, so no other line break is in it."""
    text = json.dumps(record._asdict(), ensure_ascii=True).encode()
    return b"%08x %s\n" % (zlib.crc32(text), text)


def decode(line: bytes) -> Record | None:
    """The record of a line; None if the line is damaged."""
    if line[8:9] != b" " or not line.endswith(b"\n") or line[:8] != b"%08x" % zlib.crc32(line[9:-1]):
        return None
    return Record(**json.loads(line[9:-1]))


class Spool:
    """Records on disk, in order. Segments in `queue/` are only appended to; `sent.json` says up to where they are sent.

    Raises: BlockingIOError if another process uses the folder; OSError if it cannot be used.
    """

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder, self.limit = folder, limit
        self.queue, self.rejected = folder / "queue", folder / "rejected"
        for path in (folder, self.queue, self.rejected):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._lock_file = (folder / "lock").open("a")
        fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        self._state = folder / "sent.json"
        state = json.loads(self._state.read_text(encoding="utf-8")) if self._state.exists() else {}
        self._changed = threading.Condition()
        self._file: int | None = None
        self._current = state.get("segment", 0)
        self.sizes: dict[int, int] = {}
        for path in sorted(self.queue.glob("*.log")):
            if int(path.stem) < self._current:
                path.unlink()
            else:
                self.sizes[int(path.stem)] = path.stat().st_size
        self.head = Place(self._current, state.get("offset", 0))
        self._current = max([self._current, *self.sizes])
        self.position: dict[str, Any] | None = self._last_position() or state.get("position")

    def _path(self, segment: int) -> Path:
        return self.queue / f"{segment:012d}.log"

    def _last_position(self) -> dict[str, Any] | None:
        """The newest position of a file's reader that the segments hold."""
        for segment in sorted(self.sizes, reverse=True):
            with self._path(segment).open("rb") as file:
                marked = [decode(line) for line in file if b'"position": {' in line]
            positions = [record.position for record in marked if record and record.position]
            if positions:
                return positions[-1]
        return None

    def pending_bytes(self) -> int:
        """The bytes that wait to be sent."""
        with self._changed:
            return sum(self.sizes.values()) - (self.head.offset if self.head.segment in self.sizes else 0)

    def append(self, records: list[Record]) -> None:
        """Store records and return once they are on the disk. All of them or, with SpoolFullError, none."""
        data = b"".join(map(encode, records))
        with self._changed:
            if self.pending_bytes() + len(data) > self.limit:
                raise SpoolFullError(f"the spool holds its limit of {self.limit} bytes")
            try:
                self._write(data)
            except OSError as error:
                self._abandon()
                raise SpoolFullError(f"the spool cannot be written: {error.strerror}") from error
            for record in records:
                self.position = record.position or self.position
            self._changed.notify_all()

    def _write(self, data: bytes) -> None:
        if self._file is None or self.sizes[self._current] >= SEGMENT_BYTES:
            if self._file is not None:
                os.close(self._file)
                self._file = None
            self._file = os.open(self._path(self._current + 1), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            self._current += 1
            self.sizes[self._current] = 0
            sync_folder(self.queue)
        view = memoryview(data)
        while view:
            view = view[os.write(self._file, view) :]
        os.fsync(self._file)
        self.sizes[self._current] += len(data)

    def _abandon(self) -> None:
        """After a failed write: cut off what was written, and leave the segment. The next write begins another."""
        if self._file is None:
            return
        with contextlib.suppress(OSError):
            os.ftruncate(self._file, self.sizes[self._current])
        with contextlib.suppress(OSError):
            os.close(self._file)
        self._file = None
        if not self.sizes[self._current] and self._current != self.head.segment:
            with contextlib.suppress(OSError):
                self._path(self._current).unlink()
                del self.sizes[self._current]

    def batch(self, most: int) -> Batch:
        """Up to `most` records from the head that can be sent in one body."""
        with self._changed:
            sizes, place = dict(self.sizes), self.head
        batch = Batch([], [], place)
        size = 0
        for segment in sorted(number for number in sizes if number >= place.segment):
            offset = place.offset if segment == place.segment else 0
            with self._path(segment).open("rb") as file:
                file.seek(offset)
                while offset < sizes[segment]:
                    line = file.readline()
                    record = decode(line)
                    at, offset = Place(segment, offset), offset + len(line)
                    if record is None and line.endswith(b"\n"):
                        record = Record(line.decode("utf-8", "replace"), "damaged", alone=True)
                    if record is None or not record.text:  # A line that a crash cut off, or the mark of a position.
                        batch = batch if batch.records else batch._replace(end=Place(segment, offset))
                        continue
                    size += len(record.text) + 1
                    if batch.records and not fits(batch.records, record, most, size):
                        return batch
                    batch.records.append(record)
                    batch.places.append(at)
                    batch = batch._replace(end=Place(segment, offset))
        return batch

    def advance(self, place: Place) -> None:
        """Record that everything before `place` was sent, and remove segments without other records."""
        with self._changed:
            done = sorted(number for number in self.sizes if number < place.segment)
            if place.offset >= self.sizes.get(place.segment, 0) and place.segment < self._current:
                done.append(place.segment)
                place = Place(place.segment + 1, 0)
            state = {"segment": place.segment, "offset": place.offset, "position": self.position}
            write_whole(self._state, json.dumps(state))
            self.head = place
            for number in done:
                with contextlib.suppress(FileNotFoundError):
                    self._path(number).unlink()
                self.sizes.pop(number, None)
            self._changed.notify_all()

    def set_aside(self, place: Place, record: Record, rejection: dict[str, Any], part: int = 0) -> None:
        """Keep a rejected record with its code and detail. Its name is its place: a repetition writes the same file.

        `part`: which event of a record that holds several.
        """
        name = f"{place.segment:012d}-{place.offset:09d}-{part}.json"
        rejection = {"code": "", "detail": "", **rejection, "format": record.format, "record": record.text}
        write_whole(self.rejected / name, json.dumps(rejection, indent=1))

    def wait(self, seconds: float) -> None:
        """Wait until something changes, at most so long."""
        with self._changed:
            self._changed.wait(seconds)

    def wake(self) -> None:
        """End every wait."""
        with self._changed:
            self._changed.notify_all()


def fits(records: list[Record], record: Record, most: int, size: int) -> bool:
    """Whether a record can be sent in the body of the records before it."""
    return (
        len(records) < most
        and size <= MAX_BODY
        and record.format == records[0].format
        and not record.alone
        and not records[0].alone
    )


# ----------------------------------------------------------------------------------------------------------------------
# From a body to records
# ----------------------------------------------------------------------------------------------------------------------


def records_of(text: str, form: str) -> list[Record]:
    """The events of a body, each as one line. `cdr=…` of a switch, and CSV with a row of names, are sent alone."""
    text = text.strip()
    if form == "freeswitch_json" and text.startswith("cdr="):
        return [Record(re.sub(r"[\r\n]", "", text), form, alone=True)]
    names, _, rows = text.partition("\n")
    if form == "asterisk_csv" and "billsec" in names.lower():
        found = [record.text for record in records_of(rows, form)]
        parts = [found[start : start + MAX_EVENTS] for start in range(0, len(found), MAX_EVENTS)]
        return [Record("\n".join([names.strip(), *part]), form, alone=True) for part in parts]
    if form not in CONTENT_TYPES:
        with contextlib.suppress(ValueError, RecursionError):
            return [Record(re.sub(r"[\r\n]", " ", value), form) for value in json_values(text)]
    data = text.encode("utf-8", "surrogateescape")
    return [record for _, record in whole_records(data, form, is_last=True) if record]


def whole_records(data: bytes, form: str, *, is_last: bool) -> list[tuple[int, Record | None]]:
    """The records of whole lines, and how many bytes each takes; None for a blank line.

    `is_last`: nothing follows, so a line without an end is whole.
    """
    end = len(data) if is_last else data.rfind(b"\n") + 1
    lines = re.findall(rb"[^\n]*\n|[^\n]+", data[:end])
    records: list[tuple[int, Record | None]] = []
    start = 0
    while start < len(lines):
        count = lines_of_record(lines[start : start + MAX_LINES]) if form == "asterisk_csv" else 1
        if not count and not is_last and start + MAX_LINES > len(lines):
            break
        line = b"".join(lines[start : start + max(count, 1)])
        text = line.decode("utf-8", "surrogateescape").strip()
        records.append((len(line), Record(text, form) if text else None))
        start += max(count, 1)
    return records


def lines_of_record(lines: list[bytes]) -> int:
    """How many lines the first record of CSV has: up to where its quotes are closed; 0 if they are not closed yet."""
    quotes = 0
    for count, line in enumerate(lines, 1):
        quotes += line.count(b'"')
        if quotes % 2 == 0:
            text = b"".join(lines[:count]).decode("utf-8", "replace")
            cells = next(csv.reader(io.StringIO(text, newline="")), [])
            return count if count == 1 or len(cells) in CSV_COLUMNS else 1
    return 0


def json_values(text: str) -> list[str]:
    """The JSON values in a text as they are written there; of an array, its elements. ValueError if it is not JSON."""
    values, decoder, at = [], json.JSONDecoder(), skip_space(text, 0)
    while at < len(text):
        value, end = decoder.raw_decode(text, at)
        if isinstance(value, list):
            at = skip_space(text, at + 1)
            for _ in value:
                _, element_end = decoder.raw_decode(text, at)
                values.append(text[at:element_end])
                at = skip_space(text, skip_space(text, element_end) + 1)
        else:
            values.append(text[at:end])
        at = skip_space(text, end)
    return values


def skip_space(text: str, at: int) -> int:
    """The next place that is not white space."""
    while at < len(text) and text[at] in " \t\r\n":
        at += 1
    return at


# ----------------------------------------------------------------------------------------------------------------------
# To the service
# ----------------------------------------------------------------------------------------------------------------------


class Service:
    """The door of the service. TLS certificates are always verified, and redirects are never followed."""

    def __init__(self, url: str, key: Callable[[], str], ca_file: str | None) -> None:
        parts = urllib.parse.urlsplit(url)
        if parts.username or parts.password or parts.query or parts.fragment or not parts.hostname:
            raise ValueError("--url must be a URL without a user, a query, and a fragment")
        if parts.scheme != "https" and not (parts.scheme == "http" and is_loopback(parts.hostname)):
            raise ValueError("--url must begin with https://, because the key travels with each request")
        self.path, self.key = parts.path, key
        self._name = parts.netloc
        self._host = "127.0.0.1" if parts.hostname.endswith(LOCAL_NAMES) else parts.hostname
        self._port = parts.port
        self._tls = ssl.create_default_context(cafile=ca_file) if parts.scheme == "https" else None
        self._idle: queue.LifoQueue[http.client.HTTPConnection] = queue.LifoQueue()

    def _connect(self, timeout: float) -> http.client.HTTPConnection:
        if self._tls:
            return http.client.HTTPSConnection(self._host, self._port, timeout=timeout, context=self._tls)
        return http.client.HTTPConnection(self._host, self._port, timeout=timeout)

    def post(self, path: str, body: bytes, content_type: str, timeout: float = 35) -> Answer:
        """Send one request. NoAnswerError if no whole answer came: the service may or may not have taken the body."""
        while True:
            try:
                connection, is_used = self._idle.get_nowait(), True
            except queue.Empty:
                connection, is_used = self._connect(timeout), False
            try:
                return self._exchange(connection, path, body, content_type, timeout)
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                if not is_used or isinstance(error, socket.timeout):
                    raise NoAnswerError(f"{type(error).__name__}: {error}") from error

    def _exchange(
        self, connection: http.client.HTTPConnection, path: str, body: bytes, content_type: str, timeout: float
    ) -> Answer:
        headers = {"Authorization": f"Bearer {self.key()}", "Content-Type": content_type, "User-Agent": "cc-agent/1"}
        headers["Host"] = self._name
        if connection.sock:
            connection.sock.settimeout(timeout)
        connection.request("POST", path, body, headers)
        response = connection.getresponse()
        answer = Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        if response.isclosed():
            self._idle.put(connection)
        else:
            connection.close()
        return answer


LOCAL_NAMES = ".localhost"
"""The end of names that always mean this machine (RFC 6761, 6.3). Not every resolver knows them."""


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(host).is_loopback
    return host == "localhost" or host.endswith(LOCAL_NAMES)


def retry_after(answer: Answer, now: float) -> float | None:
    """The seconds that an answer asks to wait, at most ten minutes."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isdigit():
        return min(float(text), 600.0)
    with contextlib.suppress(TypeError, ValueError):
        return min(max(email.utils.parsedate_to_datetime(text).timestamp() - now, 0.0), 600.0)
    return None


def judge(answer: Answer, count: int, now: float) -> Verdict:
    """What to do after an answer to a body of `count` records. A body of one record may hold several events."""
    try:
        body = json.loads(answer.body)
    except (ValueError, RecursionError):
        body = None
    body = body if isinstance(body, dict) else {}
    code, detail = str(body.get("code", "")), str(body.get("detail", ""))
    if answer.status == 200 and isinstance(body.get("accepted"), int) and isinstance(body.get("rejected"), list):
        rejected = [item for item in body["rejected"] if isinstance(item, dict)]
        indexes = {item.get("index") for item in rejected}
        is_whole = body["accepted"] + len(indexes) == count and indexes <= set(range(count))
        if is_whole or (count == 1 and body["accepted"] + len(rejected) > 1):
            return Verdict("taken", rejected=tuple(rejected))
        return Verdict("split", "answer_mismatch", "The service answered for another number of events.")
    if answer.status == 413 or (answer.status in (400, 415, 422) and code and code != "unknown_format"):
        return Verdict("split", code or "body_too_large", detail)
    if answer.status in (401, 403):
        detail = "The service refuses the key. Set CALLING_CREDIT_KEY_FILE to a key of `make connector-key`."
        return Verdict("wait", "key_refused", detail, seconds=retry_after(answer, now))
    detail = detail or "Everything is kept and sent again."
    return Verdict("wait", code or f"status_{answer.status}", detail, seconds=retry_after(answer, now))


class Sender(threading.Thread):
    """Sends the spool's records in order, until each is answered for."""

    def __init__(self, spool: Spool, service: Service, stop: threading.Event, longest_wait: float) -> None:
        super().__init__(daemon=True)
        self._spool, self._service, self._stopping, self._longest = spool, service, stop, longest_wait
        self._most, self._failures, self._reported = MAX_EVENTS, 0, ("", 0.0)
        self.last_answer = "none yet"

    def run(self) -> None:
        """Send until stopped. No error ends it: it waits and tries again."""
        while not self._stopping.is_set():
            try:
                self._step()
            except NoAnswerError as error:
                self._back_off("no_answer", str(error), None)
            except OSError as error:
                self._back_off("spool_error", f"The spool cannot be read or written: {error.strerror}.", None)
            except Exception as error:  # noqa: BLE001 - the agent keeps its records and tries again
                self._back_off("error", repr(error), None)

    def _step(self) -> None:
        batch = self._spool.batch(self._most)
        if not batch.records:
            if batch.end != self._spool.head:
                self._spool.advance(batch.end)
            self._spool.wait(1.0)
            return
        first = batch.records[0]
        if first.format == "damaged":
            verdict = Verdict("split", "damaged_record", "The checksum of the record in the spool is wrong.")
        else:
            path = self._service.path + (f"?format={first.format}" if first.format else "")
            body = "\n".join(record.text for record in batch.records).encode("utf-8", "surrogateescape")
            content_type = CONTENT_TYPES.get(first.format, "application/x-ndjson")
            answer = self._service.post(path, body, content_type)
            verdict = judge(answer, len(batch.records), time.time())
        self.last_answer = verdict.code or verdict.action
        self._apply(batch, verdict)

    def _apply(self, batch: Batch, verdict: Verdict) -> None:
        if verdict.action == "wait":
            self._back_off(verdict.code, verdict.detail, verdict.seconds)
            return
        if verdict.action == "split" and len(batch.records) > 1:
            self._most = len(batch.records) // 2
            return
        rejected = verdict.rejected
        if verdict.action == "split":
            rejected = ({"index": 0, "call_id": None, "code": verdict.code, "detail": verdict.detail},)
        for number, item in enumerate(rejected):
            index, part = (item["index"], 0) if len(batch.records) > 1 else (0, number)
            self._spool.set_aside(batch.places[index], batch.records[index], item, part)
            log.warning("rejected: %s; the record is in %s", item.get("code"), self._spool.rejected)
        self._spool.advance(batch.end)
        if self._failures:
            log.info("the service answers again")
        self._failures, self._most = 0, min(self._most * 2, MAX_EVENTS)

    def _back_off(self, code: str, detail: str, seconds: float | None) -> None:
        self.last_answer = code
        now = time.monotonic()
        if self._reported[0] != code or now - self._reported[1] > 60:
            self._reported = (code, now)
            log.warning("not sent: %s: %s", code, detail)
        most = min(0.5 * 2 ** min(self._failures, 20), self._longest)
        self._failures += 1
        if self._failures > 3:  # A body that the service cannot take in time may be too long for it.
            self._most = max(1, self._most // 2)
        self._stopping.wait(max(seconds or 0.0, most * random.uniform(0.5, 1.0)))


# ----------------------------------------------------------------------------------------------------------------------
# From a file or standard input
# ----------------------------------------------------------------------------------------------------------------------


def keep(spool: Spool, records: list[Record], stop: threading.Event) -> bool:
    """Append records, and wait as long as the spool is full. False if the agent is stopped first."""
    is_waiting = False
    while records:
        try:
            spool.append(records[:50])
        except SpoolFullError as error:
            if not is_waiting:
                log.warning("reading waits: %s", error)
            is_waiting = True
            spool.wait(1.0)
            if stop.is_set():
                return False
        else:
            records = records[50:]
    return True


class Tail:
    """Reads lines of a growing file, follows its rotation and truncation, and remembers its position in the spool."""

    def __init__(self, settings: argparse.Namespace, spool: Spool, stop: threading.Event) -> None:
        self._path: Path = settings.file
        self._form, self._spool, self._stop = settings.format, spool, stop
        self._once, self._grace = settings.once, settings.rotation_grace
        self._file: int | None = None
        self._offset, self._check, self._left_at = 0, b"", 0.0
        position = spool.position
        if position is None and settings.skip_existing and self._path.exists():
            self._begin(self._path, self._path.stat().st_size)
        elif position is not None:
            self._resume(position)

    def _begin(self, path: Path, offset: int) -> None:
        """Read a file from an offset."""
        if self._file is not None:
            os.close(self._file)
        self._file, self._offset, self._left_at = os.open(path, os.O_RDONLY), offset, 0.0
        self._check = os.pread(self._file, CHECKED_BYTES, max(0, offset - CHECKED_BYTES))[: min(offset, CHECKED_BYTES)]
        keep(self._spool, [Record("", self._form, position=self._position(self._file))], self._stop)

    def _position(self, file: int) -> dict[str, Any]:
        about = os.fstat(file)
        check = hashlib.sha256(self._check).hexdigest()
        return {"device": about.st_dev, "inode": about.st_ino, "offset": self._offset, "check": check}

    def _resume(self, position: dict[str, Any]) -> None:
        """Continue at a remembered position: in the same file, in the file it was renamed to, or in a copy of it."""
        for path in [self._path, *self._rotated()]:
            with contextlib.suppress(OSError):
                about = path.stat()
                is_same = (about.st_dev, about.st_ino) == (position["device"], position["inode"])
                if (is_same or position["offset"]) and matches(path, position):
                    self._begin(path, position["offset"])
                    return
        if position["offset"] and position["offset"] > 0:
            log.warning(
                "the file that was read last is gone. Lines written to it since then are not sent: run the agent once"
                " with --once and --file naming its archived copy, and with another --spool"
            )
        if self._path.exists():
            self._begin(self._path, 0)

    def _rotated(self) -> list[Path]:
        """The files that rotation left beside the file, such as Master.csv.1 or Master.csv-20261129, oldest first."""
        name = re.compile(re.escape(self._path.name) + r"(?:[.-]\d+)+")
        with contextlib.suppress(OSError):
            found = [path for path in self._path.parent.iterdir() if name.fullmatch(path.name)]
            return sorted(found, key=lambda path: age(path.name[len(self._path.name) :]))
        return []

    def run(self) -> None:
        """Read until stopped; with `--once`, until the end of the file."""
        while not self._stop.is_set():
            try:
                has_read = self._step()
            except OSError as error:
                log.warning("%s cannot be read: %s", self._path, error.strerror)
                has_read = False
            if not has_read:
                if self._once and not self._left_at:
                    self._take(is_last=True)
                    return
                self._stop.wait(0.2)

    def _step(self) -> bool:
        """Read what is there. False if nothing is."""
        if self._file is None:
            if not self._path.exists():
                return False
            self._begin(self._path, 0)
            return True
        if os.pread(self._file, CHECKED_BYTES, self._offset - len(self._check))[: len(self._check)] != self._check:
            log.info("%s was truncated", self._path)
            self._truncated(self._position(self._file))
            return True
        if self._take(is_last=False):
            return True
        return self._follow(os.fstat(self._file))

    def _truncated(self, position: dict[str, Any]) -> None:
        """Read the rest from a copy that was made before, if there is one; then the file from its start."""
        copies = [path for path in self._rotated() if matches(path, position)]
        self._begin(copies[-1] if copies else self._path, self._offset if copies else 0)

    def _take(self, *, is_last: bool) -> bool:
        """Spool the whole lines that follow; if `is_last`, also a line without an end. False if there is none."""
        if self._file is None:
            return False
        data = os.pread(self._file, MAX_BODY, self._offset)
        found = whole_records(data, self._form, is_last=is_last)
        if not found and len(data) == MAX_BODY:
            found = whole_records(data, self._form, is_last=True)
        if not found:
            return False
        offset, check, records = self._offset, self._check, []
        for size, record in found:
            start = self._offset - offset
            self._check = (self._check + data[start : start + size])[-CHECKED_BYTES:]
            self._offset += size
            records += [record._replace(position=self._position(self._file))] if record else []
        if keep(self._spool, records, self._stop):
            return True
        self._offset, self._check = offset, check
        return False

    def _next_file(self) -> Path:
        """The file after the one that was read: the next rotated one, or the file itself."""
        about = os.fstat(self._file or 0)
        rotated = self._rotated()
        for index, path in enumerate(rotated):
            if path.stat().st_ino == about.st_ino:
                return [*rotated[index + 1 :], self._path][0]
        later = [path for path in rotated if path.stat().st_mtime_ns > about.st_mtime_ns]
        return [*later, self._path][0]

    def _follow(self, about: os.stat_result) -> bool:
        """Go to the next file once the path names another one, and the old one has been quiet for a while."""
        with contextlib.suppress(FileNotFoundError):
            now = self._path.stat()
            if (now.st_dev, now.st_ino) != (about.st_dev, about.st_ino):
                self._left_at = self._left_at or time.monotonic()
                if time.monotonic() - self._left_at < self._grace:
                    return False
                if not self._take(is_last=True) and self._stop.is_set():
                    return False
                self._begin(self._next_file(), 0)
                return True
        return False


def age(suffix: str) -> list[int]:
    """The order of rotated files, oldest first: `.2` before `.1`, and `-20261128` before `-20261129`."""
    return [-int(number) if len(number) < 4 else int(number) for number in re.findall(r"\d+", suffix)]


def matches(path: Path, position: dict[str, Any]) -> bool:
    """Whether the bytes before a position are those that were read there."""
    offset = int(position["offset"])
    start = max(0, offset - CHECKED_BYTES)
    with path.open("rb") as file:
        file.seek(start)
        data = file.read(offset - start)
    return len(data) == offset - start and hashlib.sha256(data).hexdigest() == position["check"]


def read_stdin(form: str, spool: Spool, stop: threading.Event) -> None:
    """Spool the lines of standard input until it ends."""
    rest = b""
    while not stop.is_set():
        if not select.select([0], [], [], 0.5)[0]:
            continue
        data = os.read(0, 65536)
        rest += data
        found = whole_records(rest, form, is_last=not data)
        rest = rest[sum(size for size, _ in found) :]
        if not keep(spool, [record for _, record in found if record], stop) or not data:
            return


# ----------------------------------------------------------------------------------------------------------------------
# Over HTTP
# ----------------------------------------------------------------------------------------------------------------------


def twilio_signature(token: str, url: str, parameters: list[tuple[str, str]]) -> str:
    """The signature of a request by Twilio: HMAC-SHA1 over the URL and the sorted parameters, in Base64.

    Source: https://www.twilio.com/docs/usage/security#validating-requests.
    """
    text = url + "".join(name + value for name, value in sorted(set(parameters)))
    return base64.b64encode(hmac.new(token.encode(), text.encode(), "sha1").digest()).decode()


def signed_urls(public_url: str, target: str) -> list[str]:
    """The URLs that Twilio may have signed for a request: with and without the standard port."""
    parts = urllib.parse.urlsplit(public_url)
    host = parts.hostname or ""
    port = 443 if parts.scheme == "https" else 80
    hosts = {parts.netloc, host, f"{host}:{port}"} if parts.port in (None, port) else {parts.netloc, host}
    return [f"{parts.scheme}://{name}{parts.path.rstrip('/')}{target}" for name in sorted(hosts)]


class Handler(http.server.BaseHTTPRequestHandler):
    """Answers `POST /events`, `POST /authorize`, and `GET /health`."""

    protocol_version = "HTTP/1.1"
    server_version, sys_version = "calling-credit-agent", ""
    timeout = 30
    disable_nagle_algorithm = True  # An answer has two parts; a switch must not wait 40 ms for the second.
    server: Listener

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name in the base class
        """Requests are not logged: they hold phone numbers."""

    def _answer(self, status: int, body: dict[str, Any] | bytes, **headers: str) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": "application/json", **headers}.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self) -> None:
        """Health: 200, or 503 if the spool takes nothing."""
        server = self.server
        if urllib.parse.urlsplit(self.path).path != "/health":
            return self._answer(404, {"code": "not_found", "detail": "Ask for /health."})
        pending, limit = server.spool.pending_bytes(), server.spool.limit
        rejected = sum(1 for path in server.spool.rejected.iterdir() if path.suffix == ".json")
        health = {"pending_bytes": pending, "limit_bytes": limit, "rejected": rejected}
        return self._answer(
            503 if pending >= limit * 0.95 else 200, {**health, "last_answer": server.sender.last_answer}
        )

    def do_POST(self) -> None:
        """Take events, or ask for a call."""
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > MAX_BODY:
            self.close_connection = True
            self._skip(int(length) if length.isdigit() else 0)
            return self._answer(413, {"code": "body_too_large", "detail": f"Send 1 to {MAX_BODY} bytes."})
        body = self.rfile.read(int(length))
        if len(body) < int(length):
            self.close_connection = True
            return None
        text = body.decode("utf-8", "surrogateescape")
        path = urllib.parse.urlsplit(self.path)
        if not self._is_allowed(text):
            return self._answer(403, {"code": "not_allowed", "detail": "The signature or the secret is wrong."})
        if path.path == "/events":
            return self._events(text, urllib.parse.parse_qs(path.query).get("format", [self.server.form])[0])
        if path.path == "/authorize" and self.server.authorize_path:
            return self._authorize(body)
        return self._answer(404, {"code": "not_found", "detail": "Send events to /events."})

    def _skip(self, length: int) -> None:
        """Read a body that is too large, up to a limit: many senders read no answer before they have sent it."""
        left = min(length, 16 * MAX_BODY)
        while left > 0:
            part = self.rfile.read(min(left, 65_536))
            if not part:
                return
            left -= len(part)

    def _is_allowed(self, text: str) -> bool:
        server = self.server
        if server.twilio_token:
            given = self.headers.get("X-Twilio-Signature", "")
            parameters = urllib.parse.parse_qsl(text, keep_blank_values=True)
            urls = signed_urls(server.public_url, self.path)
            made = [twilio_signature(server.twilio_token, url, parameters) for url in urls]
            return any(hmac.compare_digest(given.encode(), signature.encode()) for signature in made)
        if not server.secret:
            return True
        scheme, _, given = self.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "basic":
            with contextlib.suppress(ValueError):
                given = base64.b64decode(given, validate=True).decode("utf-8", "replace").partition(":")[2]
        return hmac.compare_digest(given.strip().encode("utf-8", "surrogateescape"), server.secret.encode())

    def _events(self, text: str, form: str) -> None:
        if form and form not in FORMATS:
            return self._answer(422, {"code": "unknown_format", "detail": f"The formats are {', '.join(FORMATS)}."})
        if self.server.twilio_token and not is_final(text):
            return self._answer(204, b"")
        records = records_of(text, form)
        if not records:
            return self._answer(422, {"code": "no_events", "detail": "The body holds no event."})
        try:
            self.server.spool.append(records)
        except SpoolFullError as error:
            return self._answer(503, {"code": "spool_full", "detail": f"Send it again: {error}."}, Retry_After="5")
        return self._answer(202, {"spooled": len(records)})

    def _authorize(self, body: bytes) -> None:
        """Pass a question to the service with the key, over verified TLS, and its answer back."""
        try:
            answer = self.server.service.post(self.server.authorize_path, body, "application/json", timeout=3)
        except NoAnswerError:
            return self._answer(503, {"code": "no_answer", "detail": "The service did not answer."}, Retry_After="1")
        headers = {"Retry_After": answer.headers["retry-after"]} if "retry-after" in answer.headers else {}
        return self._answer(answer.status, answer.body, **headers)


def is_final(text: str) -> bool:
    """Whether a status callback says that the call has ended. An earlier status must not release the call's hold."""
    return dict(urllib.parse.parse_qsl(text)).get("CallStatus", "completed") in FINAL_STATUSES


class Listener(http.server.ThreadingHTTPServer):
    """The HTTP input."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], spool: Spool, sender: Sender, service: Service) -> None:
        super().__init__(address, Handler)
        self.spool, self.sender, self.service = spool, sender, service
        self.form = self.secret = self.twilio_token = self.public_url = ""
        is_events = service.path.endswith("/events")
        self.authorize_path = f"{service.path[: -len('/events')]}/authorize" if is_events else ""

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ARG002 - the names in the base class
        """A connection that breaks is no event: its sender has no answer and sends again."""
        log.debug("a connection broke")


# ----------------------------------------------------------------------------------------------------------------------
# The program
# ----------------------------------------------------------------------------------------------------------------------


def secret(name: str) -> str:
    """A secret from the environment or from the file that it names; "" if there is none. ValueError if it is odd."""
    text = os.environ.get(name, "")
    path = os.environ.get(f"{name}_FILE", "")
    if path:
        text = Path(path).read_text(encoding="utf-8")
    text = text.strip()
    if not re.fullmatch(r"[\x21-\x7e]*", text):
        raise ValueError(f"{name} must be one word of printable ASCII characters")
    return text


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The settings of the command line."""
    parser = argparse.ArgumentParser(description="Spool call records and send them to Calling Credit.")
    parser.add_argument("--url", required=True, help="https://…/connector/calls/events")
    parser.add_argument("--spool", required=True, type=Path, help="the folder that keeps the records")
    parser.add_argument("--format", default="", choices=("", *FORMATS), help="of the records; none: call events")
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument("--file", type=Path, help="read lines of this file as it grows")
    source.add_argument("--stdin", action="store_true", help="read lines of standard input; end when all are sent")
    source.add_argument("--listen", metavar="HOST:PORT", help="take records over HTTP")
    parser.add_argument("--once", action="store_true", help="with --file: end when the file is read and sent")
    parser.add_argument(
        "--skip-existing", action="store_true", help="with --file: at the first start, begin at its end"
    )
    parser.add_argument("--twilio", action="store_true", help="with --listen: take status callbacks of Twilio only")
    parser.add_argument("--public-url", default="", help="with --twilio: the URL that Twilio calls, up to the host")
    parser.add_argument("--ca-file", help="certificates to trust instead of the system's")
    parser.add_argument("--limit-mb", type=float, default=1000.0, help="refuse records beyond this size (1000)")
    parser.add_argument("--longest-wait", type=float, default=60.0, help="seconds between two attempts (60)")
    parser.add_argument("--rotation-grace", type=float, default=5.0, help="seconds to read on in a renamed file (5)")
    settings = parser.parse_args(arguments)
    if settings.twilio and not (settings.listen and settings.public_url):
        parser.error("--twilio needs --listen and --public-url")
    if settings.twilio:
        settings.format = "twilio_status"
    return settings


def listen(settings: argparse.Namespace, spool: Spool, sender: Sender, service: Service) -> Listener:
    """Open the HTTP input. ValueError if it would be open to others."""
    host, _, port = settings.listen.rpartition(":")
    agent_secret = secret("CALLING_CREDIT_AGENT_SECRET")
    token = secret("TWILIO_AUTH_TOKEN") if settings.twilio else ""
    if settings.twilio and not token:
        raise ValueError("--twilio needs the account's auth token in TWILIO_AUTH_TOKEN or TWILIO_AUTH_TOKEN_FILE")
    if not is_loopback(host) and not token and not agent_secret:
        raise ValueError("listening beyond this machine needs a secret in CALLING_CREDIT_AGENT_SECRET, or --twilio")
    listener = Listener((host, int(port)), spool, sender, service)
    listener.form, listener.public_url = settings.format, settings.public_url
    listener.secret, listener.twilio_token = agent_secret, token
    return listener


def work(settings: argparse.Namespace, spool: Spool, service: Service) -> None:
    """Take and send records until a signal, or until the input has ended and everything is sent."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    sender = Sender(spool, service, stop, settings.longest_wait)
    listener = listen(settings, spool, sender, service) if settings.listen else None
    sender.start()
    log.info("started; %d bytes wait in the spool", spool.pending_bytes())
    if listener:
        threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True).start()
        log.info("listening on port %d", listener.server_port)
        stop.wait()
        listener.shutdown()
    elif settings.stdin:
        read_stdin(settings.format, spool, stop)
    else:
        Tail(settings, spool, stop).run()
    while not stop.is_set() and spool.pending_bytes():
        spool.wait(0.2)
    stop.set()
    spool.wake()
    sender.join(10)
    log.info("stopped; %d bytes wait in the spool", spool.pending_bytes())


def main(arguments: list[str] | None = None) -> int:
    """Run the agent; the exit codes are those of README.md."""
    os.umask(0o077)
    settings = parse(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    try:
        if not secret("CALLING_CREDIT_KEY"):
            raise ValueError("the key is missing: set CALLING_CREDIT_KEY or CALLING_CREDIT_KEY_FILE")
        service = Service(settings.url, lambda: secret("CALLING_CREDIT_KEY"), settings.ca_file)
        spool = Spool(settings.spool, int(settings.limit_mb * 1_000_000))
    except BlockingIOError:
        log.error("another agent uses this spool: stop it, or choose another --spool")
        return EXIT_LOCKED
    except (ValueError, ssl.SSLError) as error:
        log.error("%s", error)
        return EXIT_USAGE
    except OSError as error:
        log.error("the spool, the key's file, or the certificates cannot be used: %s", error)
        return EXIT_SPOOL
    try:
        work(settings, spool, service)
    except (ValueError, OSError) as error:
        log.error("%s", error)
        return EXIT_USAGE
    return 0


if __name__ == "__main__":
    sys.exit(main())
