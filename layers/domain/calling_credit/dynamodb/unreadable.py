"""Items that cannot be read: an attribute is missing, or has another type or form than every release wrote.

A reader of many items decodes them one at a time. An unreadable item is reported, and the loop continues with the next.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import wraps
from typing import Any, Final, TypeVar

from calling_credit.dynamodb.attribute_types import find_wrong_type
from calling_credit.dynamodb.keys import kind_of
from calling_credit.errors import CallingCreditError, ProblemCode

T = TypeVar("T")
Stored = TypeVar("Stored")

OnUnreadable = Callable[["UnreadableItem"], None]
"""What a reader does with an unreadable item."""
DECODE_ERRORS: Final = (LookupError, ValueError, TypeError, AttributeError, ArithmeticError)
"""What the decoding of a damaged item raises."""


class UnreadableItem(CallingCreditError):  # noqa: N818 - it says what happened
    """A stored item cannot be read. Its detail is for customers, and names no key and no value.

    Attributes:
        key: partition and sort key.
        kind: the first word of the sort key (`keys.kind_of`).
        reason: the name of the attribute, or of the exception; never a value.
    """

    def __init__(self, key: tuple[str, str], kind: str, reason: str) -> None:
        super().__init__(
            ProblemCode.UNREADABLE_ITEM,
            "A stored record of this account cannot be read, so nothing was changed. Contact support and include the "
            "time. Support finds the record with make list-unrated KIND=unreadable.",
        )
        self.key = key
        self.kind = kind
        self.reason = reason


def decode_item(item: Mapping[str, Any], decode: Callable[[Any], T]) -> T:
    """Decode one item, given as attribute values or as plain values.

    Raises:
        UnreadableItem: an attribute is missing, or has a wrong type or form.
    """
    wrong = find_wrong_type(item)
    if wrong is not None:
        raise unreadable(item, wrong)
    try:
        return decode(item)
    except UnreadableItem:
        raise
    except (*DECODE_ERRORS, CallingCreditError) as error:
        raise unreadable(item, _reason(item, error)) from None


def decoder(decode: Callable[[Stored], T]) -> Callable[[Stored], T]:
    """Make a function that decodes one item raise UnreadableItem. An absent item (None) is passed on."""

    @wraps(decode)
    def decoded(item: Stored) -> T:
        return decode_item(item, decode) if isinstance(item, Mapping) else decode(item)

    return decoded


def readable(
    items: Iterable[dict[str, Any]],
    decode: Callable[[dict[str, Any]], T],
    on_unreadable: OnUnreadable,
) -> Iterator[T]:
    """Yield the decoded items. Hand each unreadable one to `on_unreadable`, and continue."""
    for item in items:
        try:
            decoded = decode_item(item, decode)
        except UnreadableItem as error:
            on_unreadable(error)
            continue
        yield decoded


def checked(check: Callable[[dict[str, Any]], object]) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """A decoder that leaves an item as it is, once `check`, such as its view, could read it."""

    def as_it_is(item: dict[str, Any]) -> dict[str, Any]:
        check(item)
        return item

    return as_it_is


def raise_unreadable(error: UnreadableItem) -> None:
    """Let a reader of one account fail, where a part of its items would be a wrong answer."""
    raise error


def ignore_unreadable(_: UnreadableItem) -> None:
    """Pass over an unreadable item that another reader reports."""


def unreadable(item: Mapping[str, Any], reason: str) -> UnreadableItem:
    """The error about one item."""
    pk, sk = (_text(item.get(name)) for name in ("PK", "SK"))
    return UnreadableItem((pk, sk), kind_of(sk), reason)


def _text(value: Any) -> str:
    text = value.get("S", "") if isinstance(value, Mapping) else value
    return text if isinstance(text, str) else ""


def _reason(item: Mapping[str, Any], error: Exception) -> str:
    """The missing attribute, if the error names it; else the error's class. A KeyError may also hold a value."""
    argument = re.search(r"missing .* arguments?: '(\w+)'", str(error)) if isinstance(error, TypeError) else None
    if argument is not None:
        return argument[1]
    name = error.args[0] if isinstance(error, KeyError) and error.args else None
    is_name = isinstance(name, str) and name.isidentifier() and name not in item and not _holds(item, name)
    return str(name) if is_name else type(error).__name__


def _holds(value: Any, text: str) -> bool:
    if isinstance(value, Mapping):
        return any(_holds(part, text) for part in value.values())
    return any(_holds(part, text) for part in value) if isinstance(value, list) else value == text
