"""Which changes become events and e-mail, asserted on the template."""

import json

import pytest

from calling_credit.dynamodb import keys
from calling_credit.notifications.mail_queue import MAX_RECEIVES
from calling_credit.notifications.mails import MAILED, WITH_FREEZE_LINK
from tests.functions.policy_tables import STREAM, TABLE
from tests.functions.template_resources import (
    RESOURCES,
    TEMPLATE,
    event_of,
    functions,
    of_type,
    on_aws,
    statements,
    words,
)


def test_stream_records_that_become_events_invoke_the_publisher() -> None:
    event = event_of("PublishEventsFunction")
    mapping = event["Properties"]
    assert (event["Type"], mapping["Stream"]) == ("DynamoDB", STREAM)
    patterns = [json.loads(found["Pattern"]) for found in mapping["FilterCriteria"]["Filters"]]
    assert len(patterns) <= 5, "Lambda's limit"
    shown = [pattern["dynamodb"]["NewImage"] for pattern in patterns]
    assert [image.pop("SK")["S"] for image in shown] == [
        [{"prefix": "TOPUP#"}],
        ["AUTO_RECHARGE"],
        ["BALANCE"],
        [{"prefix": "ENTRY#"}],
        [
            {"prefix": "UNRATED#"},
            {"prefix": "LOT#"},
            {"prefix": "DENIAL#"},
            {"prefix": "ACTIVITY#"},
            {"prefix": "BOUNCED#"},
            {"prefix": "RECEIPT#"},
            {"prefix": "CREDIT_NOTE#"},
            {"prefix": "SPENT#"},
            "ACCOUNT",
            "ISSUE",
            "PAYMENT_LIMITS",
        ],
    ]
    assert shown == [
        {"status": {"S": ["succeeded", "failed", "canceled"]}},
        {},
        {"low_micros": {"N": [{"exists": True}]}},
        {"kind": {"S": [{"prefix": "credit_"}]}},
        {},
    ]
    assert not [pattern for pattern in patterns if "numeric" in json.dumps(pattern)], "numbers are text in a record"
    assert {name for pattern in patterns for name in pattern} == {"dynamodb"}, (
        "Lambda filters streams only by the images"
    )


def test_failed_event_is_retried_for_a_day_and_then_kept() -> None:
    mapping = event_of("PublishEventsFunction")["Properties"]
    assert (mapping["StartingPosition"], mapping["BatchSize"]) == ("TRIM_HORIZON", 100)
    assert (mapping["MaximumRetryAttempts"], mapping["MaximumRecordAgeInSeconds"]) == (10, 24 * 3600)
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    failed = mapping["DestinationConfig"]["OnFailure"]
    bucket, queue = ({"Fn::GetAtt": [name, "Arn"]} for name in ("FailureBucket", "EventFailureQueue"))
    assert failed == {"Destination": {"Fn::If": ["IsOnAws", bucket, queue]}}
    assert RESOURCES["EventFailureQueue"]["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_stream_has_only_the_two_consumers_that_it_serves_at_full_speed() -> None:
    streams = [
        event["Properties"]["Stream"]
        for function in of_type("AWS::Serverless::Function").values()
        for event in function["Properties"].get("Events", {}).values()
        if event["Type"] == "DynamoDB"
    ]
    assert streams == [STREAM] * 2


def test_publisher_may_only_put_events_and_list_unreadable() -> None:
    own = [statement for folder, statement in statements() if folder == "publish_events"]
    assert [(one["Sid"], one["Resource"]) for one in own] == [
        ("WriteLogs", {"Fn::GetAtt": ["PublishEventsLogs", "Arn"]}),
        ("ListUnreadable", TABLE),
        ("ReadStream", STREAM),
        ("KeepFailures", {"Fn::Sub": "${FailureBucket.Arn}/aws/lambda/*"}),
        ("FindFailureBucket", {"Fn::GetAtt": ["FailureBucket", "Arn"]}),
        ("Announce", {"Fn::GetAtt": ["EventBus", "Arn"]}),
    ]
    assert functions()["publish_events"]["Environment"]["Variables"]["EVENT_BUS_NAME"] == {"Ref": "EventBus"}


def test_ses_itself_suppresses_only_addresses_that_complained() -> None:
    """A mail that protects an account is tried although its address bounced before."""
    assert RESOURCES["MailConfigurationSet"]["Properties"]["SuppressionOptions"] == {"SuppressedReasons": ["COMPLAINT"]}


def test_mailer_may_change_and_delete_only_its_own_items() -> None:
    changing = {"dynamodb:DeleteItem", "dynamodb:UpdateItem"}
    for folder, statement in statements():
        if folder == "send_mail" and changing & set(words(statement["Action"])):
            own = "UNREADABLE" if statement["Sid"] == "ListUnreadable" else keys.mail_pk()
            assert statement["Condition"]["ForAllValues:StringLike"] == {"dynamodb:LeadingKeys": [own]}


def test_mailer_needs_a_sender_and_receives_only_events_for_customers() -> None:
    assert TEMPLATE["Parameters"]["MailFrom"]["Default"] == ""
    assert TEMPLATE["Conditions"]["SendsMail"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "MailFrom"}, ""]}]}
    mailer = RESOURCES["SendMailFunction"]
    assert mailer["Condition"] == "SendsMail"
    rules = [RESOURCES[name] for name in ("SendMailFunctionAnnounced", "UrgentMailRule")]
    for rule, queue in zip(rules, ("MailQueue", "UrgentMailQueue"), strict=True):
        assert (rule["Condition"], rule["Properties"]["EventBusName"]) == ("SendsMail", {"Ref": "EventBus"})
        assert rule["Properties"]["EventPattern"]["source"] == ["calling-credit"]
        [target] = rule["Properties"]["Targets"]
        assert target["Arn"] == {"Fn::GetAtt": [queue, "Arn"]}
        assert target["DeadLetterConfig"] == {"Arn": {"Fn::GetAtt": ["MailDeadLetterQueue", "Arn"]}}
    ordinary, urgent = (rule["Properties"]["EventPattern"]["detail-type"] for rule in rules)
    assert set(urgent) == WITH_FREEZE_LINK
    assert ordinary == [kind for kind in MAILED if kind not in WITH_FREEZE_LINK], "each event goes to one queue"


def test_an_update_adds_the_urgent_rule_before_the_other_one_narrows() -> None:
    rule = RESOURCES["SendMailFunctionAnnounced"]
    assert {"UrgentMailRule", "MailQueuePolicy"} <= set(rule["DependsOn"])
    assert "UrgentMailQueuePolicy" in RESOURCES["UrgentMailRule"]["DependsOn"]
    [target] = rule["Properties"]["Targets"]
    assert target["Id"] == "SendMailFunctionAnnouncedLambdaTarget", "an update replaces the target at once"


@pytest.mark.parametrize(("lane", "size"), [("Mail", 5), ("UrgentMail", 1)])
def test_two_at_a_time_take_mails_and_failures_end_in_one_queue(lane: str, size: int) -> None:
    function, queue = RESOURCES["SendMailFunction"]["Properties"], RESOURCES[f"{lane}Queue"]["Properties"]
    source = function["Events"][f"{lane}s"]["Properties"]
    assert source["Queue"] == {"Fn::GetAtt": [f"{lane}Queue", "Arn"]}
    assert (source["BatchSize"], source["ScalingConfig"]) == (size, {"MaximumConcurrency": 2})
    assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert on_aws(queue["VisibilityTimeout"]) == 6 * function["Timeout"]
    dead = queue["RedrivePolicy"]
    assert dead == {"deadLetterTargetArn": {"Fn::GetAtt": ["MailDeadLetterQueue", "Arn"]}, "maxReceiveCount": 5}
    assert dead["maxReceiveCount"] == MAX_RECEIVES
    sources = RESOURCES["MailDeadLetterQueue"]["Properties"]["RedriveAllowPolicy"]["sourceQueueArns"]
    own = queue["QueueName"]["Fn::Sub"]
    assert any(arn["Fn::Sub"].endswith(f":{own}") for arn in sources)
