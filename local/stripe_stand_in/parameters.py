"""The parameters of an endpoint. Each has a kind that parses its text. An unknown, missing, or malformed parameter is
refused with Stripe's code before the endpoint runs.
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
"""Parses a value; the second argument is the parameter's name, for the error."""

MAX_METADATA_KEYS: Final = 50
MAX_METADATA_KEY: Final = 40
MAX_METADATA_VALUE: Final = 500


@dataclass(frozen=True)
class Parameters:
    """The parameters of one endpoint; `expand` is always one of them."""

    kinds: Mapping[str, Kind] = field(default_factory=dict)
    required: tuple[str, ...] = ()

    def read(self, form: Fields) -> Fields:
        """Return the values by name; a parameter that was not sent is absent.

        Raises:
            Refusal: a parameter is unknown, missing, or malformed, checked in this order.
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
    """Parse a non-empty text."""
    if not isinstance(value, str):
        raise bad_parameter(f"Invalid string: {value}", None, name)
    if not value:
        raise empty_parameter(name)
    return value


def clearable_text(value: Any, name: str) -> str | None:
    """Parse a text; an empty one unsets the field."""
    return None if value == "" else text(value, name)


def email(value: Any, name: str) -> str | None:
    """Parse an e-mail address; an empty text unsets the field."""
    result = clearable_text(value, name)
    if result is not None and ("@" not in result[1:-1] or " " in result):
        raise bad_parameter(f"Invalid email address: {result}", "email_invalid", name)
    return result


def web_address(value: Any, name: str) -> str:
    """Parse an absolute URL."""
    result = text(value, name)
    if not result.startswith(("http://", "https://")):
        raise bad_parameter("Not a valid URL", "url_invalid", name)
    return result


def integer(value: Any, name: str) -> int:
    """Parse an integer."""
    result = text(value, name)
    if not result.removeprefix("-").isdecimal() or not result.isascii():
        raise bad_parameter(f"Invalid integer: {result}", "parameter_invalid_integer", name)
    return int(result)


def positive_integer(value: Any, name: str) -> int:
    """Parse an integer of at least 1."""
    result = integer(value, name)
    if result < 1:
        raise bad_parameter("This value must be greater than or equal to 1.", "parameter_invalid_integer", name)
    return result


def page_size(value: Any, name: str) -> int:
    """Parse the number of items on a page."""
    result = integer(value, name)
    if not 1 <= result <= 100:
        raise bad_parameter("The limit must be a number from 1 to 100.", "parameter_invalid_integer", name)
    return result


def boolean(value: Any, name: str) -> bool:
    """Parse `true` or `false`."""
    result = text(value, name)
    if result not in ("true", "false"):
        raise bad_parameter(f"Invalid boolean: {result}", None, name)
    return result == "true"


def choice(*allowed: str) -> Kind:
    """Return the kind that accepts only these texts."""

    def read(value: Any, name: str) -> str:
        result = text(value, name)
        if result not in allowed:
            raise bad_parameter(f"Invalid {name}: must be one of {', '.join(allowed)}", None, name)
        return result

    return read


def list_of(kind: Kind) -> Kind:
    """Return the kind of a list of the given kind; an empty text is the empty list."""

    def read(value: Any, name: str) -> list[Any]:
        if value == "":
            return []
        if not isinstance(value, list):
            raise bad_parameter("Invalid array", None, name)
        return [kind(item, f"{name}[{index}]") for index, item in enumerate(value)]

    return read


def fields(kinds: Mapping[str, Kind], required: tuple[str, ...] = ()) -> Kind:
    """Return the kind of nested fields, each with its own kind."""

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
    """Parse key-value pairs; an empty value unsets its key, an empty text unsets all keys (None)."""
    if value == "":
        return None
    # The form parser reads keys of digits only as a list.
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
    """Parse a Unix time, or a range with gt, gte, lt, and lte."""
    if isinstance(value, str):
        return {"gte": integer(value, name), "lte": integer(value, name)}
    result: dict[str, int] = fields(dict.fromkeys(("gt", "gte", "lt", "lte"), integer))(value, name)
    return result


PAGING: Final[Mapping[str, Kind]] = {"limit": page_size, "starting_after": text, "ending_before": text}
"""The parameters of every list."""


def merge_metadata(before: dict[str, str], change: dict[str, str] | None) -> dict[str, str]:
    """Return the metadata after an update."""
    if change is None:
        return {}
    return {key: item for key, item in {**before, **change}.items() if item}
