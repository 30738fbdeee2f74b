"""The resources of the template, by type, by function, and by policy statement, for tests that assert on them."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from tests.harness.template import ROOT, read_template, template

TEMPLATE = template()
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]
TRACE = "Trace"
"""The statement with which each function sends its traces; X-Ray has no resources to name."""


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


@cache
def translated() -> dict[str, Any]:
    """Return the resources that CloudFormation deploys, after both transforms."""
    from tests.functions.translation import translate  # noqa: PLC0415 - takes seconds to import

    resources: dict[str, Any] = translate(read_template((ROOT / "template.yaml").read_text(encoding="utf-8")))
    return dict(resources["Resources"])


def roles() -> dict[str, Any]:
    """Return the properties of each function's role by the function's folder, as they are deployed."""
    found = {}
    for function in translated().values():
        if function["Type"] == "AWS::Lambda::Function":
            [name, attribute] = function["Properties"]["Role"]["Fn::GetAtt"]
            assert attribute == "Arn"
            found[function["Properties"]["Code"]["S3Key"].rpartition("/")[2]] = translated()[name]["Properties"]
    return found


def statements() -> list[tuple[str, Any]]:
    """Return each policy statement that is deployed on AWS, with the folder of its function, but none for traces."""
    return [
        (folder, {part: on_aws(value) for part, value in on_aws(statement).items()})
        for folder, role in roles().items()
        for policy in role["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
        if on_aws(statement)["Sid"] != TRACE
    ]


def actions_of(statement: Any) -> list[str]:
    """Return the actions of a statement, which may be a single text."""
    return [statement["Action"]] if isinstance(statement["Action"], str) else list(statement["Action"])


def event_of(function: str) -> Any:
    """Return the only event source of a function."""
    [event] = RESOURCES[function]["Properties"]["Events"].values()
    return event


def on_aws(value: Any) -> Any:
    """Return the value that a stack on AWS uses."""
    if isinstance(value, dict) and value.get("Fn::If", [None])[0] == "IsLocal":
        return value["Fn::If"][2]
    return value
