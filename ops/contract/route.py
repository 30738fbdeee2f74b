"""The declaration of a route: its callers, parameters, body, and answers."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from calling_credit.api.resolver import DEFAULT_LIMIT, MAX_KEY_CHARACTERS, MAX_LIMIT
from ops.contract.schemas import Schema

JSON: Final = "application/json"
CSV: Final = "text/csv"
HTML: Final = "text/html"
PLAIN_TEXT: Final = "text/plain"


class Access(StrEnum):
    """The callers of a route."""

    ANYONE = "anyone"
    LINK = "link"
    STRIPE = "stripe"
    MEMBER = "member"
    ADMIN = "admin"
    OPERATOR = "operator"
    CREDIT = "credit"
    DESK = "desk"
    SWITCH = "switch"
    REPORTER = "reporter"
    CONNECTOR = "connector"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of the path, the query, or a header."""

    name: str
    place: str
    schema: Schema
    description: str
    required: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer for one status: a schema for each content type (None: no body), and its own headers."""

    description: str
    content: Mapping[str, Schema] = field(default_factory=dict)
    headers: Mapping[str, tuple[str, Schema]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """One route. `codes` are the problem codes of its own; the document adds those that `access`, `body`, and the
    parameters imply. `text_bodies` are the content types of a body that is no
    single JSON document. `body_example` is a whole body that is valid. `answers` are the answers that are no problems.
    """

    method: str
    path: str
    function: str
    access: Access
    group: str
    summary: str
    answers: Mapping[int, Answer]
    codes: tuple[str, ...] = ()
    description: str = ""
    parameters: tuple[Parameter, ...] = ()
    body: Schema | None = None
    body_example: Mapping[str, object] | None = None
    body_required: bool = True
    text_bodies: tuple[str, ...] = ()
    is_problem_json: bool = True

    @property
    def key(self) -> str:
        """The route in the notation of API Gateway: `GET /top-ups/{top_up_id}`."""
        return f"{self.method} {self.path}"


def ok(schema: Schema, description: str) -> Answer:
    """Return an answer in JSON."""
    return Answer(description, {JSON: schema})


def member_read(
    address: str,
    function: str,
    group: str,
    summary: str,
    answer: Answer,
    codes: tuple[str, ...] = (),
    description: str = "",
    parameters: tuple[Parameter, ...] = (),
) -> Route:
    """Return a GET that every user of an account may send."""
    return Route("GET", address, function, Access.MEMBER, group, summary, {200: answer}, codes, description, parameters)


def path(name: str, schema: Schema, description: str) -> Parameter:
    """Return a parameter in the path."""
    return Parameter(name, "path", schema, description, required=True)


def query(name: str, schema: Schema, description: str) -> Parameter:
    """Return an optional query parameter."""
    return Parameter(name, "query", schema, description)


CURSOR: Final = query("cursor", {"type": "string"}, "The `next_cursor` of the page before, with the same filters.")


def limit(most: int = MAX_LIMIT, default: int = DEFAULT_LIMIT) -> Parameter:
    """Return the parameter for the number of items of a page."""
    schema: Schema = {"type": "integer", "minimum": 1, "maximum": most, "default": default}
    return query("limit", schema, "The number of items on a page.")


PAGE: Final = (CURSOR, limit())
PAGE_CODES: Final = ("invalid_cursor", "invalid_limit")

IDEMPOTENCY_KEY: Final = Parameter(
    "Idempotency-Key",
    "header",
    {"type": "string", "minLength": 1, "maxLength": MAX_KEY_CHARACTERS, "pattern": "^[ -~]+$"},
    "A key of your choice for this request. Send the same key with a retry: the API does the work once and answers "
    "with the same result.",
    required=True,
)
