"""Read template.yaml as the deployment does, with its loops expanded, so that tests build their table from it and
assert on the deployed resources.
"""

import re
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from samcli.lib.cfn_language_extensions.models import TemplateProcessingContext
from samcli.lib.cfn_language_extensions.processors.foreach import ForEachProcessor

ROOT = Path(__file__).resolve().parents[2]


class _Loader(yaml.CSafeLoader):
    """Read CloudFormation's short tags in YAML as their long form (`!Ref X` as `{"Ref": "X"}`)."""


def _intrinsic(loader: yaml.CSafeLoader, suffix: str, node: yaml.Node) -> dict[str, Any]:
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


def read_template(text: str) -> dict[str, Any]:
    """Parse a template and leave its loops as they are written."""
    parsed: dict[str, Any] = yaml.load(text, Loader=_Loader)
    return parsed


def fold(node: Any, mappings: dict[str, Any]) -> Any:
    """Replace the intrinsic functions that a loop has made constant: lookups in a mapping and substitutions of text.

    CloudFormation computes both before it creates anything, so a folded template deploys the same stack.
    """
    if isinstance(node, list):
        return [fold(part, mappings) for part in node]
    if not isinstance(node, dict):
        return node
    folded = {key: fold(value, mappings) for key, value in node.items()}
    match folded:
        case {"Fn::FindInMap": [str(table), str(row), str(column)]}:
            return mappings[table][row][column]
        case {"Fn::Sub": [str(text), dict(variables)]}:
            return _substituted(text, variables)
        case {"Fn::Sub": str(text)}:
            return _substituted(text, {})
    return folded


def _substituted(text: str, variables: dict[str, Any]) -> Any:
    for name in [name for name, value in variables.items() if isinstance(value, str)]:
        text = text.replace(f"${{{name}}}", variables.pop(name))
    if variables:
        return {"Fn::Sub": [text, variables]}
    return {"Fn::Sub": text} if re.search(r"\$\{", text) else text


@cache
def template(name: str = "template.yaml") -> dict[str, Any]:
    """Return a whole template with every loop expanded; treat it as a constant."""
    parsed = read_template((ROOT / name).read_text(encoding="utf-8"))
    mappings = parsed.pop("Mappings")
    context = TemplateProcessingContext(fragment=parsed, parameter_values={})
    ForEachProcessor().process_template(context)
    expanded: dict[str, Any] = fold(context.fragment, mappings)
    return expanded


@cache
def table_properties() -> dict[str, Any]:
    """Return the arguments of CreateTable for the template's one table; treat them as a constant."""
    [properties] = [
        resource["Properties"]
        for resource in template()["Resources"].values()
        if resource["Type"] == "AWS::DynamoDB::Table"
    ]
    wanted = ("AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes", "BillingMode")
    stream = {**properties["StreamSpecification"], "StreamEnabled": True}
    return {name: properties[name] for name in wanted} | {"StreamSpecification": stream}
