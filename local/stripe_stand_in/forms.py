"""Stripe's form encoding: `metadata[order]=1`, `expand[0]=customer` and `expand[]=customer` become nested fields of
texts.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from local.stripe_stand_in.refusals import Fields, bad_parameter

PART = re.compile(r"\[([^\[\]]*)\]")
NAME = re.compile(r"[^\[\]]+(\[[^\[\]]*\])*")


def parse(pairs: Iterable[tuple[str, str]]) -> Fields:
    """Parse the pairs of a form or a query into nested fields.

    Raises:
        Refusal: unpaired brackets, or one name for both a text and fields.
    """
    result: Fields = {}
    for name, value in pairs:
        if not NAME.fullmatch(name):
            raise bad_parameter(f"Invalid parameter name: {name}", "parameter_unknown", name)
        first = name.partition("[")[0]
        _place(result, [first, *PART.findall(name)], value, name)
    return {name: _lists(value) for name, value in result.items()}


def pairs_of(fields: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, str]]:
    """Yield the form pairs of nested Python values."""
    for key, value in fields.items():
        name = f"{prefix}[{key}]" if prefix else str(key)
        if isinstance(value, Mapping):
            yield from pairs_of(value, name)
        elif isinstance(value, list | tuple):
            yield from pairs_of({str(index): item for index, item in enumerate(value)}, name)
        elif isinstance(value, bool):
            yield name, "true" if value else "false"
        else:
            yield name, "" if value is None else str(value)


def _place(fields: Fields, parts: list[str], value: str, name: str) -> None:
    for part in parts[:-1]:
        fields = fields.setdefault(_key(fields, part), {})
        if not isinstance(fields, dict):
            raise bad_parameter(f"Invalid hash: {name} is also given as a text", None, name)
    last = _key(fields, parts[-1])
    if isinstance(fields.get(last), dict):
        raise bad_parameter(f"Invalid string: {name} is also given as fields", None, name)
    fields[last] = value


def _key(fields: Fields, part: str) -> str:
    # An empty index appends.
    return part or str(len(fields))


def _lists(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    if value and all(key.isdecimal() for key in value):
        return [_lists(value[key]) for key in sorted(value, key=int)]
    return {key: _lists(item) for key, item in value.items()}


def customer_in(params: Iterable[tuple[str, str]] | Mapping[str, Any]) -> str | None:
    """Return the customer that a request names in its form or query; None without one."""
    named = params if isinstance(params, Mapping) else dict(params)
    return named.get("customer")
