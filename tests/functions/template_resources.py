"""The resources of the template, by type, by function, and by policy statement, for tests that assert on them."""

from collections.abc import Iterator
from typing import Any

from tests.functions.template import template

TEMPLATE = template()
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]


def of_type(kind: str) -> dict[str, Any]:
    """The resources of a type, by name."""
    return {name: resource for name, resource in RESOURCES.items() if resource["Type"] == kind}


def only(kind: str) -> Any:
    """The properties of the one resource of a type."""
    [resource] = of_type(kind).values()
    return resource["Properties"]


def words(value: object) -> Iterator[str]:
    """Every text within a value of the template."""
    if isinstance(value, dict):
        for part in value.values():
            yield from words(part)
    elif isinstance(value, list):
        for part in value:
            yield from words(part)
    else:
        yield str(value)


def functions() -> dict[str, Any]:
    """Every function's properties, by its folder."""
    return {
        resource["Properties"]["CodeUri"].strip("/").removeprefix("functions/"): resource["Properties"]
        for resource in of_type("AWS::Serverless::Function").values()
    }


def statements() -> list[tuple[str, Any]]:
    """Every statement of every function's policies."""
    found = []
    for folder, properties in functions().items():
        for policy in properties["Policies"]:
            assert isinstance(policy, dict), f"{folder} uses a managed policy, which is wider than it needs"
            found += [(folder, statement) for statement in policy["Statement"]]
    return found


def event_of(function: str) -> Any:
    """What wakes a function."""
    [event] = RESOURCES[function]["Properties"]["Events"].values()
    return event


def on_aws(value: Any) -> Any:
    """What a value of the template is where the stack is not local."""
    if isinstance(value, dict) and value.get("Fn::If", [None])[0] == "IsLocal":
        return value["Fn::If"][2]
    return value
