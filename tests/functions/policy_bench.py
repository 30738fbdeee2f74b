"""The actions and partitions of the table that a function's policy allows, and those of a request."""

from collections.abc import Iterator
from typing import Any

from tests.functions.policy_tables import TABLE
from tests.functions.template_resources import actions_of, statements

ACTIONS = {"Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}


def allowed(function: str) -> set[str]:
    """The actions on the table that a function's policy allows, `Query:sweep` for those on its index."""
    found = set()
    for statement in [statement for folder, statement in statements() if folder == function]:
        index = ":sweep" if "/index/sweep" in str(statement["Resource"]) else ""
        if index or statement["Resource"] == TABLE:
            found |= {f"{action.split(':')[1]}{index}" for action in actions_of(statement)}
    return found


def partitions_allowed(function: str, action: str) -> list[str]:
    """The patterns of the partitions on which a function may use an action."""
    return [
        pattern
        for folder, statement in statements()
        if folder == function and f"dynamodb:{action.partition(':')[0]}" in actions_of(statement)
        if ("/index/sweep" in str(statement["Resource"])) == action.endswith(":sweep")
        for pattern in statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"]
    ]


def checks_of(operation: str, parameters: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each action and partition of a request."""
    if operation == "TransactWriteItems":
        for kind, part in [pair for item in parameters["TransactItems"] for pair in item.items()]:
            yield ACTIONS[kind], (part.get("Key") or part["Item"])["PK"]["S"]
    elif operation == "BatchGetItem":
        for key in [key for table in parameters["RequestItems"].values() for key in table["Keys"]]:
            yield operation, key["PK"]["S"]
    elif operation == "Query":
        name = ":kind" if "IndexName" in parameters else ":pk"
        action = "Query:sweep" if "IndexName" in parameters else operation
        yield action, parameters["ExpressionAttributeValues"][name]["S"]
    else:
        yield operation, (parameters.get("Key") or parameters["Item"])["PK"]["S"]
