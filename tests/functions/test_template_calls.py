"""The call queue and how calls reach `rate_calls`, asserted on the template."""

from typing import Any

from tests.functions.template_resources import RESOURCES, TEMPLATE, event_of, only


def calls_event() -> Any:
    """What brings calls to rate_calls."""
    [event] = RESOURCES["RateCallsFunction"]["Properties"]["Events"].values()
    return event["Properties"]


def test_a_call_refused_five_times_goes_to_the_dead_letter_queue() -> None:
    redrive = RESOURCES["CallQueue"]["Properties"]["RedrivePolicy"]
    assert redrive["maxReceiveCount"] == 5
    assert redrive["deadLetterTargetArn"] == {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}
    assert RESOURCES["DeadLetterQueue"]["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_a_call_stays_hidden_six_timeouts_and_the_longest_window() -> None:
    timeout = RESOURCES["RateCallsFunction"]["Properties"]["Timeout"]
    window = TEMPLATE["Parameters"]["BatchingWindowSeconds"]
    hidden = TEMPLATE["Parameters"]["CallQueueVisibilitySeconds"]
    assert (window["Default"], window["MinValue"]) == (5, 1)
    assert RESOURCES["CallQueue"]["Properties"]["VisibilityTimeout"]["Fn::If"][2] == {
        "Ref": "CallQueueVisibilitySeconds"
    }
    assert hidden["Default"] >= 6 * timeout + window["MaxValue"]
    assert hidden["MinValue"] >= timeout


def test_a_refused_call_does_not_count_as_one_that_waits_to_be_charged() -> None:
    """SQS counts it in the age of the oldest until it was received three times."""
    visibility = TEMPLATE["Parameters"]["CallQueueVisibilitySeconds"]["Default"]
    assert RESOURCES["CallQueueAgeAlarm"]["Properties"]["Threshold"] > 2 * visibility


def test_calls_arrive_in_batches_that_fail_message_by_message() -> None:
    event = calls_event()
    assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert event["BatchSize"] == 1000
    assert event["MaximumBatchingWindowInSeconds"] == {"Ref": "BatchingWindowSeconds"}
    assert event["ScalingConfig"]["MaximumConcurrency"]["Fn::If"][2] == 20


def test_holds_that_are_over_are_looked_at_every_minute_and_time_alone_ends_none() -> None:
    event = event_of("ExpireHoldsFunction")
    assert (event["Type"], event["Properties"]["ScheduleExpression"]) == ("ScheduleV2", "rate(1 minute)")
    forgets = only("AWS::DynamoDB::Table")["TimeToLiveSpecification"]
    assert forgets == {"AttributeName": "expires_at", "Enabled": True}, "which no live hold has"
