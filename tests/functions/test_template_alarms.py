"""What the alarms watch and which section of the runbook they name, asserted on the template."""

import re

import pytest

from tests.functions.template import ROOT
from tests.functions.template_resources import TEMPLATE, of_type, words


def anchors() -> set[str]:
    """The anchors of the runbook's headings, as GitHub makes them."""
    text = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^a-z0-9 _-]", "", heading.lower()).replace(" ", "-") for heading in headings}


ALARMS = of_type("AWS::CloudWatch::Alarm")
OWN_METRICS = "CallingCredit/${AWS::StackName}"
"""Of this stack alone: a staging stack of the same AWS account wakes nobody in production."""


@pytest.mark.parametrize("name", ALARMS)
def test_every_alarm_names_a_section_of_the_runbook_that_exists(name: str) -> None:
    description = ALARMS[name]["Properties"]["AlarmDescription"]
    [anchor] = re.findall(r"docs/runbook\.md#([a-z0-9-]+)", description)
    assert anchor in anchors()


def test_queues_unrated_calls_payments_ages_errors_and_throttles_are_watched() -> None:
    watched = {
        (next(words(alarm["Properties"]["Namespace"])), alarm["Properties"]["MetricName"]) for alarm in ALARMS.values()
    }
    assert watched >= {
        ("AWS/SQS", "ApproximateNumberOfMessagesVisible"),
        ("AWS/SQS", "ApproximateAgeOfOldestMessage"),
        (OWN_METRICS, "CallsUnrated"),
        (OWN_METRICS, "HoldsExpired"),
        (OWN_METRICS, "DecksRefused"),
        (OWN_METRICS, "PaymentIssues"),
        (OWN_METRICS, "LedgerDifferences"),
        (OWN_METRICS, "TopUpsSettledAfterEnd"),
        (OWN_METRICS, "StripeUnanswered"),
        (OWN_METRICS, "StripeRefusals"),
        ("AWS/Lambda", "IteratorAge"),
        ("AWS/Lambda", "Errors"),
        ("AWS/Lambda", "Throttles"),
    }
    for metric in ("Errors", "Throttles"):
        seen = {
            dimension["Value"]["Ref"]
            for alarm in ALARMS.values()
            if alarm["Properties"]["MetricName"] == metric
            for dimension in alarm["Properties"]["Dimensions"]
        }
        assert seen == set(of_type("AWS::Serverless::Function")), metric


def test_rounds_that_go_on_past_what_fails_are_watched_by_what_failed() -> None:
    alarms = [a["Properties"] for a in ALARMS.values() if a["Properties"]["MetricName"] == "SweepsFailed"]
    assert [alarm["Dimensions"] for alarm in alarms] == [
        [{"Name": "service", "Value": service}] for service in ("payments", "expire_holds")
    ]
    assert all(next(words(alarm["Namespace"])) == OWN_METRICS for alarm in alarms)


def test_answers_that_lambda_counts_as_successes_are_watched_at_the_gateway() -> None:
    [alarm] = [a["Properties"] for a in ALARMS.values() if a["Properties"]["MetricName"] == "5xx"]
    assert alarm["Namespace"] == "AWS/ApiGateway"
    assert alarm["Dimensions"] == [{"Name": "ApiId", "Value": {"Ref": "Api"}}]


@pytest.mark.parametrize(
    ("metric", "queues"),
    [
        ("ApproximateNumberOfMessagesVisible", ["DeadLetterQueue", "RechargeFailureQueue", "EventFailureQueue"]),
        ("CallsUnrated", [None]),
        ("DecksRefused", [None]),
        ("PaymentIssues", [None]),
        ("LedgerDifferences", [None]),
        ("TopUpsSettledAfterEnd", [None]),
        ("StripeRefusals", [None]),
    ],
)
def test_one_call_or_payment_that_a_person_must_look_at_is_enough(metric: str, queues: list[str | None]) -> None:
    alarms = [alarm["Properties"] for alarm in ALARMS.values() if alarm["Properties"]["MetricName"] == metric]
    assert len(alarms) == len(queues)
    for alarm, queue in zip(alarms, queues, strict=True):
        assert (alarm["Threshold"], alarm["ComparisonOperator"]) == (0, "GreaterThanThreshold")
        assert alarm["EvaluationPeriods"] == 1
        assert queue is None or queue in list(words(alarm["Dimensions"]))


def test_the_unrated_alarm_watches_the_metric_that_rate_calls_emits() -> None:
    [alarm] = [a["Properties"] for a in ALARMS.values() if a["Properties"]["MetricName"] == "CallsUnrated"]
    assert (
        alarm["Namespace"]
        == TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]["POWERTOOLS_METRICS_NAMESPACE"]
    )
    assert alarm["Dimensions"] == [{"Name": "service", "Value": "rate_calls"}]


def test_the_alarms_of_payments_watch_the_counts_of_all_functions_that_pay_together() -> None:
    for metric in ("PaymentIssues", "LedgerDifferences", "TopUpsSettledAfterEnd", "StripeUnanswered", "StripeRefusals"):
        [alarm] = [a["Properties"] for a in ALARMS.values() if a["Properties"]["MetricName"] == metric]
        settings = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
        assert alarm["Namespace"] == settings["POWERTOOLS_METRICS_NAMESPACE"]
        assert alarm["Dimensions"] == [{"Name": "service", "Value": "payments"}]
