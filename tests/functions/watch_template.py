"""What watches the application: the nested template stacks/watch.yaml, as its parent deploys it."""

import re
from functools import cache
from typing import Any

from tests.harness.template import ROOT, read_template, template

WATCH = "stacks/watch.yaml"
STACK = "WatchStack"


def bind(node: Any, values: dict[str, Any]) -> Any:
    """Replace the parameters of a nested template by the values that its parent passes."""
    if isinstance(node, list):
        return [bind(part, values) for part in node]
    if not isinstance(node, dict):
        return node
    match node:
        case {"Ref": str(name)} if name in values:
            return values[name]
        case {"Fn::Sub": str(text)}:
            return {"Fn::Sub": _bound_text(text, values)}
        case {"Fn::Sub": [str(text), dict(variables)]}:
            others = {name: value for name, value in values.items() if name not in variables}
            return {"Fn::Sub": [_bound_text(text, others), bind(variables, values)]}
    return {name: bind(part, values) for name, part in node.items()}


def _bound_text(text: str, values: dict[str, Any]) -> str:
    def written(found: re.Match[str]) -> str:
        match values.get(found[1]):
            case {"Ref": str(name)}:
                return f"${{{name}}}"
            case {"Fn::GetAtt": [str(name), str(attribute)]}:
                return f"${{{name}.{attribute}}}"
            case {"Fn::Sub": str(inner)}:
                return inner
        return found[0]

    return re.sub(r"\$\{(\w+)\}", written, text)


def passed() -> dict[str, Any]:
    """Return the values that the application's template passes, by the name of the nested parameter."""
    values: dict[str, Any] = template()["Resources"][STACK]["Properties"]["Parameters"]
    return values


@cache
def watch() -> dict[str, Any]:
    """Return the nested template with its loops expanded and its parameters bound; treat it as a constant."""
    bound: dict[str, Any] = bind(template(WATCH), passed())
    return bound


def watching(kind: str) -> dict[str, Any]:
    """Return the resources of a type in the nested template by name."""
    return {name: resource for name, resource in watch()["Resources"].items() if resource["Type"] == kind}


def nested() -> dict[str, Any]:
    """Return the nested template as it is written."""
    return read_template((ROOT / WATCH).read_text(encoding="utf-8"))


def with_nested(application: dict[str, Any], watching: dict[str, Any]) -> dict[str, Any]:
    """Return one template with the resources of both and the conditions that they use."""
    merged = {name: {**watching.get(name, {}), **application[name]} for name in ("Resources", "Conditions")}
    return {**application, **merged}
