"""Stripe's keys, automatic recharge, and the sweeps of payments, asserted on the template."""

import json

from calling_credit.dynamodb import stripe_keys
from tests.functions.policy_tables import STREAM
from tests.functions.template_resources import RESOURCES, TEMPLATE, event_of, functions, statements, words


def test_stripe_keys_start_empty_and_only_paying_functions_read_them() -> None:
    secret = RESOURCES["StripeSecret"]
    assert secret["DeletionPolicy"] == secret["UpdateReplacePolicy"] == "Retain"
    assert json.loads(secret["Properties"]["SecretString"]) == {"api_key": "", "webhook_secret": ""}, (
        "another text would overwrite the operator's values"
    )
    readers = {folder for folder, statement in statements() if "StripeSecret" in list(words(statement["Resource"]))}
    assert readers == {
        "add_funds",
        "follow_links",
        "stripe_webhook",
        "auto_recharge",
        "reconcile_payments",
        "change_settings",
        "move_credit",
        "prove_ledger",
        "read_accounts",
    }
    for folder, properties in functions().items():
        settings = properties["Environment"]["Variables"]
        assert {"STRIPE_SECRET_ARN", "STRIPE_API_BASE"} & set(settings) == (
            {"STRIPE_SECRET_ARN", "STRIPE_API_BASE"} if folder in readers else set()
        ), folder


def test_only_the_function_that_verifies_callbacks_reads_their_secret() -> None:
    secret = RESOURCES["StripeWebhookSecret"]
    assert secret["DeletionPolicy"] == secret["UpdateReplacePolicy"] == "Retain"
    assert json.loads(secret["Properties"]["SecretString"]) == {"webhook_secret": ""}
    readers = {folder for folder, one in statements() if "StripeWebhookSecret" in list(words(one["Resource"]))}
    assert readers == {"stripe_webhook"}
    for folder, properties in functions().items():
        settings = properties["Environment"]["Variables"]
        assert ("WEBHOOK_SECRET_ARN" in settings) == (folder in readers), folder


def test_payments_return_to_the_first_address_of_the_page() -> None:
    settings = functions()["add_funds"]["Environment"]["Variables"]
    assert settings["PAGE_URL"]["Fn::If"][:2] == ["HasPageUrls", {"Fn::Select": [0, {"Ref": "PageUrls"}]}]
    [own] = words(settings["PAGE_URL"]["Fn::If"][2])
    assert own.endswith("/")


def test_payment_is_5_to_500_dollars_unless_the_operator_changes_it() -> None:
    parameters = TEMPLATE["Parameters"]
    assert (parameters["TopUpMinimum"]["Default"], parameters["TopUpMaximum"]["Default"]) == ("5.00", "500.00")
    settings = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    assert settings["TOP_UP_MINIMUM"] == {"Ref": "TopUpMinimum"}
    assert settings["TOP_UP_MAXIMUM"] == {"Ref": "TopUpMaximum"}


def test_only_balances_below_their_threshold_invoke_automatic_recharge() -> None:
    event = event_of("AutoRechargeFunction")
    mapping = event["Properties"]
    assert (event["Type"], mapping["Stream"]) == ("DynamoDB", STREAM)
    [only_filter] = mapping["FilterCriteria"]["Filters"]
    headroom = {"headroom_micros": {"N": [{"prefix": "-"}]}}
    assert json.loads(only_filter["Pattern"]) == {"dynamodb": {"NewImage": headroom}}


def test_failed_stream_record_is_retried_alone_and_then_kept() -> None:
    mapping = event_of("AutoRechargeFunction")["Properties"]
    assert (mapping["BatchSize"], mapping["MaximumRetryAttempts"]) == (10, 5)
    assert mapping["MaximumRecordAgeInSeconds"] == 6 * 3600
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    failed = mapping["DestinationConfig"]["OnFailure"]
    assert failed == {"Type": "SQS", "Destination": {"Fn::GetAtt": ["RechargeFailureQueue", "Arn"]}}
    assert RESOURCES["RechargeFailureQueue"]["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_sweep_checks_open_payments_every_minute() -> None:
    event = event_of("ReconcilePaymentsFunction")
    assert (event["Type"], event["Properties"]["ScheduleExpression"]) == ("ScheduleV2", "rate(1 minute)")


def test_daily_proof_may_not_change_the_ledger() -> None:
    event = event_of("ProveLedgerFunction")
    assert (event["Type"], event["Properties"]["ScheduleExpression"]) == ("ScheduleV2", "cron(17 3 * * ? *)")
    own = [statement for folder, statement in statements() if folder == "prove_ledger"]
    assert "dynamodb:UpdateItem" not in list(words([statement["Action"] for statement in own]))
    [writes] = [statement for statement in own if "dynamodb:PutItem" in list(words(statement["Action"]))]
    assert writes["Condition"]["ForAllValues:StringLike"] == {"dynamodb:LeadingKeys": [stripe_keys.issue_pk("*")]}
