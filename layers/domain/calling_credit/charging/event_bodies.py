"""Reads the body of a request that reports finished calls: one event, an array of events, one event a line, or the
records of another system.
"""

import json
from collections.abc import Iterator
from typing import Any, Final, TypeVar

from pydantic_core import from_json

from calling_credit.call_events import MALFORMED, read_object
from calling_credit.charging.formats.readers import READERS, Format
from calling_credit.charging.formats.records import Item
from calling_credit.errors import BadRequest, InvalidValue, ProblemCode
from calling_credit.rejection_codes import Rejection
from calling_credit.unique_keys import find_duplicate_key

Event = dict[str, Any]
T = TypeVar("T")

MAX_BODY_BYTES: Final = 1024 * 1024
MAX_EVENTS: Final = 100
LINES: Final = ("application/x-ndjson", "application/ndjson", "application/jsonl", "application/x-jsonlines")
"""The content types of a body with one event a line."""
_BLANK: Final = " \t\r\n\ufeff"
_DECODER: Final = json.JSONDecoder(parse_int=str, parse_float=str)


def read_body(text: str, content_type: str, format_name: str | None) -> list[Item]:
    """Return the events of a body in a format, the native one if it is None.

    Raises:
        InvalidValue: unknown_format, no_events, too_many_events. BadRequest: malformed_json.
    """
    if format_name is not None and format_name not in set(Format):
        raise InvalidValue(ProblemCode.UNKNOWN_FORMAT, f"format must be one of {', '.join(Format)}, or be left out.")
    if format_name is None:
        items: list[Item] = [*read_events(text, content_type)]
    else:
        items = READERS[Format(format_name)](text.removeprefix("\ufeff"), content_type)
    if not items:
        raise InvalidValue(ProblemCode.NO_EVENTS, "The body holds no event; send at least one.")
    return limited(items)


def limited(events: list[T]) -> list[T]:
    """Return the events of one request.

    Raises:
        InvalidValue: `too_many_events`.
    """
    if len(events) > MAX_EVENTS:
        raise InvalidValue(ProblemCode.TOO_MANY_EVENTS, f"A request can have at most {MAX_EVENTS} events; send fewer.")
    return events


def read_events(text: str, content_type: str) -> list[Event | Rejection]:
    """Return the events of a body in order, unchecked, or why one of them cannot be read.

    A body that is no JSON document is read line by line if its content type says so, or if each line begins an object.
    Blank lines and a byte order mark count for nothing.

    Raises:
        BadRequest: `malformed_json`, not even lines can be told apart. InvalidValue: `too_many_events`.
    """
    text = text.strip(_BLANK)
    try:
        body = from_json(text.encode()) if text else []
    except ValueError:
        return [read_object(part) for part in limited(_parts(text, content_type))]
    if not isinstance(body, list):
        return [read_object(text)]
    if limited(body) and find_duplicate_key(text) is not None:
        return [read_object(part) for part in _elements(text)]
    return [event if isinstance(event, dict) else MALFORMED for event in body]


def _parts(text: str, content_type: str) -> list[str]:
    """The texts of the events of a body that is no valid document: one of them cannot be read."""
    try:
        return list(_elements(text))
    except (ValueError, RecursionError):
        lines = [line for line in (line.strip(_BLANK) for line in text.split("\n")) if line]
    is_lines = content_type.partition(";")[0].strip().lower() in LINES
    if is_lines or (len(lines) > 1 and all(line.startswith("{") for line in lines)):
        return lines
    raise BadRequest(
        ProblemCode.MALFORMED_JSON, "The body must be a JSON object, an array of them, or one object a line, in UTF-8."
    )


def _elements(text: str) -> Iterator[str]:
    """Yield the text of each element of an array.

    Raises:
        ValueError: the text is no array.
    """
    if text[:1] != "[":
        raise ValueError("no array")
    position = _after_blanks(text, 1)
    while True:
        _, end = _DECODER.raw_decode(text, position)
        yield text[position:end]
        position = _after_blanks(text, end)
        if text[position:] == "]":
            return
        if text[position : position + 1] != ",":
            raise ValueError("no array")
        position = _after_blanks(text, position + 1)


def _after_blanks(text: str, position: int) -> int:
    while text[position : position + 1] in tuple(" \t\r\n"):
        position += 1
    return position
