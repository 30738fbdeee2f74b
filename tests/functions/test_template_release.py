"""The translated template deploys what the last release deployed, property by property, logical ids included.

A renamed resource would block the update of an existing stack, and a lost property would change it without notice. Each
intended change is listed here by its path, so that it shows in review.
"""

import copy
from fnmatch import fnmatchcase
from typing import Any

import pytest

from tests.functions.translation import differences, expand, read_translation, translate
from tests.functions.watch_template import WATCH, bind, passed
from tests.harness.template import ROOT, read_template, template

RELEASE = ROOT / "tests" / "fixtures" / "template" / "v1.0.0.json.gz"
MAX_RESOURCES = 440

ALLOWED = {
    "Parameters/*/Description": "Words for the operator.",
    "Outputs/*/Description": "Words for the operator.",
    "Rules/*/AssertDescription": "Words for the operator.",
    "Resources/*Alarm/Properties/AlarmDescription*": "Words for the operator.",
    "Resources/WatchStack/*": "The alarms are in a nested stack.",
    "Parameters/RunbookUrl/*": "The alarms link to the operator's runbook.",
    "Resources/SendMail*Alarm/Properties/Dimensions/0/Value/*": "The nested stack gets no name without a sender.",
    "Resources/*Function/Properties/Description": "Words for the operator.",
    "Resources/Api/Properties/Description": "Words for the operator.",
    "Resources/RateCallsFunction/Metadata/cfn-lint/*": "Lint only: cfn-lint now reports E3505 on the queue.",
    "Resources/CallQueue/Metadata/cfn-lint/*": "Lint only: cfn-lint now reports E3505 on the queue.",
    "Resources/ProveAccounts*": "Accounts are proven by a function of their own.",
    "Resources/Proof*": "The queue of accounts to prove.",
    "Resources/ProveLedgerFunction/Properties/Environment/Variables/PROOF_QUEUE_URL*": "The same.",
    "Resources/ProveLedgerFunctionEveryNight/*": "Later runs of a night continue its list.",
    "Resources/ProveLedgerFunctionEventInvokeConfig/*": "The same.",
    "Outputs/Proof*": "The same.",
    "Resources/OpenApiRoute/*": "GET /openapi.json is new.",
    "Resources/OpenApiPermission/*": "GET /openapi.json is new.",
    "Resources/ApiStage/DependsOn*": "The stage limits GET /openapi.json.",
    "Resources/ApiStage/Properties/RouteSettings/GET ?openapi.json/*": "GET /openapi.json is new.",
    "Resources/AccountRatesRoute/*": "GET /account/rates is new.",
    "Resources/PatchAutoRechargeRoute/*": "PATCH /auto-recharge is new.",
    "Resources/SimulateRoute/Properties/Target*": "It names the charge, so it needs the function that asks Stripe.",
    "Resources/SimulatePermission/Properties/FunctionName*": "The same.",
    "Resources/PostCorrectionRoute/*": "POST /accounts/{account_id}/calls/{call_key}/corrections is new.",
    "Resources/PatchRechargePermission/*": "PATCH /auto-recharge is new.",
    "Resources/ReadRechargePermission/*": "The operator has a route that ends in /auto-recharge, too.",
    "Resources/ChangeRechargePermission/Properties/SourceArn/*": "The operator has such a route, too.",
    "Resources/SwitchOffRechargeRoute/*": "PUT /accounts/{account_id}/auto-recharge is new.",
    "Resources/FollowLinks*": "Links have a function of their own.",
    "Resources/ShowLinkRoute/Properties/Target/*": "Links have a function of their own.",
    "Resources/FollowLinkRoute/Properties/Target/*": "Links have a function of their own.",
    "Resources/LinksPermission/Properties/*": "Links have a function of their own.",
    "Resources/PressLinksPermission/*": "The same.",
    "Resources/PublicRates*": "The public price list has a function of its own.",
    "Resources/RatesRoute/Properties/Target/*": "The public price list has a function of its own.",
    "Resources/ApiStage/Properties/RouteSettings/GET ?rates/*": "The functions limit each caller.",
    "Resources/ApiStage/Properties/RouteSettings/* ?links?*": "The functions limit each caller.",
    "Resources/StripeWebhookSecret/*": "The webhook secret is apart from the API key.",
    "Resources/StripeWebhookFunction/Properties/Environment/Variables/WEBHOOK_SECRET_ARN/*": "The same.",
    "Outputs/StripeWebhookSecretArn/*": "The same.",
    "Resources/*QueuePolicy/*": "Queues accept TLS only.",
    "Resources/EventBusPolicy/*": "Nobody else sends events in this application's name.",
    "Resources/CardsBlockedAlarm/*": "The alarm of blocked cards is new.",
    "Resources/CardAttemptsLimitedAlarm/*": "Card testing raises an alarm.",
    "Resources/PublishEventsFunctionChanges/Properties/FilterCriteria/Filters/4/Pattern": "It announces refusals.",
    "Resources/PostUnblockRoute/*": "POST /accounts/{account_id}/cards/unblock is new.",
    "Resources/*FunctionRole/*": "Roles use no managed policies; test_template_policies judges them.",
    "Parameters/HomeCountries/*": "Which calls are part of the subscription.",
    "Parameters/HangUpToleranceSeconds/*": "Switches hang up with timers of whole seconds.",
    "Parameters/HoldGraceSeconds/*": "How long the credit of a call that is never reported stays held.",
    "Parameters/RatingGraceMinutes/*": "When a new deck prices calls that had no price.",
    "Parameters/DeckLeadSeconds/*": "Every function switches to a new deck at the same instant.",
    "Parameters/Brand*": "The operator's name, logo, and color.",
    "Parameters/HelpUrl/*": "The operator's help.",
    "Resources/*Function/Properties/Environment/Variables/BRAND_*": "The same.",
    "Resources/*Function/Properties/Environment/Variables/HELP_URL*": "The same.",
    "Parameters/LeadSeconds/*": "When a moved number changes its line.",
    "Metadata/AWS::CloudFormation::Interface/*": "The parameter groups list the new parameters.",
    "Resources/*Function/Properties/Environment/Variables/HOME_COUNTRIES*": "The parameter HomeCountries.",
    "Resources/*Function/Properties/Environment/Variables/HANG_UP_TOLERANCE_SECONDS*": "HangUpToleranceSeconds.",
    "Resources/*Function/Properties/Environment/Variables/HOLD_GRACE_SECONDS*": "HoldGraceSeconds.",
    "Resources/*Function/Properties/Environment/Variables/RATING_GRACE_MINUTES*": "RatingGraceMinutes.",
    "Resources/*Function/Properties/Environment/Variables/DECK_LEAD_SECONDS*": "DeckLeadSeconds.",
    "Resources/*Function/Properties/Environment/Variables/LEAD_SECONDS*": "LeadSeconds.",
    "Resources/PublishRatesFunction/Properties/Environment/Variables/STACK_NAME*": "The report's command names it.",
    "Resources/PublishRatesFunctionCompiling*": "A schedule compiles the active deck after an upgrade.",
    "Resources/StripeAccountChangedAlarm/*": "The key may belong to another Stripe account.",
    "Resources/PublishEventsFunctionChanges/Properties/FilterCriteria*": "Rules also announce cards that expire.",
    "Resources/SendMailFunction*/Properties/EventPattern*": "CardExpiring is mailed.",
    "Resources/UnknownAreaCodesAlarm/*": "Calls to area codes that no table knows are refused.",
    "Resources/ManageAccountsFunction/Properties/Environment/Variables/DECK_BUCKET/*": "Reads the added area codes.",
    "Resources/PatchRecharge*": "PATCH /auto-recharge is new.",
    "Resources/CallbacksSilentAlarm/*": "Payments happen and callbacks do not arrive.",
    "Resources/InvalidSignaturesAlarm/*": "Callbacks with a wrong signature are refused.",
    "Parameters/ServiceAudience/*": "The switch and the back office have an audience each.",
    "Parameters/*Audience/*": "The same, and one of the staff.",
    "Rules/OwnIssuerNamesItsAudiences/*": "The same.",
    "Conditions/HasStaffAudience/*": "The same.",
    "Parameters/*Group/*": "Groups of the staff.",
    "Parameters/*Scope/*": "Scopes of the two clients.",
    "Resources/*Function/Properties/Environment/Variables/*_GROUP*": "The same.",
    "Resources/*Function/Properties/Environment/Variables/*_SCOPE*": "The same.",
    "Resources/BillingPageFunction/Properties/Environment/Variables/STAFF_CLIENT_ID/*": "The desk signs staff in.",
    "Resources/*ResourceServer/*": "Scopes of the two clients.",
    "Resources/ServiceClient/*": "It is the switch's; the back office has a client of its own.",
    "Resources/ServiceAuthorizer/*": "The same.",
    "Resources/Operator*": "The back office, the staff, and the alarm of adjustments.",
    "Parameters/OperatorActionsPerHour/*": "How many adjustments raise no alarm.",
    "Resources/Desk*": "GET /desk and the authorizer of the staff's routes are new.",
    "Resources/ApiStage/Properties/RouteSettings/GET ?desk/*": "The same.",
    "Resources/ActivityRoute/*": "GET /activity is new.",
    "Resources/DeniedCallsRoute/*": "GET /denied-calls is new.",
    "Resources/SpendingRoute/*": "GET /spending is new.",
    "Parameters/RulesUseBankAccounts/*": "Whether rules may debit bank accounts.",
    "Resources/*Function/Properties/Environment/Variables/RULES_USE_BANK_ACCOUNTS*": "The same.",
    "Resources/PatchPaymentMethodRoute/*": "PATCH /payment-methods/{payment_method_id} is new.",
    "Resources/PaymentMethodPermission/Properties/SourceArn/*": "The same.",
    "Resources/OverviewRoute/*": "GET /overview is new.",
    "Resources/*NotificationsRoute/*": "GET and PUT /notifications are new.",
    "Resources/PutLanguageRoute/*": "The same.",
    "Resources/NotificationsPermission/*": "The same.",
    "Resources/ChangeLinesRoute/*": "PUT /lines is new.",
    "Resources/ChangeSettingsPermission/Properties/SourceArn/*": "The same.",
    "Resources/FreezePermission/*": "POST /freeze is new.",
    "Resources/StaffClient/*": "The desk signs staff in.",
    "Resources/*Staff/*": "Groups of the staff.",
    "Resources/P*Route/Properties/AuthorizerId*": "The back office has an authorizer of its own.",
    "Resources/PostAdjustmentRoute/Properties/AuthorizationScopes/0*": "Moving credit has a scope of its own.",
    "Resources/ManageAccountsPermission/Properties/SourceArn/*": "The paths of the staff are named apart.",
    "Resources/ManageCreditPermission/*": "The same.",
    "Parameters/Adjustment*": "How much credit staff and clients give on one day.",
    "Resources/ManageAccountsFunction/Properties/Environment/Variables/ADJUSTMENT*": "The same.",
    "Resources/*MoveCredit*": "Goodwill, refunds, transfers, and approvals.",
    "Resources/Post*Route/*": "The same.",
    "Resources/GetApprovalsRoute/*": "The same.",
    "Resources/GoodwillPermission/*": "The same.",
    "Resources/RefundsPermission/*": "The same.",
    "Resources/TransfersPermission/*": "The same.",
    "Resources/*ApprovalsPermission/*": "The same.",
    "Resources/AdjustmentsLimitedAlarm/*": "A client has used its day up.",
    "Outputs/*ClientId/*": "The switch, the back office, and the desk have a client each.",
    "Parameters/Mfa/*": "A second factor.",
    "Parameters/MailIdentity/*": "The user pool's mails go through SES.",
    "Conditions/*Mfa/*": "A second factor.",
    "Conditions/HasMailIdentity/*": "The user pool's mails go through SES.",
    "Resources/UserPool/Properties/*Mfa*": "A second factor.",
    "Resources/UserPool/Properties/EmailConfiguration/*": "The user pool's mails go through SES.",
    "Parameters/RefreshTokenDays/*": "How long a sign-in can be renewed.",
    "Resources/UserClient/Properties/*": "Tokens live 15 minutes, and refresh tokens rotate.",
    "Resources/SignOut*": "An operator ends sign-ins.",
    "Resources/ManageAccountsFunction/Properties/Environment/Variables/USER_POOL_ID/*": "The same.",
    "Resources/ManageAccountsFunction/Properties/Environment/Variables/REFRESH_TOKEN_DAYS/*": "The same.",
    "Outputs/DeskUrl/*": "The desk has an address.",
    "Resources/ApiStage/Properties/RouteSettings/POST /calls/events/*": "Switches report calls over HTTP.",
    "Resources/ReportCalls*": "Switches report calls over HTTP.",
    "Parameters/NumberRetentionMonths/*": "Old phone numbers are shortened.",
    "Resources/ShortenNumbers*": "The same.",
    "Parameters/Ledger*": "A restored table becomes the live one.",
    "Conditions/CreatesTable/*": "The same.",
    "Rules/Another*": "The same.",
    "Resources/*Function/Properties/Environment/Variables/TABLE_NAME/*": "The same.",
    "Resources/*Function*/Properties/EventSourceArn/*": "The same.",
    "Outputs/TableName/Value/*": "The same.",
    "Resources/ArchiveBucket*": "Finished calls are archived as they arrive.",
    "Resources/RateCallsFunction/Properties/Environment/Variables/ARCHIVE_BUCKET/*": "The same.",
    "Parameters/Archive*": "The same.",
    "Conditions/LocksArchive/*": "The same.",
    "Outputs/ArchiveBucketName/*": "The same.",
    "Resources/ReadAccounts*": "Staff read accounts with a function of its own.",
    "Resources/KeepAccounts*": "Staff close and export accounts with a function of its own.",
    "Resources/DeckBucket/Properties/LifecycleConfiguration/*": "Exports are deleted after a day.",
    "Resources/ReadLimitsPermission/*": "Staff have a route that ends in /limits, too.",
    "Resources/ChangeLimitsPermission/Properties/SourceArn/*": "The same.",
    "Resources/*TopUpsPermission/*": "The same of /top-ups.",
    "Resources/CheckoutsPermission/*": "Customers pay on Stripe's page.",
    "Resources/CheckConnectorKey*": "Switches that send a fixed header have keys.",
    "Resources/Connector*": "The same.",
    "Resources/RevokedKeysAlarm/*": "The same.",
    "Resources/ApiStage/Properties/RouteSettings/POST ?connector?*": "The same.",
    "Resources/ApiStage/Properties/AccessLogSettings/Format": "The log names the connector.",
    "Resources/*FunctionVersion*": "Every function has versions, and the alias live.",
    "Resources/*FunctionAliaslive/*": "The same.",
    "Resources/*Integration/Properties/IntegrationUri*": "Requests go through the alias.",
    "Resources/*Permission/Properties/FunctionName*": "The same.",
    "Resources/*Function?*/Properties/FunctionName/Ref": "Messages and stream records go through the alias.",
    "Resources/*Function?*/Properties/Target*": "Schedules and events go through the alias.",
    "Resources/*Role/Properties/Policies/*Resource*": "The same.",
    "Resources/SendMailFunctionEventInvokeConfig/*": "The same.",
    "Parameters/ReservedConcurrency/*": "Functions have shares of the account's concurrency.",
    "Conditions/ReservesConcurrency/*": "The same.",
    "Resources/*Function/Properties/ReservedConcurrentExecutions/*": "The same.",
    "Conditions/StartsFromSnapshots/*": "Functions that people and switches wait for start from snapshots.",
    "Resources/*Function/Properties/SnapStart/*": "The same.",
    "Resources/*Function/Properties/RuntimeManagementConfig/*": "A new runtime comes with a release only.",
    "Outputs/RerateCallsFunctionName/Value/Ref": "Commands go through the alias.",
    "Resources/*Mail*Queue/*": "Events wait in queues for their mail, urgent ones apart.",
    "Resources/UrgentMailRule/*": "The same.",
    "Resources/SendMailFunction*Mails/*": "The same.",
    "Resources/SendMailFunctionAnnounced/Properties/Targets/*": "The same.",
    "Resources/SendMailFunctionAnnounced/DependsOn/*": "The same.",
    "Resources/SendMailFunction/Properties/Environment/Variables/*MAIL_QUEUE_URL/*": "The same.",
    "Outputs/*Mail*QueueUrl/*": "The same.",
}
"""Patterns of the paths that may differ from the release, each with its reason."""


@pytest.fixture(scope="module")
def source() -> dict[str, Any]:
    """The template as it is written."""
    return read_template((ROOT / "template.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def translated(source: dict[str, Any]) -> dict[str, Any]:
    """The template as CloudFormation deploys it, with the resources of the nested one, which were its own."""
    return with_nested(translate(source), bind(expand(nested()), passed()))


def nested() -> dict[str, Any]:
    """The nested template as it is written."""
    return read_template((ROOT / WATCH).read_text(encoding="utf-8"))


def with_nested(application: dict[str, Any], watching: dict[str, Any]) -> dict[str, Any]:
    """Return one template with the resources of both and the conditions that they use."""
    merged = {name: {**watching.get(name, {}), **application[name]} for name in ("Resources", "Conditions")}
    return {**application, **merged}


@pytest.fixture(scope="module")
def released() -> dict[str, Any]:
    """The template as the release deployed it."""
    return read_translation(RELEASE)


def test_template_deploys_what_the_release_deployed(translated: dict[str, Any], released: dict[str, Any]) -> None:
    found = differences(released, translated)
    unexpected = {path: values for path, values in found.items() if not any(fnmatchcase(path, one) for one in ALLOWED)}
    assert unexpected == {}


def test_each_allowed_change_still_occurs(translated: dict[str, Any], released: dict[str, Any]) -> None:
    found = differences(released, translated)
    assert [pattern for pattern in ALLOWED if not any(fnmatchcase(path, pattern) for path in found)] == []


def test_every_logical_id_of_the_release_remains(translated: dict[str, Any], released: dict[str, Any]) -> None:
    assert set(released["Resources"]) <= set(translated["Resources"])


def test_comparison_reports_each_removed_property(translated: dict[str, Any]) -> None:
    for name, resource in translated["Resources"].items():
        for lost in resource.get("Properties", {}):
            changed = copy.deepcopy(resource)
            del changed["Properties"][lost]
            paths = differences({name: resource}, {name: changed})
            assert any(path.startswith(f"{name}/Properties/{lost}") for path in paths), f"{name}.{lost}"


def test_comparison_reports_new_ids_and_other_values(translated: dict[str, Any]) -> None:
    changed = copy.deepcopy(translated)
    changed["Resources"]["OtherRoute"] = changed["Resources"].pop("BalanceRoute")
    changed["Resources"]["UnratedAlarm"]["Properties"]["Threshold"] = "0"
    resources = {path.split("/")[1] for path in differences(translated, changed)}
    assert resources == {"BalanceRoute", "OtherRoute", "UnratedAlarm"}


def test_sam_cli_and_the_emulator_expand_the_loops_alike(source: dict[str, Any]) -> None:
    assert differences(expand(source), template()) == {}
    assert differences(expand(nested()), template(WATCH)) == {}


def test_translated_template_leaves_room_below_the_limit_of_resources(translated: dict[str, Any]) -> None:
    assert len(translated["Resources"]) <= MAX_RESOURCES  # Those of both templates together.
