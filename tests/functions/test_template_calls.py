"""The call queue and how calls reach `rate_calls`, asserted on the template."""

from typing import Any

from tests.functions.template_resources import RESOURCES, TEMPLATE, event_of, only
from tests.functions.watch_template import watch


def calls_event() -> Any:
    """Return the event source of `rate_calls`."""
    [event] = RESOURCES["RateCallsFunction"]["Properties"]["Events"].values()
    return event["Properties"]


def test_call_refused_five_times_moves_to_the_dead_letter_queue() -> None:
    redrive = RESOURCES["CallQueue"]["Properties"]["RedrivePolicy"]
    assert redrive["maxReceiveCount"] == 5
    assert redrive["deadLetterTargetArn"] == {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}
    assert RESOURCES["DeadLetterQueue"]["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_call_stays_hidden_for_six_timeouts_and_the_longest_window() -> None:
    timeout = RESOURCES["RateCallsFunction"]["Properties"]["Timeout"]
    window = TEMPLATE["Parameters"]["BatchingWindowSeconds"]
    hidden = TEMPLATE["Parameters"]["CallQueueVisibilitySeconds"]
    assert (window["Default"], window["MinValue"]) == (5, 1)
    assert RESOURCES["CallQueue"]["Properties"]["VisibilityTimeout"]["Fn::If"][2] == {
        "Ref": "CallQueueVisibilitySeconds"
    }
    assert hidden["Default"] >= 6 * timeout + window["MaxValue"]
    assert hidden["MinValue"] >= timeout


def test_refused_call_does_not_raise_the_alarm_for_waiting_calls() -> None:
    """SQS counts a message in the age of the oldest one until its third receipt."""
    visibility = TEMPLATE["Parameters"]["CallQueueVisibilitySeconds"]["Default"]
    assert watch()["Resources"]["CallQueueAgeAlarm"]["Properties"]["Threshold"] > 2 * visibility


def test_calls_arrive_in_batches_that_fail_message_by_message() -> None:
    event = calls_event()
    assert event["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert event["BatchSize"] == 1000
    assert event["MaximumBatchingWindowInSeconds"] == {"Ref": "BatchingWindowSeconds"}
    assert event["ScalingConfig"]["MaximumConcurrency"]["Fn::If"][2] == 20


def test_sweep_checks_holds_every_minute_and_ttl_deletes_no_live_hold() -> None:
    event = event_of("ExpireHoldsFunction")
    assert (event["Type"], event["Properties"]["ScheduleExpression"]) == ("ScheduleV2", "rate(1 minute)")
    ttl = only("AWS::DynamoDB::Table")["TimeToLiveSpecification"]
    assert ttl == {"AttributeName": "expires_at", "Enabled": True}, "no live hold has this attribute"
