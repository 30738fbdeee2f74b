"""Gradual releases, asserted on the translated template: untried on AWS, and absent unless a stack asks for them."""

from functools import cache
from typing import Any

import pytest

from tests.functions.template_resources import of_type, translated, words
from tests.functions.translation import translate
from tests.harness.template import ROOT, read_template

OFF = '  Gradual: {Type: String, Default: "false"'
UNCHECKED = {"CheckReleaseFunction"}
PRICING = {"RateCallsFunction", "AuthorizeCallFunction", "RerateCallsFunction"}
MAX_RESOURCES = 500
"""CloudFormation's limit for one stack."""


@cache
def gradual() -> dict[str, Any]:
    """Return the resources of a stack with Gradual=true."""
    text = (ROOT / "template.yaml").read_text(encoding="utf-8")
    assert OFF in text
    resources: dict[str, Any] = translate(read_template(text.replace(OFF, OFF.replace("false", "true"))))["Resources"]
    return resources


def test_a_stack_without_it_has_no_part_of_it() -> None:
    assert [name for name, one in translated().items() if one["Type"].startswith("AWS::CodeDeploy::")] == []
    assert [name for name, one in translated().items() if "UpdatePolicy" in one] == []
    for name in ("CheckReleaseFunction", "CheckReleaseFunctionRole", "CheckReleaseLogs", "ReleaseRole"):
        assert translated()[name]["Condition"] == "ReleasesGradually"


@pytest.mark.parametrize("function", of_type("AWS::Serverless::Function"))
def test_a_release_shifts_each_alias_and_watches_its_new_version(function: str) -> None:
    alias = gradual()[f"{function}Aliaslive"]
    if function in UNCHECKED:
        assert "UpdatePolicy" not in alias
        return
    update = alias["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
    group = gradual()[update["DeploymentGroupName"]["Ref"]]
    kind = "Linear10PercentEvery1Minute" if function == "RateCallsFunction" else "Canary10Percent5Minutes"
    assert kind in set(words(group["Properties"]["DeploymentConfigName"]))
    assert group["Properties"]["ServiceRoleArn"] == {"Fn::GetAtt": ["ReleaseRole", "Arn"]}
    [watched] = group["Properties"]["AlarmConfiguration"]["Alarms"]
    alarm = gradual()[watched["Name"]["Ref"]]
    dimensions = {one["Name"]: one["Value"] for one in alarm["Properties"]["Dimensions"]}
    assert dimensions["FunctionName"] == {"Ref": function}
    assert dimensions["ExecutedVersion"] == alias["Properties"]["FunctionVersion"], "it watches the new version only"
    assert "live" in "".join(words(dimensions["Resource"]))
    assert alarm["Properties"]["MetricName"] == "Errors"
    hook = {"Ref": "CheckReleaseFunction"} if function in PRICING else None
    assert update.get("BeforeAllowTrafficHook") == hook


def test_functions_that_price_calls_come_after_the_check() -> None:
    for name in PRICING:
        checked_by = gradual()[name]["Properties"]["Environment"]["Variables"]["CHECKED_BY"]
        assert checked_by == {"Fn::If": ["ReleasesGradually", {"Ref": "CheckReleaseFunction"}, ""]}


def test_a_stack_without_a_sender_shifts_no_mail() -> None:
    assert gradual()["SendMailFunctionDeploymentGroup"]["Condition"] == "SendsMail"
    assert gradual()["SendMailVersionAlarm"]["Condition"] == "MailsGradually"


def test_codedeploy_may_shift_this_stacks_functions_only() -> None:
    assert "CodeDeployServiceRole" not in gradual(), "SAM's role has a managed policy"
    role = gradual()["ReleaseRole"]["Properties"]
    [trusted] = role["AssumeRolePolicyDocument"]["Statement"]
    assert trusted["Principal"] == {"Service": "codedeploy.amazonaws.com"}
    statements = {one["Sid"]: one for one in role["Policies"][0]["PolicyDocument"]["Statement"]}
    assert next(words(statements["ShiftAliases"]["Resource"])).endswith(":function:${AWS::StackName}-*")
    assert {name for word in words(statements["CheckRelease"]["Resource"]) for name in [word.strip("${}:*")]} >= {
        "CheckReleaseFunction"
    }


def test_a_gradual_stack_stays_below_the_limit_of_resources() -> None:
    assert len(gradual()) < MAX_RESOURCES - 20
