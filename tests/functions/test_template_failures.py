"""Given-up stream records are kept whole in a bucket on AWS, named in a queue, and events are archived."""

import json

import pytest

from tests.functions.template_resources import RESOURCES, TEMPLATE, statements, translated


def test_the_bucket_of_failures_is_private_encrypted_and_emptied() -> None:
    bucket = translated()["FailureBucket"]
    properties = bucket["Properties"]
    assert (bucket["Condition"], bucket["DeletionPolicy"]) == ("IsOnAws", "Retain")
    assert set(properties["PublicAccessBlockConfiguration"].values()) == {True}
    [rule] = properties["LifecycleConfiguration"]["Rules"]
    assert (rule["Status"], rule["ExpirationInDays"]) == ("Enabled", 30)
    [encryption] = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    [statement] = translated()["FailureBucketPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


@pytest.mark.parametrize(
    ("mapping", "bus_rule", "queue"),
    [
        ("AutoRechargeFunctionBalances", "RechargeFailureRule", "RechargeFailureQueue"),
        ("PublishEventsFunctionChanges", "EventFailureRule", "EventFailureQueue"),
    ],
)
def test_each_failure_on_aws_puts_a_message_into_the_queue_of_its_alarm(
    mapping: str, bus_rule: str, queue: str
) -> None:
    resources = translated()
    target = {"Fn::If": ["IsOnAws", {"Fn::GetAtt": ["FailureBucket", "Arn"]}, {"Fn::GetAtt": [queue, "Arn"]}]}
    assert resources[mapping]["Properties"]["DestinationConfig"] == {"OnFailure": {"Destination": target}}
    rule = resources[bus_rule]
    assert rule["Condition"] == "IsOnAws"
    assert {"Fn::Sub": f"aws/lambda/${{{mapping}}}/"} in rule["Properties"]["EventPattern"]["detail"]["object"]["key"][
        0
    ].values()
    assert [one["Arn"] for one in rule["Properties"]["Targets"]] == [{"Fn::GetAtt": [queue, "Arn"]}]
    _, allowed = resources[f"{queue}Policy"]["Properties"]["PolicyDocument"]["Statement"]
    assert allowed["Principal"] == {"Service": "events.amazonaws.com"}
    assert allowed["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": [bus_rule, "Arn"]}}}


def test_queues_of_calls_accept_no_messages_of_rules() -> None:
    for queue in ("CallQueuePolicy", "DeadLetterQueuePolicy"):
        assert "events.amazonaws.com" not in json.dumps(translated()[queue])


def test_the_archive_keeps_this_applications_events_for_30_days() -> None:
    archive = RESOURCES["EventArchive"]
    assert (archive["Type"], archive["Condition"]) == ("AWS::Events::Archive", "IsOnAws")
    assert archive["Properties"]["SourceArn"] == {"Fn::GetAtt": ["EventBus", "Arn"]}
    assert archive["Properties"]["EventPattern"] == {"source": ["calling-credit"]}
    assert archive["Properties"]["RetentionDays"] == {"Ref": "EventArchiveDays"}
    assert TEMPLATE["Parameters"]["EventArchiveDays"]["Default"] == 30


@pytest.mark.parametrize("name", ["FailureBucketName", "EventArchiveName"])
def test_commands_find_no_bucket_or_archive_on_the_local_stack(name: str) -> None:
    assert TEMPLATE["Outputs"][name]["Condition"] == "IsOnAws"


@pytest.mark.parametrize("folder", ["auto_recharge", "publish_events"])
def test_readers_of_the_stream_may_only_add_to_the_bucket_of_failures(folder: str) -> None:
    own = {one["Sid"]: one for owner, one in statements() if owner == folder}
    keep, find = own["KeepFailures"], own["FindFailureBucket"]
    assert (keep["Action"], keep["Resource"]) == ("s3:PutObject", {"Fn::Sub": "${FailureBucket.Arn}/aws/lambda/*"})
    assert (find["Action"], find["Resource"]) == ("s3:ListBucket", {"Fn::GetAtt": ["FailureBucket", "Arn"]})
