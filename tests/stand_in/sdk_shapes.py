"""Compares an object with its SDK class: required fields, allowed fields, and types of values."""

import typing
from collections.abc import Iterator
from typing import Any, ClassVar, ForwardRef, Literal, Union, get_args, get_origin

import stripe
import stripe.checkout
from stripe import StripeObject

ALIASES = {"CardResource": "Card", "DisputeResource": "Dispute"}
UNTYPED = "UntypedStripeObject"


def fields_of(cls: type[StripeObject]) -> dict[str, Any]:
    """The annotated fields of an SDK class."""
    found: dict[str, Any] = {}
    for base in reversed(cls.__mro__):
        if issubclass(base, StripeObject) and base is not StripeObject:
            found |= vars(base).get("__annotations__", {})
    return {name: kind for name, kind in found.items() if get_origin(kind) is not ClassVar}


def required_of(cls: type[StripeObject]) -> set[str]:
    """The fields that are never null and therefore required."""
    return {name for name, kind in fields_of(cls).items() if type(None) not in get_args(kind)}


def complaints(value: dict[str, Any], cls: type[StripeObject], path: str) -> Iterator[str]:
    """All differences of an object and its nested objects."""
    known = fields_of(cls)
    for name in sorted(required_of(cls) - value.keys()):
        yield f"{path}.{name} is missing"
    for name, item in value.items():
        if name not in known and not (name == "object" and cls is stripe.ListObject):
            yield f"{path}.{name} is not a field of {cls.__name__}"
        elif name in known:
            yield from misfits(item, known[name], f"{path}.{name}")


def misfits(value: Any, kind: Any, path: str) -> Iterator[str]:
    """The differences of a value from a type; empty if it matches."""
    kind = _named(kind)
    origin, arguments = get_origin(kind), get_args(kind)
    if kind is Any or isinstance(kind, typing.TypeVar):
        return
    if origin is Union:
        yield from _misfits_of_union(value, arguments, path)
    elif origin is list and isinstance(value, list):
        for index, item in enumerate(value):
            yield from misfits(item, arguments[0], f"{path}[{index}]")
    elif _is_class(origin or kind) and (origin or kind).__name__ != UNTYPED and isinstance(value, dict):
        yield from complaints(value, origin or kind, path)
    elif not _is_plain(value, kind):
        yield f"{path} is {value!r}, not {kind}"


def _misfits_of_union(value: Any, arguments: tuple[Any, ...], path: str) -> Iterator[str]:
    literals = [kind for kind in arguments if get_origin(kind) is Literal]
    if literals and isinstance(value, str):
        # The SDK allows future values; the stand-in must use those of its own version.
        yield from misfits(value, literals[0], path)
        return
    found = [list(misfits(value, kind, path)) for kind in arguments]
    if all(found):
        yield from max(found, key=len)


def _is_class(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, StripeObject)


def _named(kind: Any) -> Any:
    """The class of a forward reference; unchanged if the SDK does not export the name."""
    if not isinstance(kind, ForwardRef):
        return kind
    name = kind.__forward_arg__
    return getattr(stripe, ALIASES.get(name, name), None) or getattr(stripe.checkout, name, kind)


def _is_plain(value: Any, kind: Any) -> bool:
    if get_origin(kind) is Literal:
        return value in get_args(kind)
    if kind is type(None):
        return value is None
    if kind in (int, float):
        return isinstance(value, kind | int) and not isinstance(value, bool)
    if kind in (str, bool):
        return isinstance(value, kind)
    return getattr(get_origin(kind) or kind, "__name__", "") == UNTYPED and isinstance(value, dict)
