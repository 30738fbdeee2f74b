"""The nested template gets what it asks for, and the emulator expands its loops as CloudFormation does."""

import json

from ministack.services.cloudformation import engine

from local.emulator_nested import expand
from ops.project import ROOT
from tests.functions.template_resources import RESOURCES
from tests.functions.watch_template import STACK, WATCH, bind, passed, watch
from tests.harness.template import template


def test_parent_passes_each_parameter_of_the_nested_template() -> None:
    assert set(passed()) == set(template(WATCH)["Parameters"])


def test_parent_nests_the_file_beside_it_on_aws_and_locally() -> None:
    assert RESOURCES[STACK]["Properties"]["TemplateURL"] == WATCH
    assert "Condition" not in RESOURCES[STACK]


def test_every_name_in_the_bound_template_is_declared_by_the_parent() -> None:
    known = set(RESOURCES) | set(template()["Parameters"]) | set(watch()["Resources"])
    names = set(references(watch()["Resources"]))
    assert {name for name in names if not name.startswith("AWS::")} <= known


def references(node: object) -> list[str]:
    """Return the names in each Ref and each Fn::GetAtt."""
    match node:
        case {"Ref": str(name)}:
            return [name]
        case {"Fn::GetAtt": [str(name), *_]}:
            return [name]
        case dict():
            return [name for part in node.values() for name in references(part)]
        case list():
            return [name for part in node for name in references(part)]
    return []


def test_a_name_without_a_declaration_would_be_noticed() -> None:
    assert references(bind({"Value": {"Ref": "Unknown"}}, passed())) == ["Unknown"]


def test_emulator_expands_the_loops_of_the_nested_template() -> None:
    read = engine._parse_template((ROOT / WATCH).read_text(encoding="utf-8"))
    expanded = expand(read)
    assert set(expanded["Resources"]) == set(template(WATCH)["Resources"])
    assert expanded["Transform"] == []
    assert "Fn::ForEach" not in json.dumps(expanded["Resources"])


def test_emulator_leaves_a_template_without_loops_as_it_is() -> None:
    plain = {"Resources": {}, "Transform": "AWS::Serverless-2016-10-31"}
    assert expand(plain) is plain
