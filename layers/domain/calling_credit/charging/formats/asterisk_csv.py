"""Reads the CSV records of Asterisk (cdr_csv, `Master.csv`).

`call_id` is `uniqueid` of the channel that ran the dialplan, the one that AGI names `agi_uniqueid`. It is in the file
only with `loguniqueid=yes` in the section `[csv]` of cdr.conf. `billsec` counts, not end less answer. Times have no
zone: the connector key's zone applies, `UTC` with `usegmtime=yes`.

The dialplan may store the facts of the call in the user field (`loguserfield=yes`), as
`calling_credit:from=+12125550102&to=+442071838750`, with `account_id`, `line_id`, and `user_id` if it has them. The
account code is not read, because many switches use it for other purposes. Source: cdr_csv.c of Asterisk 13.
"""

import csv
import io
import re
from collections.abc import Iterator
from itertools import islice
from typing import Final

from calling_credit.charging.formats.fields import FieldError, Members, call_id_of, seconds_of, text_of
from calling_credit.charging.formats.records import (
    MAX_READ,
    MAX_RECORD,
    OWNERS,
    TOO_LARGE,
    Event,
    Item,
    build_event,
    read_each,
    stripped,
)
from calling_credit.charging.formats.times import CallTimes, clock_time
from calling_credit.rejection_codes import Rejection, RejectionCode, UnreadableRecord

_CORE: Final = [
    "accountcode",
    "src",
    "dst",
    "dcontext",
    "clid",
    "channel",
    "dstchannel",
    "lastapp",
    "lastdata",
    "start",
    "answer",
    "end",
    "duration",
    "billsec",
    "disposition",
    "amaflags",
]
"""The columns of every record."""
_NEW: Final = ["peeraccount", "linkedid", "sequence"]
"""The columns that `newcdrcolumns=yes` adds at the end."""
_MOST: Final = len(_CORE) + 2 + len(_NEW)
_MAX_LINES: Final = 50
"""How many lines a record with line breaks may have."""
_UNIQUE_ID: Final = re.compile(r"(?:.+-)?[0-9]{8,12}\.[0-9]+")
_CALLER_ID: Final = re.compile(r".*<([^<>]*)>", re.DOTALL)
_FACTS: Final = "calling_credit:"
_FIELDS: Final = {"from": "src", "to": "dst", "time": "answer", "duration": "billsec"}
_DISPOSITIONS: Final = {
    "ANSWERED": "answered",
    "NO ANSWER": "no_answer",
    "NOANSWER": "no_answer",
    "BUSY": "busy",
    "FAILED": "failed",
    "CONGESTION": "failed",
    "CANCEL": "canceled",
}
_MALFORMED: Final = Rejection(
    RejectionCode.MALFORMED_RECORD, f"A record of Asterisk has at least {len(_CORE)} columns, separated by commas."
)
_FORKED: Final = Rejection(
    RejectionCode.OTHER_LEG, "Another record of this call was answered; this one is of a device that was also rung."
)


def read_asterisk_csv(text: str, _content_type: str) -> list[Item]:
    """Return the events of the records of a body. A first row with the names of columns is no record."""
    rows = list(islice(_rows(stripped(text).replace("\r\n", "\n")), 1 + MAX_READ))
    names = [cell.strip().lower() for cell in rows[0]] if rows and isinstance(rows[0], list) else []
    if "billsec" in names and "disposition" in names:
        records = [row if isinstance(row, Rejection) else Members(zip(names, row, strict=False)) for row in rows[1:]]
    else:
        records = [row if isinstance(row, Rejection) else _named(row) for row in rows]
    return _without_forks(read_each(records, _call_id, _event))


def _rows(text: str) -> Iterator[list[str] | Rejection]:
    """Yield the cells of each record. A quote that is never closed spoils one line, not all that follow."""
    lines, start = text.split("\n"), 0
    while start < len(lines):
        if not stripped(lines[start]):
            start += 1
            continue
        count = _lines_of_record(lines, start)
        yield _cells("\n".join(lines[start : start + count]))
        start += count


def _lines_of_record(lines: list[str], start: int) -> int:
    """Return how many lines the record has that begins in this one: up to where its quotes are closed."""
    quotes = 0
    for count, line in enumerate(lines[start : start + _MAX_LINES], 1):
        quotes += line.count('"')
        if quotes % 2 == 0:
            if count == 1:
                return 1
            cells = _cells("\n".join(lines[start : start + count]))
            return count if isinstance(cells, list) and len(_CORE) <= len(cells) <= _MOST else 1
    return 1


def _cells(record: str) -> list[str] | Rejection:
    if len(record) > MAX_RECORD:
        return TOO_LARGE
    try:
        return next(csv.reader(io.StringIO(record, newline="")))
    except (csv.Error, StopIteration):
        return _MALFORMED


def _named(row: list[str]) -> Members | Rejection:
    """Return the cells by column. Which columns follow the sixteen of each record depends on cdr.conf.

    If only one of `uniqueid` and `userfield` is there, its form tells which.
    """
    if len(row) < len(_CORE):
        return _MALFORMED
    extra = row[len(_CORE) :]
    has_both = len(extra) not in (1, len(_NEW), 1 + len(_NEW))
    names = ["uniqueid"] if has_both or _UNIQUE_ID.fullmatch(extra[0].strip()) else []
    if has_both or len(extra) - len(names) in (1, 1 + len(_NEW)):
        names.append("userfield")
    return Members(zip(_CORE + names + _NEW, row, strict=False))


def _call_id(record: Members) -> str:
    unique_id = text_of(record, "uniqueid")
    if not unique_id:
        detail = "uniqueid is missing; set loguniqueid=yes in the section [csv] of cdr.conf."
        raise FieldError(RejectionCode.MISSING_FIELD, detail)
    return call_id_of(unique_id, "uniqueid")


def _event(record: Members, call_id: str) -> Event:
    facts = _facts(record)
    disposition = text_of(record, "disposition").upper().replace("_", " ")
    if disposition not in _DISPOSITIONS:
        detail = "disposition must be ANSWERED, NO ANSWER, BUSY, FAILED, or CONGESTION; correct the record."
        raise FieldError(RejectionCode.INVALID_DISPOSITION, detail)
    times = CallTimes(*(clock_time(text_of(record, name), name) for name in ("start", "answer", "end")))
    return build_event(
        call_id,
        (facts.get("from") or _source(record), facts.get("to") or text_of(record, "dst")),
        times,
        seconds_of(text_of(record, "billsec"), "billsec"),
        _DISPOSITIONS[disposition],
        fields=_FIELDS,
        owner={name: facts.get(name, "") for name in OWNERS},
    )


def _facts(record: Members) -> dict[str, str]:
    """Return the facts that the dialplan stored in the user field. A plus sign is a plus sign there."""
    prefix, found, facts = text_of(record, "userfield").partition(_FACTS)
    if not found or prefix:
        return {}
    pairs = (fact.partition("=") for fact in facts.split("&"))
    return {name.strip(): value.strip() for name, _, value in pairs}


def _source(record: Members) -> str:
    """Return the calling number; without one, the number in the caller id, such as `"Ana" <+12125550102>`."""
    source = text_of(record, "src")
    caller = None if source else _CALLER_ID.fullmatch(text_of(record, "clid"))
    return source if caller is None else caller[1].strip()


def _without_forks(items: list[Item]) -> list[Item]:
    """Return the items, but refuse unanswered records of a call that another record of the body says was answered.

    A dialplan that rings several devices writes one record for each. The unanswered ones are not the end of the call.
    """
    answered = {item["call_id"] for item in items if isinstance(item, dict) and item["disposition"] == "answered"}
    return [
        UnreadableRecord(item["call_id"], _FORKED)
        if isinstance(item, dict) and item["disposition"] != "answered" and item["call_id"] in answered
        else item
        for item in items
    ]
