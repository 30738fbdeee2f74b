"""The dashboard, the saved queries, and the insight rules name what exists, asserted on the nested template."""

import json
import re

import pytest

from tests.functions.template_resources import RESOURCES, only, words
from tests.functions.watch_template import watching
from tests.harness.template import ROOT, read_template

[DASHBOARD] = watching("AWS::CloudWatch::Dashboard").values()
QUERIES = watching("AWS::Logs::QueryDefinition")
RULES = watching("AWS::CloudWatch::InsightRule")
CODE = "\n".join(
    path.read_text(encoding="utf-8")
    for folder in (ROOT / "functions", ROOT / "layers" / "domain" / "calling_credit")
    for path in folder.rglob("*.py")
)
KEYWORDS = {
    *("fields", "filter", "stats", "count", "as", "by", "sort", "desc", "limit", "ispresent", "or", "and"),
    *("calls", "requests", "checks"),
}


def test_the_dashboard_has_twelve_widgets_and_is_valid_json() -> None:
    body = json.loads(DASHBOARD["Properties"]["DashboardBody"]["Fn::Sub"])
    assert len(body["widgets"]) == 12
    places = [(one["x"], one["y"]) for one in body["widgets"]]
    assert len(set(places)) == 12
    assert all(one["x"] + one["width"] <= 24 for one in body["widgets"])


def test_the_dashboard_names_resources_of_the_parent() -> None:
    names = re.findall(r"\$\{(\w+)[}.]", DASHBOARD["Properties"]["DashboardBody"]["Fn::Sub"])
    assert set(names) <= set(RESOURCES) | {"AWS"}, names


def test_eight_queries_are_saved_and_read_log_groups_of_the_parent() -> None:
    assert len(QUERIES) == 8
    for query in QUERIES.values():
        assert all(
            RESOURCES[group["Ref"]]["Type"] == "AWS::Logs::LogGroup" for group in query["Properties"]["LogGroupNames"]
        )


@pytest.mark.parametrize("name", QUERIES)
def test_each_field_of_a_saved_query_is_logged(name: str) -> None:
    properties = QUERIES[name]["Properties"]
    text = re.sub(r'"[^"]*"|@\w+', "", properties["QueryString"])
    logged = str(only_format()) if "ApiAccessLogs" in words(properties["LogGroupNames"]) else CODE
    for field in set(re.findall(r"[a-z_]+", text)) - KEYWORDS - {"message"}:
        assert re.search(rf"\b{field}(=|\"\"?:|\")", logged), field


def only_format() -> str:
    """Return the format of the access log."""
    return str(only("AWS::ApiGatewayV2::Stage")["AccessLogSettings"]["Format"])


def test_the_values_that_queries_and_rules_look_for_are_logged() -> None:
    values = [re.findall(r'message = "(\w+)"', query["Properties"]["QueryString"]) for query in QUERIES.values()]
    values += [re.findall(r'"In": \["(\w+)"\]', str(rule["Properties"]["RuleBody"])) for rule in RULES.values()]
    for value in {one for some in values for one in some}:
        assert f'"{value}"' in CODE, value


def test_accounts_are_counted_by_insight_rules_and_never_by_metrics() -> None:
    assert RULES
    for rule in RULES.values():
        body = json.loads(re.sub(r"\$\{\w+\}", "group", rule["Properties"]["RuleBody"]["Fn::Sub"]))
        assert body["Contribution"]["Keys"] == ["$.account_id"]
    assert "account_id" not in DASHBOARD["Properties"]["DashboardBody"]["Fn::Sub"]


def test_the_access_log_has_source_and_latency_and_no_query_string() -> None:
    line = json.loads(only_format())
    assert line["source"] == "$context.identity.sourceIp"
    assert {"milliseconds", "integration_milliseconds", "request_id"} <= set(line)
    assert "querystring" not in only_format().lower()
    assert "$context.path" not in only_format()


def test_the_access_log_keeps_addresses_for_at_most_a_year() -> None:
    assert RESOURCES["ApiAccessLogs"]["Properties"]["RetentionInDays"] == {
        "Fn::If": ["KeepsLogsLong", 365, {"Ref": "LogRetentionDays"}]
    }
    template = read_template((ROOT / "template.yaml").read_text(encoding="utf-8"))
    long = {int(one["Fn::Equals"][1]) for one in template["Conditions"]["KeepsLogsLong"]["Fn::Or"]}
    assert long == {days for days in template["Parameters"]["LogRetentionDays"]["AllowedValues"] if days > 365}


def test_what_the_emulator_lacks_is_only_on_aws() -> None:
    assert all(one["Condition"] == "IsOnAws" for one in [*QUERIES.values(), *RULES.values()])
