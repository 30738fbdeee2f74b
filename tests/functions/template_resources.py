"""The resources of the template, by type, by function, and by policy statement, for tests that assert on them."""

from collections.abc import Iterator
from typing import Any

from tests.harness.template import template

TEMPLATE = template()
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]


def of_type(kind: str) -> dict[str, Any]:
    """Return the resources of a type by name."""
    return {name: resource for name, resource in RESOURCES.items() if resource["Type"] == kind}


def only(kind: str) -> Any:
    """Return the properties of the only resource of a type."""
    [resource] = of_type(kind).values()
    return resource["Properties"]


def words(value: object) -> Iterator[str]:
    """Yield every string within a value of the template."""
    if isinstance(value, dict):
        for part in value.values():
            yield from words(part)
    elif isinstance(value, list):
        for part in value:
            yield from words(part)
    else:
        yield str(value)


def functions() -> dict[str, Any]:
    """Return the properties of each function by its folder."""
    return {
        resource["Properties"]["CodeUri"].strip("/").removeprefix("functions/"): resource["Properties"]
        for resource in of_type("AWS::Serverless::Function").values()
    }


def statements() -> list[tuple[str, Any]]:
    """Return each policy statement with the folder of its function."""
    found = []
    for folder, properties in functions().items():
        for policy in properties["Policies"]:
            assert isinstance(policy, dict), f"{folder} uses a managed policy, which allows more than it needs"
            found += [(folder, statement) for statement in policy["Statement"]]
    return found


def event_of(function: str) -> Any:
    """Return the only event source of a function."""
    [event] = RESOURCES[function]["Properties"]["Events"].values()
    return event


def on_aws(value: Any) -> Any:
    """Return the value that a stack on AWS uses."""
    if isinstance(value, dict) and value.get("Fn::If", [None])[0] == "IsLocal":
        return value["Fn::If"][2]
    return value
