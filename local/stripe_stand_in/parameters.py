"""What an endpoint takes: each parameter has a kind that reads its text; anything unknown, missing or malformed is
refused with Stripe's code before anything is executed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from local.stripe_stand_in.refusals import (
    Fields,
    bad_parameter,
    empty_parameter,
    missing_parameter,
    unknown_parameter,
)

Kind = Callable[[Any, str], Any]
"""Reads a value; the second argument is the parameter's name, for the refusal."""

MAX_METADATA_KEYS: Final = 50
MAX_METADATA_KEY: Final = 40
MAX_METADATA_VALUE: Final = 500


@dataclass(frozen=True)
class Parameters:
    """The parameters of one endpoint; `expand` is always one of them."""

    kinds: Mapping[str, Kind] = field(default_factory=dict)
    required: tuple[str, ...] = ()

    def read(self, form: Fields) -> Fields:
        """The values by name; what was not sent is not there.

        Raises:
            Refusal: unknown, missing or malformed, in this order.
        """
        kinds = {**self.kinds, "expand": list_of(text)}
        for name in form:
            if name not in kinds:
                raise unknown_parameter(name)
        for name in self.required:
            if name not in form:
                raise missing_parameter(name)
        return {name: kinds[name](value, name) for name, value in form.items()}


def text(value: Any, name: str) -> str:
    """A text that is not empty."""
    if not isinstance(value, str):
        raise bad_parameter(f"Invalid string: {value}", None, name)
    if not value:
        raise empty_parameter(name)
    return value


def clearable_text(value: Any, name: str) -> str | None:
    """A text; the empty one unsets the field."""
    return None if value == "" else text(value, name)


def email(value: Any, name: str) -> str | None:
    """An e-mail address, or empty to unset it."""
    found = clearable_text(value, name)
    if found is not None and ("@" not in found[1:-1] or " " in found):
        raise bad_parameter(f"Invalid email address: {found}", "email_invalid", name)
    return found


def web_address(value: Any, name: str) -> str:
    """An absolute address."""
    found = text(value, name)
    if not found.startswith(("http://", "https://")):
        raise bad_parameter("Not a valid URL", "url_invalid", name)
    return found


def integer(value: Any, name: str) -> int:
    """A whole number."""
    found = text(value, name)
    if not found.removeprefix("-").isdecimal() or not found.isascii():
        raise bad_parameter(f"Invalid integer: {found}", "parameter_invalid_integer", name)
    return int(found)


def positive_integer(value: Any, name: str) -> int:
    """A whole number from 1."""
    found = integer(value, name)
    if found < 1:
        raise bad_parameter("This value must be greater than or equal to 1.", "parameter_invalid_integer", name)
    return found


def page_size(value: Any, name: str) -> int:
    """How many items a page has."""
    found = integer(value, name)
    if not 1 <= found <= 100:
        raise bad_parameter("The limit must be a number from 1 to 100.", "parameter_invalid_integer", name)
    return found


def boolean(value: Any, name: str) -> bool:
    """`true` or `false`."""
    found = text(value, name)
    if found not in ("true", "false"):
        raise bad_parameter(f"Invalid boolean: {found}", None, name)
    return found == "true"


def choice(*allowed: str) -> Kind:
    """One of a few words."""

    def read(value: Any, name: str) -> str:
        found = text(value, name)
        if found not in allowed:
            raise bad_parameter(f"Invalid {name}: must be one of {', '.join(allowed)}", None, name)
        return found

    return read


def list_of(kind: Kind) -> Kind:
    """A list, each item of the given kind; an empty text is the empty list."""

    def read(value: Any, name: str) -> list[Any]:
        if value == "":
            return []
        if not isinstance(value, list):
            raise bad_parameter("Invalid array", None, name)
        return [kind(item, f"{name}[{index}]") for index, item in enumerate(value)]

    return read


def fields(kinds: Mapping[str, Kind], required: tuple[str, ...] = ()) -> Kind:
    """Fields of their own, each with a kind."""

    def read(value: Any, name: str) -> Fields:
        if not isinstance(value, dict):
            raise bad_parameter("Invalid object", None, name)
        for key in value:
            if key not in kinds:
                raise unknown_parameter(f"{name}[{key}]")
        for key in required:
            if key not in value:
                raise missing_parameter(f"{name}[{key}]")
        return {key: kinds[key](item, f"{name}[{key}]") for key, item in value.items()}

    return read


def metadata(value: Any, name: str) -> dict[str, str] | None:
    """Key-value pairs; an empty value unsets its key, an empty text all of them (None)."""
    if value == "":
        return None
    # Keys that are all digits were read as a list.
    given = {str(index): item for index, item in enumerate(value)} if isinstance(value, list) else value
    if not isinstance(given, dict) or not all(isinstance(item, str) for item in given.values()):
        raise bad_parameter("Invalid object", None, name)
    if len(given) > MAX_METADATA_KEYS:
        raise bad_parameter(f"Metadata can have at most {MAX_METADATA_KEYS} keys", None, name)
    for key, item in given.items():
        if len(key) > MAX_METADATA_KEY or len(item) > MAX_METADATA_VALUE:
            message = f"Metadata keys have at most {MAX_METADATA_KEY} characters, values {MAX_METADATA_VALUE}"
            raise bad_parameter(message, None, f"{name}[{key[:MAX_METADATA_KEY]}]")
    return given


def instants(value: Any, name: str) -> dict[str, int]:
    """A Unix time, or a range of them with gt, gte, lt and lte."""
    if isinstance(value, str):
        return {"gte": integer(value, name), "lte": integer(value, name)}
    found: dict[str, int] = fields(dict.fromkeys(("gt", "gte", "lt", "lte"), integer))(value, name)
    return found


PAGING: Final[Mapping[str, Kind]] = {"limit": page_size, "starting_after": text, "ending_before": text}
"""What every list takes."""


def changed_metadata(before: dict[str, str], change: dict[str, str] | None) -> dict[str, str]:
    """Metadata after an update."""
    if change is None:
        return {}
    return {key: item for key, item in {**before, **change}.items() if item}
