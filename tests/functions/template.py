"""Reads template.yaml as the deployment does, so that tests build their table from it and assert on what is
deployed.
"""

from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short tags read as their long form (`!Ref X` as `{"Ref": "X"}`)."""


def _intrinsic(loader: yaml.SafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
    name = suffix if suffix in ("Ref", "Condition") else f"Fn::{suffix}"
    if isinstance(node, yaml.ScalarNode):
        value: Any = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        assert isinstance(node, yaml.MappingNode)
        value = loader.construct_mapping(node, deep=True)
    return {name: value.split(".", 1) if suffix == "GetAtt" and isinstance(value, str) else value}


_Loader.add_multi_constructor("!", _intrinsic)


@cache
def template() -> dict[str, Any]:
    """The whole template, read once: treat it as a constant."""
    parsed: dict[str, Any] = yaml.load((ROOT / "template.yaml").read_text(encoding="utf-8"), Loader=_Loader)
    return parsed


@cache
def table_properties() -> dict[str, Any]:
    """What CreateTable needs of the one table of the template: treat it as a constant."""
    [properties] = [
        resource["Properties"]
        for resource in template()["Resources"].values()
        if resource["Type"] == "AWS::DynamoDB::Table"
    ]
    wanted = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    stream = {**properties["StreamSpecification"], "StreamEnabled": True}
    return {name: properties[name] for name in wanted} | {"StreamSpecification": stream}
