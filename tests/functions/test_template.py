"""What is deployed, asserted on the template: who may sign up and write what, call which route, and what is watched."""

import fnmatch
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from calling_credit.dynamodb import keys
from calling_credit.notifications.mails import MAILED
from calling_credit.rates import deck_store
from calling_credit.topups.topup import LEASE, MANUAL_LEASE
from tests.functions.conftest import FUNCTIONS
from tests.functions.template import ROOT, template

TEMPLATE = template()
RESOURCES: dict[str, Any] = TEMPLATE["Resources"]
PAGE = {"GET /", "GET /assets/{version}/{name}", "GET /openapi.json"}
PUBLIC = PAGE | {"GET /rates", "GET /links/{token}", "POST /links/{token}", "POST /stripe/webhook"}
"""Open to all: the page knows nothing, prices are no secret, and links and Stripe's callbacks are signed."""
USER_ROUTES = {
    "GET /balance",
    "GET /usage",
    "GET /usage/{category}",
    "GET /statement",
    "GET /lines",
    "GET /forecast",
    "POST /auto-recharge/simulate",
    "GET /lines/{line_id}/changes",
    "PUT /lines/{line_id}",
    "GET /limits",
    "PUT /limits",
    "GET /auto-recharge",
    "PUT /auto-recharge",
    "POST /top-ups",
    "GET /top-ups",
    "GET /top-ups/{top_up_id}",
    "GET /payment-methods",
    "POST /payment-methods",
    "DELETE /payment-methods/{payment_method_id}",
}
SWITCH_ROUTES = {"POST /calls/authorize"}
OPERATOR_ROUTES = {
    "PUT /accounts/{account_id}",
    "PUT /accounts/{account_id}/lines/{line_id}",
    "PUT /accounts/{account_id}/users/{user_id}",
    "POST /accounts/{account_id}/adjustments",
}


def of_type(kind: str) -> dict[str, Any]:
    """The resources of a type, by name."""
    return {name: resource for name, resource in RESOURCES.items() if resource["Type"] == kind}


def only(kind: str) -> Any:
    """The properties of the one resource of a type."""
    [resource] = of_type(kind).values()
    return resource["Properties"]


def routes() -> dict[str, Any]:
    """Every route by its key."""
    return {
        resource["Properties"]["RouteKey"]: resource["Properties"]
        for resource in of_type("AWS::ApiGatewayV2::Route").values()
    }


def words(value: object) -> Iterator[str]:
    """Every text within a value of the template."""
    if isinstance(value, dict):
        for part in value.values():
            yield from words(part)
    elif isinstance(value, list):
        for part in value:
            yield from words(part)
    else:
        yield str(value)


# --- Sign-up and attributes -------------------------------------------------------------------------------------------


def test_nobody_signs_up_on_their_own() -> None:
    assert only("AWS::Cognito::UserPool")["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"] is True


def test_a_user_has_an_account_id_of_their_own_attribute() -> None:
    attributes = {attribute["Name"]: attribute for attribute in only("AWS::Cognito::UserPool")["Schema"]}
    assert attributes["account_id"]["AttributeDataType"] == "String"
    assert TEMPLATE["Parameters"]["AccountClaim"]["Default"] == "custom:account_id"


def test_no_client_may_write_the_account_id() -> None:
    clients = of_type("AWS::Cognito::UserPoolClient")
    assert len(clients) == 2
    for name, client in clients.items():
        written = client["Properties"].get("WriteAttributes")
        assert written, f"{name} would write every attribute by default"
        assert not [attribute for attribute in written if attribute.startswith("custom:")], name


def test_people_sign_in_with_code_and_without_a_secret_and_services_with_their_secret_alone() -> None:
    clients = of_type("AWS::Cognito::UserPoolClient")
    [user] = [c["Properties"] for c in clients.values() if not c["Properties"]["GenerateSecret"]]
    [service] = [c["Properties"] for c in clients.values() if c["Properties"]["GenerateSecret"]]
    assert user["AllowedOAuthFlows"] == ["code"]
    assert service["AllowedOAuthFlows"] == ["client_credentials"]
    assert not set(user["AllowedOAuthScopes"]) & set(service["AllowedOAuthScopes"])


def test_a_password_may_be_sent_directly_only_on_the_local_stack() -> None:
    for client in of_type("AWS::Cognito::UserPoolClient").values():
        flows = client["Properties"]["ExplicitAuthFlows"]
        assert not {"ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "USER_PASSWORD_AUTH"} & {
            flow for flow in flows if isinstance(flow, str)
        }
        for flow in flows:
            if isinstance(flow, dict):
                assert flow == {"Fn::If": ["IsLocal", "ALLOW_USER_PASSWORD_AUTH", {"Ref": "AWS::NoValue"}]}


def test_the_stack_is_local_only_when_told_so() -> None:
    assert TEMPLATE["Parameters"]["Local"]["Default"] == "false"
    assert TEMPLATE["Conditions"]["IsLocal"] == {"Fn::Equals": [{"Ref": "Local"}, "true"]}


def test_the_scopes_are_those_of_the_contract() -> None:
    servers = [server["Properties"] for server in of_type("AWS::Cognito::UserPoolResourceServer").values()]
    scopes = {f"{server['Identifier']}/{scope['ScopeName']}" for server in servers for scope in server["Scopes"]}
    assert scopes == {"calls/authorize", "accounts/operate"}
    assert TEMPLATE["Parameters"]["OperateScope"]["Default"] == "accounts/operate"
    assert TEMPLATE["Parameters"]["AuthorizeScope"]["Default"] == "calls/authorize"


# --- Routes -----------------------------------------------------------------------------------------------------------


def test_these_are_the_routes() -> None:
    assert set(routes()) == PUBLIC | USER_ROUTES | OPERATOR_ROUTES | SWITCH_ROUTES


def test_every_route_but_prices_links_and_callbacks_has_an_authorizer() -> None:
    open_routes = {key for key, route in routes().items() if route.get("AuthorizationType", "NONE") == "NONE"}
    assert open_routes == PUBLIC
    for key in USER_ROUTES | OPERATOR_ROUTES | SWITCH_ROUTES:
        assert routes()[key]["AuthorizationType"] == "JWT"
        assert routes()[key]["AuthorizerId"]["Ref"] in of_type("AWS::ApiGatewayV2::Authorizer")


def test_customers_and_services_have_authorizers_of_their_own() -> None:
    users = {routes()[key]["AuthorizerId"]["Ref"] for key in USER_ROUTES}
    services = {routes()[key]["AuthorizerId"]["Ref"] for key in OPERATOR_ROUTES | SWITCH_ROUTES}
    assert (len(users), len(services)) == (1, 1)
    assert users != services
    audiences = [
        str(RESOURCES[name]["Properties"]["JwtConfiguration"]["Audience"])
        for names in (users, services)
        for name in names
    ]
    assert "UserClient" in audiences[0]
    assert "UserClient" not in audiences[1]


def test_every_service_route_names_its_scope() -> None:
    for key in OPERATOR_ROUTES:
        assert routes()[key]["AuthorizationScopes"] == [{"Ref": "OperateScope"}], key
    for key in SWITCH_ROUTES:
        assert routes()[key]["AuthorizationScopes"] == [{"Ref": "AuthorizeScope"}], key


@pytest.mark.parametrize("key", sorted(PUBLIC - {"POST /stripe/webhook"}))
def test_what_anyone_may_ask_is_throttled_harder_than_the_rest(key: str) -> None:
    stage = only("AWS::ApiGatewayV2::Stage")
    public, others = stage["RouteSettings"][key], stage["DefaultRouteSettings"]
    assert 0 < public["ThrottlingRateLimit"] < others["ThrottlingRateLimit"]
    assert 0 < public["ThrottlingBurstLimit"] < others["ThrottlingBurstLimit"]


def test_the_switch_never_waits_for_what_people_ask() -> None:
    stage = only("AWS::ApiGatewayV2::Stage")
    [own] = [stage["RouteSettings"][key] for key in SWITCH_ROUTES]
    assert own["ThrottlingRateLimit"] > stage["DefaultRouteSettings"]["ThrottlingRateLimit"]
    assert own["ThrottlingBurstLimit"] > stage["DefaultRouteSettings"]["ThrottlingBurstLimit"]


def test_a_limited_route_exists_before_the_stage_that_limits_it_and_stripe_is_not_limited() -> None:
    [stage] = of_type("AWS::ApiGatewayV2::Stage").values()
    made_before = {RESOURCES[name]["Properties"]["RouteKey"] for name in stage["DependsOn"]}
    assert made_before == set(stage["Properties"]["RouteSettings"]) == PUBLIC - {"POST /stripe/webhook"} | SWITCH_ROUTES


def test_access_logs_hold_no_query_and_no_token() -> None:
    written = only("AWS::ApiGatewayV2::Stage")["AccessLogSettings"]["Format"].lower()
    assert not [word for word in ("query", "authorization", "header", "path", "sourceip") if word in written]


def test_every_route_leads_to_a_function_with_payload_2() -> None:
    integrations = of_type("AWS::ApiGatewayV2::Integration")
    assert {integration["Properties"]["PayloadFormatVersion"] for integration in integrations.values()} == {"2.0"}
    for key, route in routes().items():
        [target] = words(route["Target"])
        [name] = re.findall(r"integrations/\$\{(\w+)\}", target)
        assert name in integrations, key


def starts(key: str) -> str:
    """The function that a route leads to."""
    [target] = words(routes()[key]["Target"])
    integration = RESOURCES[re.findall(r"\$\{(\w+)\}", target)[0]]["Properties"]
    return str(integration["IntegrationUri"]["Fn::GetAtt"][0])


def test_the_gateway_may_start_each_function_for_its_own_routes_and_no_others() -> None:
    permitted: dict[str, list[str]] = {}
    for permission in of_type("AWS::Lambda::Permission").values():
        [source] = words(permission["Properties"]["SourceArn"])
        pattern = source.partition("${Api}/")[2]
        permitted.setdefault(permission["Properties"]["FunctionName"]["Ref"], []).append(pattern)
    asked = {key: f"$default/{key.replace(' ', '')}" for key in routes()}
    for function, patterns in permitted.items():
        own = {key for key in routes() if starts(key) == function}
        assert own, function
        for pattern in patterns:
            matched = {key for key, called in asked.items() if fnmatch.fnmatchcase(called, pattern)}
            assert matched, f"{function}: {pattern} is for no route"
            assert function == "ListUsageFunction" or matched <= own, f"{function}: {pattern}"
        reached = {key for key in own if any(fnmatch.fnmatchcase(asked[key], pattern) for pattern in patterns)}
        assert reached == own, f"{function} may not be started for {own - reached}"
    assert set(permitted) == {starts(key) for key in routes()}


def test_a_payment_is_answered_before_the_gateway_gives_up_and_its_lease_outlives_its_function() -> None:
    waits = RESOURCES["AddFundsIntegration"]["Properties"]["TimeoutInMillis"] / 1000
    assert functions()["add_funds"]["Timeout"] < waits < MANUAL_LEASE.total_seconds()
    for folder in ("auto_recharge", "reconcile_payments"):
        assert 2 * functions()[folder]["Timeout"] <= LEASE.total_seconds()


# --- The queue --------------------------------------------------------------------------------------------------------


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


# --- Payments ---------------------------------------------------------------------------------------------------------


def test_stripes_keys_are_made_empty_outlive_the_stack_and_are_read_by_those_who_use_stripe_alone() -> None:
    secret = RESOURCES["StripeSecret"]
    assert secret["DeletionPolicy"] == secret["UpdateReplacePolicy"] == "Retain"
    assert json.loads(secret["Properties"]["SecretString"]) == {"api_key": "", "webhook_secret": ""}
    readers = {folder for folder, statement in statements() if "StripeSecret" in list(words(statement["Resource"]))}
    assert readers == {
        "add_funds",
        "stripe_webhook",
        "auto_recharge",
        "reconcile_payments",
        "change_settings",
        "prove_ledger",
    }
    for folder, properties in functions().items():
        settings = properties["Environment"]["Variables"]
        assert {"STRIPE_SECRET_ARN", "STRIPE_API_BASE"} & set(settings) == (
            {"STRIPE_SECRET_ARN", "STRIPE_API_BASE"} if folder in readers else set()
        ), folder


def test_payments_come_back_to_the_first_address_of_the_page() -> None:
    settings = functions()["add_funds"]["Environment"]["Variables"]
    assert settings["PAGE_URL"]["Fn::If"][:2] == ["HasPageUrls", {"Fn::Select": [0, {"Ref": "PageUrls"}]}]
    [own] = words(settings["PAGE_URL"]["Fn::If"][2])
    assert own.endswith("/")


def test_a_payment_lies_between_five_and_five_hundred_dollars_unless_the_operator_says_otherwise() -> None:
    parameters = TEMPLATE["Parameters"]
    assert (parameters["TopUpMinimum"]["Default"], parameters["TopUpMaximum"]["Default"]) == ("5.00", "500.00")
    settings = TEMPLATE["Globals"]["Function"]["Environment"]["Variables"]
    assert settings["TOP_UP_MINIMUM"] == {"Ref": "TopUpMinimum"}
    assert settings["TOP_UP_MAXIMUM"] == {"Ref": "TopUpMaximum"}


def event_of(function: str) -> Any:
    """What wakes a function."""
    [event] = RESOURCES[function]["Properties"]["Events"].values()
    return event


def test_balances_below_their_threshold_wake_automatic_recharge_and_no_others() -> None:
    event = event_of("AutoRechargeFunction")
    mapping = event["Properties"]
    assert (event["Type"], mapping["Stream"]) == ("DynamoDB", {"Fn::GetAtt": ["LedgerTable", "StreamArn"]})
    [only_filter] = mapping["FilterCriteria"]["Filters"]
    headroom = {"headroom_micros": {"N": [{"prefix": "-"}]}}
    assert json.loads(only_filter["Pattern"]) == {"dynamodb": {"NewImage": headroom}}


def test_a_record_that_cannot_be_looked_at_comes_again_alone_and_is_kept_when_it_is_given_up() -> None:
    mapping = event_of("AutoRechargeFunction")["Properties"]
    assert (mapping["BatchSize"], mapping["MaximumRetryAttempts"]) == (10, 5)
    assert mapping["MaximumRecordAgeInSeconds"] == 6 * 3600
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    failed = mapping["DestinationConfig"]["OnFailure"]
    assert failed == {"Type": "SQS", "Destination": {"Fn::GetAtt": ["RechargeFailureQueue", "Arn"]}}
    assert RESOURCES["RechargeFailureQueue"]["Properties"]["MessageRetentionPeriod"] == 14 * 24 * 3600


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


def test_open_payments_are_looked_at_every_minute() -> None:
    event = event_of("ReconcilePaymentsFunction")
    assert (event["Type"], event["Properties"]["ScheduleExpression"]) == ("ScheduleV2", "rate(1 minute)")


def test_holds_that_are_over_are_looked_at_every_minute_and_time_alone_ends_none() -> None:
    event = event_of("ExpireHoldsFunction")
    assert (event["Type"], event["Properties"]["ScheduleExpression"]) == ("ScheduleV2", "rate(1 minute)")
    forgets = only("AWS::DynamoDB::Table")["TimeToLiveSpecification"]
    assert forgets == {"AttributeName": "expires_at", "Enabled": True}, "which no live hold has"


def test_the_ledger_is_proven_once_a_day_and_nothing_in_it_can_be_changed_by_that() -> None:
    event = event_of("ProveLedgerFunction")
    assert (event["Type"], event["Properties"]["ScheduleExpression"]) == ("ScheduleV2", "cron(17 3 * * ? *)")
    own = [statement for folder, statement in statements() if folder == "prove_ledger"]
    assert "dynamodb:UpdateItem" not in list(words([statement["Action"] for statement in own]))
    [writes] = [statement for statement in own if "dynamodb:PutItem" in list(words(statement["Action"]))]
    assert writes["Condition"] == {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": [keys.issue_pk("*")]}}


# --- Rate decks -------------------------------------------------------------------------------------------------------


def test_a_dropped_deck_wakes_the_publisher_and_an_activated_one_wakes_who_rates_waiting_calls() -> None:
    bucket = only("AWS::S3::Bucket")
    assert bucket["NotificationConfiguration"] == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    told = {"source": ["aws.s3"], "detail-type": ["Object Created"]}
    for function, event, key in (
        ("PublishRatesFunction", "Dropped", {"prefix": deck_store.INCOMING}),
        ("RerateCallsFunction", "Activated", deck_store.ACTIVE_KEY),
    ):
        found = RESOURCES[function]["Properties"]["Events"][event]
        detail = {"bucket": {"name": [{"Ref": "DeckBucket"}]}, "object": {"key": [key]}}
        assert (found["Type"], found["Properties"]["Pattern"]) == ("EventBridgeRule", told | {"detail": detail})


def test_the_publisher_writes_decks_reports_and_the_pointer_and_never_what_wakes_it() -> None:
    [statement] = [said for folder, said in statements() if "s3:PutObject" in list(words(said["Action"]))]
    written = list(words(statement["Resource"]))
    assert [text.partition("${DeckBucket.Arn}/")[2] for text in written] == [
        f"{deck_store.DECKS}*",
        f"{deck_store.REPORTS}*",
        deck_store.ACTIVE_KEY,
    ]


# --- The table --------------------------------------------------------------------------------------------------------


def test_the_ledger_outlives_the_stack_and_can_be_restored_to_any_second() -> None:
    [ledger] = of_type("AWS::DynamoDB::Table").values()
    assert ledger["DeletionPolicy"] == ledger["UpdateReplacePolicy"] == "Retain"
    properties = ledger["Properties"]
    assert properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert properties["DeletionProtectionEnabled"] == {"Fn::If": ["IsLocal", False, True]}
    assert properties["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert properties["BillingMode"] == "PAY_PER_REQUEST"


def test_the_table_is_pk_and_sk_with_the_one_sparse_index() -> None:
    properties = only("AWS::DynamoDB::Table")
    item_keys = {key["KeyType"]: key["AttributeName"] for key in properties["KeySchema"]}
    assert item_keys == {"HASH": "PK", "RANGE": "SK"}
    [index] = properties["GlobalSecondaryIndexes"]
    assert (index["IndexName"], index["Projection"]) == ("sweep", {"ProjectionType": "ALL"})
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["sweep_pk", "sweep_sk"]


def test_the_rate_decks_outlive_the_stack_and_are_not_public() -> None:
    [bucket] = of_type("AWS::S3::Bucket").values()
    assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
    assert set(bucket["Properties"]["PublicAccessBlockConfiguration"].values()) == {True}


# --- Functions --------------------------------------------------------------------------------------------------------


def functions() -> dict[str, Any]:
    """Every function's properties, by its folder."""
    return {
        resource["Properties"]["CodeUri"].strip("/").removeprefix("functions/"): resource["Properties"]
        for resource in of_type("AWS::Serverless::Function").values()
    }


def test_one_word_pair_names_a_function_its_folder_its_event_and_its_tests() -> None:
    assert set(functions()) == set(FUNCTIONS)
    for folder in functions():
        assert "".join(part.title() for part in folder.split("_")) + "Function" in RESOURCES
        assert (ROOT / "functions" / folder / "app.py").is_file()
        assert (ROOT / "events" / f"{folder}.json").is_file()
        assert (ROOT / "tests" / "functions" / f"test_{folder}.py").is_file()
        assert functions()[folder]["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] == folder


def statements() -> list[tuple[str, Any]]:
    """Every statement of every function's policies."""
    found = []
    for folder, properties in functions().items():
        for policy in properties["Policies"]:
            assert isinstance(policy, dict), f"{folder} uses a managed policy, which is wider than it needs"
            found += [(folder, statement) for statement in policy["Statement"]]
    return found


def on_aws(value: Any) -> Any:
    """What a value of the template is where the stack is not local."""
    if isinstance(value, dict) and value.get("Fn::If", [None])[0] == "IsLocal":
        return value["Fn::If"][2]
    return value


def test_no_policy_allows_everything_or_everywhere() -> None:
    assert len(statements()) >= len(FUNCTIONS)
    for folder, statement in statements():
        actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        assert not [action for action in actions if "*" in action], folder
        assert "*" not in list(words(on_aws(statement["Resource"]))), folder
        assert statement["Effect"] == "Allow"


@pytest.mark.parametrize("folder", FUNCTIONS)
def test_a_function_that_only_reads_may_not_write_and_none_may_delete_or_scan(folder: str) -> None:
    actions = {
        action
        for owner, statement in statements()
        if owner == folder
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    assert not {"dynamodb:Scan", "dynamodb:BatchWriteItem"} & actions
    assert ("s3:PutObject" in actions) == (folder == "publish_rates")
    if folder != "send_mail":
        assert "dynamodb:DeleteItem" not in actions
    if folder == "list_usage":
        assert not {"dynamodb:PutItem", "dynamodb:UpdateItem"} & actions


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


def test_functions_check_no_parameters_twice_and_trace_without_an_sdk() -> None:
    for properties in [*functions().values(), TEMPLATE["Globals"]["Function"]]:
        assert "VALIDATE_PARAMETERS" not in properties.get("Environment", {}).get("Variables", {})


# --- Alarms -----------------------------------------------------------------------------------------------------------


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


def test_every_resource_says_why_it_exists() -> None:
    lines = (ROOT / "template.yaml").read_text(encoding="utf-8").splitlines()
    for name in RESOURCES:
        place = lines.index(f"  {name}:")
        assert lines[place - 1].startswith("  # "), name
