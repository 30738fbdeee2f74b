"""The building blocks of the contract's schemas: plain JSON Schema (draft 2020-12, as OpenAPI 3.1 uses it) in dicts.

A schema with a `title` becomes a component of the document under that name: `hoisted` puts a reference in its place.
Every other schema stays inline.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from calling_credit.categories import CATEGORY
from calling_credit.ids import ID_PATTERN
from calling_credit.numbering import E164_FORM

Schema = dict[str, Any]

MONEY: Final[Schema] = {
    "title": "Money",
    "type": "string",
    "pattern": r"^-?(0|[1-9][0-9]*)\.[0-9]{2,6}$",
    "description": "US dollars as a decimal string with two to six decimals.",
    "examples": ["25.00", "0.0123"],
}
INSTANT: Final[Schema] = {
    "title": "Instant",
    "type": "string",
    "format": "date-time",
    "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$",
    "description": "A moment in UTC (RFC 3339), to the millisecond.",
    "examples": ["2026-11-23T10:00:00.000Z"],
}
DATE: Final[Schema] = {
    "title": "Date",
    "type": "string",
    "format": "date",
    "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "description": "A calendar date in the account's time zone.",
    "examples": ["2026-11-23"],
}
ID: Final[Schema] = {
    "title": "Id",
    "type": "string",
    "pattern": ID_PATTERN,
    "description": "The id of an account, a line, or a user.",
    "examples": ["line_front_desk"],
}
CALL_KEY: Final[Schema] = {
    "title": "CallKey",
    "type": "string",
    "pattern": "^[A-Za-z0-9][A-Za-z0-9_.:@+-]{0,95}$",
    "description": "Names a call in paths: its `call_id`, or a hash of an unusual one.",
    "examples": ["c_7f3a91"],
}
PHONE_NUMBER: Final[Schema] = {
    "title": "PhoneNumber",
    "type": "string",
    "pattern": f"^{E164_FORM}$",
    "description": "A phone number in E.164 form.",
    "examples": ["+442071838750"],
}
CATEGORY_CODE: Final[Schema] = {
    "title": "CategoryCode",
    "type": "string",
    "pattern": f"^{CATEGORY.pattern}$",
    "examples": ["outbound_international_call"],
}
DOLLARS: Final[Schema] = {
    "title": "Dollars",
    "type": "string",
    "pattern": r"^(0|[1-9][0-9]{0,8})(\.[0-9]{1,2})?$",
    "description": "US dollars as a decimal string with at most two decimals.",
    "examples": ["25.00"],
}
COUNTRY: Final[Schema] = {
    "title": "Country",
    "type": "string",
    "pattern": "^([A-Z]{2}|001)$",
    "description": "ISO 3166-1 alpha-2, or 001 for global networks.",
    "examples": ["GB"],
}
TEXT: Final[Schema] = {"type": "string"}
FLAG: Final[Schema] = {"type": "boolean"}
COUNT: Final[Schema] = {"type": "integer", "minimum": 0}
URL: Final[Schema] = {"type": "string", "format": "uri"}
VERSION: Final[Schema] = COUNT | {
    "description": "Grows with each change of these settings.",
    "examples": [3],
}
MADE_FROM: Final[Schema] = {
    "type": ["integer", "null"],
    "minimum": 0,
    "description": "The version that this change was made from. If the settings have another one, and are not already "
    "what the change asks for, the answer is 409 `changed_meanwhile`. Without it the last write wins.",
}
LAST_FOUR: Final[Schema] = {"type": "string", "pattern": "^[0-9]{4}$", "description": "The card's last four digits."}
NEXT_CURSOR: Final[Schema] = {
    "type": ["string", "null"],
    "description": "Pass it as `cursor` to read the next page; null at the end of the list.",
}


def record(title: str, description: str, fields: Mapping[str, Schema], optional: Iterable[str] = ()) -> Schema:
    """Return an object of an answer: exactly these fields; the `optional` ones may be absent."""
    absent = set(optional)
    return {
        "title": title,
        "type": "object",
        "description": description,
        "properties": dict(fields),
        "required": [name for name in fields if name not in absent],
        "additionalProperties": False,
    }


def body(title: str, description: str, fields: Mapping[str, Schema], required: Iterable[str] = ()) -> Schema:
    """Return an object of a request. The API ignores unknown fields."""
    shape: Schema = {"title": title, "type": "object", "description": description, "properties": dict(fields)}
    return shape | ({"required": list(required)} if required else {})


def list_of(items: Schema, description: str = "") -> Schema:
    """Return a JSON array."""
    return {"type": "array", "items": items} | ({"description": description} if description else {})


def page_of(title: str, description: str, items: Schema) -> Schema:
    """Return a page of a list: `{items, next_cursor}`."""
    return record(title, description, {"items": list_of(items), "next_cursor": NEXT_CURSOR})


def one_of(codes: Iterable[str], description: str = "") -> Schema:
    """Return a text of a fixed set, in the order of the set."""
    return {"type": "string", "enum": list(map(str, codes))} | ({"description": description} if description else {})


def or_null(schema: Schema) -> Schema:
    """Return a schema that also permits null."""
    if "title" in schema or "ref" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    nullable = schema | {"type": [schema["type"], "null"]}
    return nullable | ({"enum": [*schema["enum"], None]} if "enum" in schema else {})


def described(schema: Schema, description: str, **more: Any) -> Schema:
    """Return the schema with its own description."""
    named = {"ref": schema} if "title" in schema else schema
    return named | {"description": description} | more


USER: Final = record(
    "UserName",
    "A user and the name that the operator gave them; null if the call event named no user.",
    {"id": or_null(ID), "name": or_null(TEXT)},
)


def hoisted(node: Any, components: dict[str, Schema]) -> Any:
    """Return the node with every titled schema moved to the components and referenced.

    Raises:
        ValueError: two different schemas have one title.
    """
    if isinstance(node, list):
        return [hoisted(part, components) for part in node]
    if not isinstance(node, Mapping):
        return node
    made = {name: hoisted(value, components) for name, value in node.items()}
    if "ref" in made:
        return {**made.pop("ref"), **made}
    if not ("title" in node and "type" in node and isinstance(node["type"], str)):
        return made
    title = made.pop("title")
    if components.setdefault(title, made) != made:
        raise ValueError(f"Two schemas are called {title}.")
    return {"$ref": f"#/components/schemas/{title}"}
