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
        "prove_accounts",
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
    bucket, queue = ({"Fn::GetAtt": [name, "Arn"]} for name in ("FailureBucket", "RechargeFailureQueue"))
    assert failed == {"Destination": {"Fn::If": ["IsOnAws", bucket, queue]}}
    assert RESOURCES["RechargeFailureQueue"]["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_sweep_checks_open_payments_every_minute() -> None:
    event = event_of("ReconcilePaymentsFunction")
    assert (event["Type"], event["Properties"]["ScheduleExpression"]) == ("ScheduleV2", "rate(1 minute)")


def test_no_sweep_is_retried_or_late() -> None:
    no_retry = {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}
    for function in ("ReconcilePaymentsFunction", "ExpireHoldsFunction", "RerateCallsFunction"):
        properties = RESOURCES[function]["Properties"]
        [schedule] = [event for event in properties["Events"].values() if event["Type"] == "ScheduleV2"]
        assert properties["EventInvokeConfig"] == schedule["Properties"]["RetryPolicy"] == no_retry


def test_list_of_a_night_continues_in_later_runs_that_never_meet() -> None:
    event, function = event_of("ProveLedgerFunction"), RESOURCES["ProveLedgerFunction"]["Properties"]
    assert (event["Type"], event["Properties"]["ScheduleExpression"]) == ("ScheduleV2", "cron(17/20 3-5 * * ? *)")
    assert function["Timeout"] < 20 * 60
    no_retry = {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 60}
    assert function["EventInvokeConfig"] == event["Properties"]["RetryPolicy"] == no_retry


def test_accounts_are_proven_five_messages_at_once_and_three_times() -> None:
    event, function = event_of("ProveAccountsFunction")["Properties"], RESOURCES["ProveAccountsFunction"]["Properties"]
    assert event["Queue"] == {"Fn::GetAtt": ["ProofQueue", "Arn"]}
    assert (event["BatchSize"], event["FunctionResponseTypes"]) == (1, ["ReportBatchItemFailures"])
    assert event["ScalingConfig"] == {"MaximumConcurrency": {"Fn::If": ["IsLocal", 2, 5]}}
    queue = RESOURCES["ProofQueue"]["Properties"]
    assert queue["VisibilityTimeout"] == 6 * function["Timeout"]
    dead = {"Fn::GetAtt": ["ProofDeadLetterQueue", "Arn"]}
    assert queue["RedrivePolicy"] == {"deadLetterTargetArn": dead, "maxReceiveCount": 3}
    assert RESOURCES["ProofDeadLetterQueue"]["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 3600


def test_nightly_proof_may_not_change_the_ledger() -> None:
    own = [one for folder, one in statements() if folder in ("prove_ledger", "prove_accounts")]
    allowed = {one["Sid"]: one["Condition"]["ForAllValues:StringLike"] for one in own if "Condition" in one}
    puts = {one["Sid"] for one in own if "dynamodb:PutItem" in list(words(one["Action"]))}
    assert puts == {"KeepPosition", "ListDifferences"}
    assert allowed["ListDifferences"] == {"dynamodb:LeadingKeys": [stripe_keys.issue_pk("*")]}
    assert allowed["KeepPosition"] == {"dynamodb:LeadingKeys": ["LEASE"]}
    updates = {one["Sid"] for one in own if "dynamodb:UpdateItem" in list(words(one["Action"]))}
    assert updates == {"KeepCheckpoints", "ListUnreadable"}
    attributes = allowed["KeepCheckpoints"]["dynamodb:Attributes"]
    assert set(attributes) == {"PK", "SK", "days", "proven_at", "full_on", "schema"}, "those of no other item's money"
