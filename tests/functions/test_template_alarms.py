"""What the alarms watch and which section of the runbook they name, asserted on the nested template."""

import re
from typing import Any

import pytest

from tests.functions.template_resources import TEMPLATE, of_type, words
from tests.functions.watch_template import watching
from tests.harness.template import ROOT


def anchors() -> set[str]:
    """Return the anchors that GitHub gives the headings of the runbook."""
    text = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-") for heading in headings}


SINGLE = watching("AWS::CloudWatch::Alarm")
ALARMS = {name: alarm for name, alarm in SINGLE.items() if "MetricName" in alarm["Properties"]}
PAGES = watching("AWS::CloudWatch::CompositeAlarm")
OWN_METRICS = "CallingCredit/${AWS::StackName}"
"""The namespace of one stack, so that a staging stack raises no production alarm."""


def description_of(alarm: dict[str, Any]) -> str:
    """Return what an alarm says, with the address of the runbook left open."""
    text = alarm["Properties"]["AlarmDescription"]["Fn::Sub"]
    assert isinstance(text, str)
    return text


@pytest.mark.parametrize("name", [*SINGLE, *PAGES])
def test_every_alarm_names_an_existing_section_of_the_runbook(name: str) -> None:
    [anchor] = re.findall(r"See \$\{RunbookUrl\}#([a-z0-9-]+)$", description_of((SINGLE | PAGES)[name]))
    assert anchor in anchors()


def test_alarms_watch_queues_payments_ages_errors_and_throttles() -> None:
    watched = {
        (next(words(alarm["Properties"]["Namespace"])), alarm["Properties"]["MetricName"]) for alarm in ALARMS.values()
    }
    assert watched >= {
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
        ("AWS/SQS", "ApproximateAgeOfOldestMessage"),
        (OWN_METRICS, "CallsUnrated"),
        (OWN_METRICS, "UnknownAreaCodes"),
        (OWN_METRICS, "HoldsExpired"),
        (OWN_METRICS, "DecksRefused"),
        (OWN_METRICS, "PaymentIssues"),
        (OWN_METRICS, "LedgerDifferences"),
        (OWN_METRICS, "TopUpsSettledAfterEnd"),
        (OWN_METRICS, "StripeUnanswered"),
        (OWN_METRICS, "StripeRefusals"),
        (OWN_METRICS, "CallbacksSilent"),
        (OWN_METRICS, "SignaturesInvalid"),
        ("AWS/Lambda", "IteratorAge"),
        ("AWS/Lambda", "Errors"),
        ("AWS/Lambda", "Throttles"),
    }
    for metric in ("Errors", "Throttles"):
        seen = {
            word
            for alarm in ALARMS.values()
            if alarm["Properties"]["MetricName"] == metric
            for dimension in alarm["Properties"]["Dimensions"]
            for word in words(dimension["Value"])
            if word.endswith("Function")
        }
        assert seen == set(of_type("AWS::Serverless::Function")) - {"CheckReleaseFunction"}, metric  # CodeDeploy waits.


def test_sweep_alarms_watch_the_failures_inside_a_round() -> None:
    alarms = [a["Properties"] for a in ALARMS.values() if a["Properties"]["MetricName"] == "SweepsFailed"]
    assert [alarm["Dimensions"] for alarm in alarms] == [
        [{"Name": "service", "Value": service}] for service in ("payments", "expire_holds")
    ]
    assert all(next(words(alarm["Namespace"])) == OWN_METRICS for alarm in alarms)


def test_api_alarm_watches_responses_that_lambda_counts_as_successes() -> None:
    [alarm] = [a["Properties"] for a in ALARMS.values() if a["Properties"]["MetricName"] == "5xx"]
    assert alarm["Namespace"] == "AWS/ApiGateway"
    assert alarm["Dimensions"] == [{"Name": "ApiId", "Value": {"Ref": "Api"}}]


@pytest.mark.parametrize(
    ("metric", "queues"),
    [
        ("ApproximateNumberOfMessagesVisible", ["DeadLetterQueue", "RechargeFailureQueue", "EventFailureQueue"]),
        ("CallsUnrated", [None]),
        ("UnknownAreaCodes", [None]),
        ("DecksRefused", [None]),
        ("PaymentIssues", [None]),
        ("LedgerDifferences", [None]),
        ("TopUpsSettledAfterEnd", [None]),
        ("StripeRefusals", [None]),
        ("CallbacksSilent", [None]),
    ],
)
def test_one_message_or_count_that_needs_a_person_raises_an_alarm(metric: str, queues: list[str | None]) -> None:
    alarms = [alarm["Properties"] for alarm in ALARMS.values() if alarm["Properties"]["MetricName"] == metric]
    assert len(alarms) == len(queues)
    for alarm, queue in zip(alarms, queues, strict=True):
        assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (0, "GreaterThanThreshold")
        assert alarm["EvaluationPeriods"] == 1
        assert queue is None or queue in list(words(alarm["Dimensions"]))


def test_unrated_alarm_watches_the_metric_that_rate_calls_emits() -> None:
    [alarm] = [a["Properties"] for a in ALARMS.values() if a["Properties"]["MetricName"] == "CallsUnrated"]
    assert (
        alarm["Namespace"]
        == TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"]
    )
    assert alarm["Dimensions"] == [{"Name": "service", "Value": "rate_calls"}]


def test_unknown_area_code_alarm_names_the_command_that_adds_it() -> None:
    [alarm] = [a["Properties"] for a in ALARMS.values() if a["Properties"]["MetricName"] == "UnknownAreaCodes"]
    assert alarm["Dimensions"] == [{"Name": "service", "Value": "authorize_call"}]
    assert "make add-area-code" in description_of({"Properties": alarm})


def test_refusals_by_limits_on_cards_raise_an_alarm_across_accounts() -> None:
    [alarm] = [a["Properties"] for a in ALARMS.values() if a["Properties"]["MetricName"] == "CardAttemptsLimited"]
    assert alarm["Dimensions"] == [{"Name": "service", "Value": "payments"}]
    assert (alarm["Threshold"], alarm["Period"], alarm["EvaluationPeriods"]) == (20, 300, 1)


def test_many_adjustments_in_an_hour_raise_an_alarm() -> None:
    [alarm] = [a["Properties"] for a in ALARMS.values() if a["Properties"]["MetricName"] == "OperatorActions"]
    assert alarm["Dimensions"] == [{"Name": "service", "Value": "publish_events"}]
    assert (alarm["Statistic"], alarm["Period"], alarm["Threshold"]) == ("Sum", 3600, {"Ref": "OperatorActionsPerHour"})
    assert TEMPLATE["Parameters"]["OperatorActionsPerHour"]["Default"] == 30


def test_payment_alarms_watch_the_total_of_all_paying_functions() -> None:
    for metric in (
        "PaymentIssues",
        "LedgerDifferences",
        "TopUpsSettledAfterEnd",
        "StripeUnanswered",
        "StripeRefusals",
        "CallbacksSilent",
        "SignaturesInvalid",
    ):
        [alarm] = [a["Properties"] for a in ALARMS.values() if a["Properties"]["MetricName"] == metric]
        settings = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
        assert alarm["Namespace"] == settings["POWERTOOLS_METRICS_NAMESPACE"]
        assert alarm["Dimensions"] == [{"Name": "service", "Value": "payments"}]


def test_one_or_two_wrong_signatures_in_an_hour_raise_no_alarm() -> None:
    [alarm] = [a["Properties"] for a in ALARMS.values() if a["Properties"]["MetricName"] == "SignaturesInvalid"]
    assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (0, "GreaterThanThreshold")
    assert (alarm["Period"], alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"]) == (300, 3, 12)
