"""Versions of the functions: all that invoke one name its alias `live`, and the alias moves with every release."""

import re
from typing import Any

import pytest

from ops.release import ALIAS, described_release, stamp
from tests.functions.template_resources import TEMPLATE, of_type, translated, words
from tests.functions.translation import translate
from tests.harness.template import ROOT, read_template

TEXT = (ROOT / "template.yaml").read_text(encoding="utf-8")
FUNCTIONS = set(of_type("AWS::Serverless::Function"))
FIRST, SECOND = "a" * 64, "b" * 64
INVOKERS = {
    "AWS::ApiGatewayV2::Authorizer": "AuthorizerUri",
    "AWS::ApiGatewayV2::Integration": "IntegrationUri",
    "AWS::Lambda::EventSourceMapping": "FunctionName",
    "AWS::Lambda::Permission": "FunctionName",
    "AWS::Events::Rule": "Targets",
    "AWS::Scheduler::Schedule": "Target",
}
"""What invokes functions, or allows it, and the property that names the function."""
OF_EARLIER_RELEASES = "SendMailFunctionAnnouncedPermission"
"""It lets a rule that a rollback brings back invoke the function without an alias."""


def release(name: str) -> dict[str, Any]:
    """Return the resources that CloudFormation deploys for a release."""
    resources: dict[str, Any] = translate(read_template(stamp(TEXT, name)))["Resources"]
    return resources


def functions_in(value: Any) -> set[str]:
    """Return the functions and aliases that a value names."""
    return {
        name
        for word in words(value)
        for name in re.findall(r"\w+Function(?:Alias\w+)?\b", word)
        if name != "InvokeFunction"
    }


def test_every_trigger_of_a_function_names_its_alias() -> None:
    count = 0
    for name, resource in translated().items():
        if (
            name != OF_EARLIER_RELEASES
            and resource["Type"] in INVOKERS
            and INVOKERS[resource["Type"]] in resource["Properties"]
        ):
            named = functions_in(resource["Properties"][INVOKERS[resource["Type"]]])
            named -= {one for one in named if one.endswith("Role")}
            assert named == {one for one in named if one.endswith(f"FunctionAlias{ALIAS}")}, name
            count += bool(named)
    assert count > 60


def test_schedules_may_invoke_the_alias_alone() -> None:
    for name, resource in translated().items():
        if name.endswith(("EveryMinuteRole", "EveryNightRole")):
            assert functions_in(resource["Properties"]["Policies"][0]["PolicyDocument"]) == {
                re.sub(r"Function\w+$", f"FunctionAlias{ALIAS}", name)
            }


def test_functions_that_invoke_another_one_name_its_alias() -> None:
    for name, resource in translated().items():
        if resource["Type"] == "AWS::Lambda::Function":
            variables = resource["Properties"]["Environment"]["Variables"]
            named = functions_in({one: value for one, value in variables.items() if one != "CHECKED_BY"})
            assert all(one.endswith(f"Alias{ALIAS}") for one in named), name
    assert functions_in(TEMPLATE["Outputs"]["RerateCallsFunctionName"]["Value"]) == {"RerateCallsFunctionAliaslive"}


def test_each_release_publishes_a_version_of_every_function() -> None:
    first, second = release(FIRST), release(SECOND)
    for function in FUNCTIONS:
        before, after = (
            {name for name in resources if name.startswith(f"{function}Version")} for resources in (first, second)
        )
        assert (len(before), len(after)) == (1, 1), function
        assert before != after, f"{function}: a release that changes only the layer publishes no version"
        [version] = after
        assert second[f"{function}Alias{ALIAS}"]["Properties"]["FunctionVersion"]["Fn::GetAtt"] == [version, "Version"]
        assert described_release(second[function]["Properties"]["Description"]) == SECOND
    assert release(FIRST).keys() == first.keys()


def test_previous_versions_remain() -> None:
    versions = [one for one in release(FIRST).values() if one["Type"] == "AWS::Lambda::Version"]
    assert len(versions) == len(FUNCTIONS)
    assert {version["DeletionPolicy"] for version in versions} == {"Retain"}


@pytest.mark.parametrize(
    ("description", "name"), [(f"Rates calls. {FIRST}", FIRST), (FIRST, FIRST), ("", ""), ("Rates calls.", "")]
)
def test_a_description_names_the_release(description: str, name: str) -> None:
    assert described_release(description) == name
