"""Gives the emulator the condition keys and actions that this application's policies use and that it lacks, so that it
enforces them as AWS does:

- `dynamodb:LeadingKeys`: the partition keys that a request names, in a transaction those of each action on its own.
  Scans and PartiQL name none.
- `dynamodb:Attributes`: the attributes that an update names in its key and expressions.
- `sqs:SendMessage`: the action of a batch of messages, too. IAM knows no `sqs:SendMessageBatch`.
- `events:source`: the sources of the events that a request puts on a bus.
- `ses:FromAddress`: the sender of a mail, without its display name.
"""

import json
import re
from collections.abc import Iterator, Mapping
from email.utils import parseaddr
from typing import Any, Final

from ministack.core import iam_actions, iam_evaluator
from ministack.services import dynamodb

HASH_KEY: Final = "HASH"
OF_BATCHES: Final = {"sqs:SendMessageBatch": "sqs:SendMessage", "sqs:DeleteMessageBatch": "sqs:DeleteMessage"}
"""The actions that IAM checks for batches."""
ATTRIBUTE: Final = re.compile(r"(?<![:\w])#?[A-Za-z_]\w*")
ACTIONS: Final = {"ADD", "DELETE", "REMOVE", "SET"}
OPERATORS: Final = {"AND", "BETWEEN", "IN", "NOT", "OR"}
CALLS: Final = {"attribute_exists", "attribute_not_exists", "attribute_type", "begins_with", "contains", "size"}
NO_ATTRIBUTES: Final = {*ACTIONS, *OPERATORS, *CALLS, "if_not_exists", "list_append"}
"""The words of expressions that name no attribute."""
EQUALITY: Final = re.compile(r"([#\w]+)\s*=\s*(:\w+)")


class Arn(str):
    """The ARN of a checked resource, with the condition keys of the request."""

    __slots__ = ("context",)
    context: dict[str, list[str] | str]

    def __new__(cls, arn: str, context: dict[str, list[str] | str]) -> "Arn":
        """Attach the condition keys to an ARN."""
        made = super().__new__(cls, arn)
        made.context = context
        return made


def parse(body: bytes) -> Mapping[str, Any]:
    """The JSON object of a request; an empty one if it is none."""
    try:
        parsed = json.loads(body or b"{}")
    except ValueError:
        return {}
    return parsed if isinstance(parsed, dict) else {}


def hash_key(table: str, index: str | None = None) -> str:
    """The name of the partition key of a table or index."""
    description = dynamodb._tables.get(table) or {}  # noqa: SLF001 - the emulator's own store
    indexes = {one["IndexName"]: one for one in description.get("GlobalSecondaryIndexes") or ()}
    schema = indexes.get(index, description).get("KeySchema") or ()
    return next((str(part["AttributeName"]) for part in schema if part["KeyType"] == HASH_KEY), "")


def leading_keys(action: str, request: Mapping[str, Any]) -> list[str]:
    """The partition keys that a request, or one action of a transaction, names."""
    if action in ("BatchGetItem", "BatchWriteItem"):
        parts = [(table, key) for table, part in request["RequestItems"].items() for key in _keys_of(part)]
        return [_text(key, hash_key(table)) for table, key in parts]
    table, index = str(request.get("TableName", "")), request.get("IndexName")
    if action == "Query":
        names, values = request.get("ExpressionAttributeNames") or {}, request.get("ExpressionAttributeValues") or {}
        equal = EQUALITY.findall(str(request.get("KeyConditionExpression", "")))
        return [str(values[value]["S"]) for name, value in equal if names.get(name, name) == hash_key(table, index)]
    key = request.get("Key") or request.get("Item")
    return [] if key is None else [_text(key, hash_key(table))]


def attributes(request: Mapping[str, Any]) -> list[str]:
    """The attributes that an update names: those of its key, and those in its expressions."""
    names = request.get("ExpressionAttributeNames") or {}
    text = f"{request.get('UpdateExpression') or ''} {request.get('ConditionExpression') or ''}"
    words = {names.get(word, word) for word in ATTRIBUTE.findall(text) if word not in NO_ATTRIBUTES}
    return sorted({*words, *(request.get("Key") or {})})


def keys_of_table(action: str, request: Mapping[str, Any]) -> dict[str, list[str] | str]:
    """The added condition keys of a request to a table, or of one action of a transaction."""
    keys = {"dynamodb:LeadingKeys": leading_keys(action, request)}
    if action == "UpdateItem":
        keys["dynamodb:Attributes"] = attributes(request)
    return {name: values for name, values in keys.items() if values}


def _keys_of(part: Any) -> Iterator[Mapping[str, Any]]:
    if isinstance(part, dict):
        yield from part["Keys"]
        return
    for write in part:
        yield write["PutRequest"]["Item"] if "PutRequest" in write else write["DeleteRequest"]["Key"]


def _text(key: Mapping[str, Any], name: str) -> str:
    return str(key.get(name, {}).get("S", ""))


def context_of(service: str, action: str, body: bytes) -> dict[str, list[str] | str]:
    """The added condition keys of a request."""
    operation, request = action.partition(":")[2], parse(body)
    if service == "dynamodb":
        return keys_of_table(operation, request)
    if service == "events" and operation == "PutEvents":
        return {"events:source": sorted({str(entry.get("Source", "")) for entry in request.get("Entries", ())})}
    return {}


def checks_of_transaction(body: bytes, checks: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The emulator's checks of a transaction, each with the partition key of its action."""
    parts = [part for item in parse(body).get("TransactItems", ()) for part in item.values()]
    return [
        (checked, Arn(arn, keys_of_table(checked.partition(":")[2] or checked, part)))
        for (checked, arn), part in zip(checks, parts, strict=True)
    ]


def mail_resource(resource: str, body: bytes) -> str:
    """The resource of a request to SES, with the sender's address if it sends a mail."""
    address = parseaddr(str(parse(body).get("FromEmailAddress") or ""))[1]
    return Arn(resource, {"ses:FromAddress": address}) if address else resource


def install() -> None:
    """Put the keys into the emulator's evaluation."""
    tags, transaction, resource = (
        iam_actions.request_tag_context,
        iam_actions.dynamodb_transaction_checks,
        iam_actions.extract_resource_arn,
    )
    enforce, action_of = iam_evaluator.enforce, iam_actions.extract_iam_action

    def action_of_batches(*arguments: Any, **options: Any) -> str | None:
        found: str | None = action_of(*arguments, **options)
        return OF_BATCHES.get(found or "", found)

    def context_with_keys(service: str, action: str, body: bytes, params: Any) -> dict[str, Any]:
        return {**tags(service, action, body, params), **context_of(service, action, body)}

    def checks_with_keys(action: str, body: bytes, region: str, account: str) -> list[tuple[str, str]]:
        return checks_of_transaction(body, transaction(action, body, region, account))

    def resource_with_sender(service: str, method: str, path: str, headers: Any, body: bytes, *more: Any) -> str:
        found = str(resource(service, method, path, headers, body, *more))
        return mail_resource(found, body) if service == "ses" else found

    def enforce_with_keys(*arguments: Any, **options: Any) -> Any:
        if isinstance(arn := options.get("resource_arn"), Arn):
            options["service_context"] = {**(options.get("service_context") or {}), **arn.context}
        return enforce(*arguments, **options)

    iam_actions.extract_iam_action = action_of_batches
    iam_actions.request_tag_context = context_with_keys
    iam_actions.dynamodb_transaction_checks = checks_with_keys
    iam_actions.extract_resource_arn = resource_with_sender
    iam_evaluator.enforce = enforce_with_keys
