"""Which changes become events and e-mail, asserted on the template."""

import json

from calling_credit.dynamodb import keys
from calling_credit.notifications.mails import MAILED
from tests.functions.template_resources import RESOURCES, TEMPLATE, event_of, functions, of_type, statements, words


def test_what_is_announced_wakes_the_publisher_and_nothing_else_does() -> None:
    event = event_of("PublishEventsFunction")
    mapping = event["Properties"]
    assert (event["Type"], mapping["Stream"]) == ("DynamoDB", {"Fn::GetAtt": ["LedgerTable", "StreamArn"]})
    patterns = [json.loads(found["Pattern"]) for found in mapping["FilterCriteria"]["Filters"]]
    assert len(patterns) <= 5, "Lambda's limit"
    shown = [pattern["dynamodb"]["NewImage"] for pattern in patterns]
    assert [image.pop("SK")["S"] for image in shown] == [
        [{"prefix": "TOPUP#"}],
        ["AUTO_RECHARGE"],
        ["BALANCE"],
        [{"prefix": "ENTRY#"}],
        [{"prefix": "UNRATED#"}, {"prefix": "DENIAL#"}, "ACCOUNT"],
    ]
    assert shown == [
        {"status": {"S": ["succeeded", "failed", "canceled"]}},
        {"suspended_reason": {"S": [{"exists": True}]}},
        {"low_micros": {"N": [{"exists": True}]}},
        {"kind": {"S": [{"prefix": "credit_"}]}},
        {},
    ]
    assert not [pattern for pattern in patterns if "numeric" in json.dumps(pattern)], "numbers are text in a record"
    assert {name for pattern in patterns for name in pattern} == {"dynamodb"}, "Lambda filters streams by nothing else"


def test_an_event_that_is_not_taken_comes_again_for_a_day_and_is_kept_when_it_is_given_up() -> None:
    mapping = event_of("PublishEventsFunction")["Properties"]
    assert (mapping["StartingPosition"], mapping["BatchSize"]) == ("TRIM_HORIZON", 100)
    assert (mapping["MaximumRetryAttempts"], mapping["MaximumRecordAgeInSeconds"]) == (10, 24 * 3600)
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    failed = mapping["DestinationConfig"]["OnFailure"]
    assert failed == {"Type": "SQS", "Destination": {"Fn::GetAtt": ["EventFailureQueue", "Arn"]}}
    assert RESOURCES["EventFailureQueue"]["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_the_stream_has_no_more_than_the_two_consumers_it_serves_at_full_speed() -> None:
    streams = [
        event["Properties"]["Stream"]
        for function in of_type("AWS::Serverless::Function").values()
        for event in function["Properties"].get("Events", {}).values()
        if event["Type"] == "DynamoDB"
    ]
    assert streams == [{"Fn::GetAtt": ["LedgerTable", "StreamArn"]}] * 2


def test_the_publisher_may_speak_on_the_one_bus_and_do_nothing_else() -> None:
    said = [statement for folder, statement in statements() if folder == "publish_events"]
    assert [(statement["Action"], statement["Resource"]) for statement in said] == [
        ("events:PutEvents", {"Fn::GetAtt": ["EventBus", "Arn"]})
    ]
    assert functions()["publish_events"]["Environment"]["Variables"]["EVENT_BUS_NAME"] == {"Ref": "EventBus"}


def test_the_mailer_deletes_and_changes_nothing_but_what_it_remembers_of_mails() -> None:
    changing = {"dynamodb:DeleteItem", "dynamodb:UpdateItem"}
    for folder, statement in statements():
        if folder == "send_mail" and changing & set(words(statement["Action"])):
            assert statement["Condition"] == {"ForAllValues:StringEquals": {"dynamodb:LeadingKeys": [keys.mail_pk()]}}


def test_no_mail_is_sent_unless_a_sender_is_named_and_only_about_what_is_news_to_customers() -> None:
    assert TEMPLATE["Parameters"]["MailFrom"]["Default"] == ""
    assert TEMPLATE["Conditions"]["SendsMail"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "MailFrom"}, ""]}]}
    mailer = RESOURCES["SendMailFunction"]
    assert mailer["Condition"] == "SendsMail"
    [event] = mailer["Properties"]["Events"].values()
    assert event["Properties"]["EventBusName"] == {"Ref": "EventBus"}
    assert event["Properties"]["Pattern"] == {"source": ["calling-credit"], "detail-type": list(MAILED)}
