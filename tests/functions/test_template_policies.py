"""What each role may do, asserted on the translated policies: those that CloudFormation deploys."""

import json
from typing import Any

import pytest

from calling_credit.notifications import event_bus
from tests.functions.policy_tables import (
    DELETED,
    INDEX,
    INDEXED,
    READS,
    SECRETS,
    STREAM,
    TABLE,
    WITHOUT_DATA,
    WRITES,
    WRITTEN,
)
from tests.functions.template_resources import TRACE, actions_of, on_aws, roles, statements, translated, words
from tests.harness.table import FUNCTIONS


def all_roles() -> dict[str, Any]:
    """Return every role of the stack, those that SAM makes for schedules included."""
    return {name: one["Properties"] for name, one in translated().items() if one["Type"] == "AWS::IAM::Role"}


def of_table(folder: str, resource: Any, actions: set[str]) -> list[Any]:
    """Return the statements that allow a function some of these actions on the table or its index."""
    return [
        statement
        for owner, statement in statements()
        if owner == folder and statement["Resource"] == resource and actions & set(actions_of(statement))
    ]


def partitions(folder: str, resource: Any, actions: set[str]) -> set[str]:
    """Return the partitions that these statements allow."""
    conditions = [one["Condition"]["ForAllValues:StringLike"] for one in of_table(folder, resource, actions)]
    return {key for condition in conditions for key in condition["dynamodb:LeadingKeys"]}


def test_every_function_has_a_role_of_its_own_and_no_managed_policy() -> None:
    assert set(roles()) == set(FUNCTIONS)
    assert len({id(role) for role in roles().values()}) == len(FUNCTIONS)
    assert not [name for name, role in all_roles().items() if role.get("ManagedPolicyArns")]
    attached = [one for one in translated().values() if one["Type"] in ("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy")]
    assert attached == []


def test_only_lambda_and_the_scheduler_assume_the_roles() -> None:
    for name, role in all_roles().items():
        [statement] = role["AssumeRolePolicyDocument"]["Statement"]
        service = {"ReleaseRole": "codedeploy"}.get(name, "lambda" if name.endswith("FunctionRole") else "scheduler")
        assert statement["Principal"]["Service"] in (f"{service}.amazonaws.com", [f"{service}.amazonaws.com"]), name
        assert set(actions_of(statement)) == {"sts:AssumeRole"}


def test_no_policy_allows_all_actions_or_all_resources() -> None:
    """AWS requires `*` as a resource only for traces."""
    for name, role in all_roles().items():
        for policy in role.get("Policies", []):
            for one in policy["PolicyDocument"]["Statement"]:
                statement = {part: on_aws(value) for part, value in on_aws(one).items()}
                assert set(statement) <= {"Sid", "Effect", "Action", "Resource", "Condition"}, name
                if statement.get("Sid") == TRACE:
                    continue
                assert statement["Effect"] == "Allow"
                assert not [action for action in actions_of(statement) if "*" in action], name
                resources = list(words(on_aws(statement["Resource"])))
                assert resources, name
                assert not [resource for resource in resources if resource.strip("*") == ""], name
                assert "AWS::NoValue" not in resources


def test_statements_have_names_that_are_unique_in_their_role() -> None:
    assert len({(folder, statement["Sid"]) for folder, statement in statements()}) == len(statements())


@pytest.mark.parametrize("folder", FUNCTIONS)
def test_each_function_writes_its_own_log_and_no_other(folder: str) -> None:
    logs = "".join(part.title() for part in folder.split("_")) + "Logs"
    own = [one for owner, one in statements() if owner == folder and "logs:" in str(one["Action"])]
    assert [(one["Resource"], set(actions_of(one))) for one in own] == [
        ({"Fn::GetAtt": [logs, "Arn"]}, {"logs:CreateLogStream", "logs:PutLogEvents"})
    ]


@pytest.mark.parametrize("folder", FUNCTIONS)
def test_writers_of_the_table_write_their_own_partitions_only(folder: str) -> None:
    assert partitions(folder, TABLE, WRITES) == WRITTEN.get(folder, set())
    assert of_table(folder, INDEX, WRITES) == []


def test_every_statement_on_the_table_names_partitions_and_refuses_none() -> None:
    for folder, statement in statements():
        if statement["Resource"] in (TABLE, INDEX):
            condition = statement["Condition"]
            assert set(condition) == {"ForAllValues:StringLike", "Null"}, folder
            assert condition["Null"] == {"dynamodb:LeadingKeys": "false"}, "a request without keys would be allowed"
            assert condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"], folder
            assert set(actions_of(statement)) <= READS | WRITES, folder
        else:
            allowed = {action for action in actions_of(statement) if action.startswith("dynamodb:")}
            assert not allowed or statement["Resource"] == STREAM, folder


@pytest.mark.parametrize("folder", FUNCTIONS)
def test_sweeps_find_their_own_kinds_of_item_only(folder: str) -> None:
    assert partitions(folder, INDEX, READS) == INDEXED.get(folder, set())
    assert all(actions_of(one) == ["dynamodb:Query"] for one in of_table(folder, INDEX, READS))


@pytest.mark.parametrize("folder", FUNCTIONS)
def test_each_function_reads_only_its_secrets(folder: str) -> None:
    read = [one for owner, one in statements() if owner == folder and "secretsmanager" in str(one["Action"])]
    assert {name for one in read for name in one["Resource"]["Fn::GetAtt"][:1]} == SECRETS.get(folder, set())
    assert all(actions_of(one) == ["secretsmanager:GetSecretValue"] for one in read)


@pytest.mark.parametrize("folder", FUNCTIONS)
def test_few_functions_delete_and_only_publishing_writes_decks(folder: str) -> None:
    actions = {action for owner, one in statements() if owner == folder for action in actions_of(one)}
    assert not {"dynamodb:Scan", "dynamodb:BatchWriteItem"} & actions
    writers = ("publish_rates", "keep_accounts", "rate_calls", "auto_recharge", "publish_events")
    assert ("s3:PutObject" in actions) == (folder in writers)
    assert ("lambda:InvokeFunction" in actions) == (folder in ("keep_accounts", "check_release"))
    assert partitions(folder, TABLE, {"dynamodb:DeleteItem"}) == DELETED.get(folder, set())
    assert ("events:PutEvents" in actions) == (folder == "publish_events")
    assert ("ses:SendEmail" in actions) == (folder == "send_mail")
    assert ("sqs:ReceiveMessage" in actions) == (folder in ("prove_accounts", "rate_calls", "send_mail"))
    assert ("sqs:ChangeMessageVisibility" in actions) == (folder == "send_mail")


@pytest.mark.parametrize("folder", WITHOUT_DATA)
def test_functions_without_a_sign_in_read_no_account(folder: str) -> None:
    actions = {action for owner, one in statements() if owner == folder for action in actions_of(one)}
    assert {action for action in actions if not action.startswith("logs:")} == WITHOUT_DATA[folder]


def test_the_authorizer_reads_keys_and_writes_their_last_use_only() -> None:
    own = [one for owner, one in statements() if owner == "check_connector_key" and "logs:" not in str(one["Action"])]
    [[find], [store]] = [actions_of(one) for one in own]
    assert (find, store) == ("dynamodb:GetItem", "dynamodb:UpdateItem")
    assert [one["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"] for one in own] == [
        ["CONNECTOR_KEY#*"]
    ] * 2
    attributes = own[1]["Condition"]["ForAllValues:StringLike"]["dynamodb:Attributes"]
    assert attributes == ["PK", "SK", "last_used_at", "last_address"]


def test_no_other_function_reads_or_writes_connector_keys() -> None:
    for folder, statement in statements():
        patterns = statement.get("Condition", {}).get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys", [])
        if folder != "check_connector_key":
            assert not [one for one in patterns if one == "*" or one.startswith("CONNECTOR")], folder


READ_TAX = {"add_funds", "auto_recharge", "change_settings", "list_usage", "reconcile_payments"}
"""The functions that charge, or show what a charge would cost."""


def test_decks_are_read_by_prefix() -> None:
    for folder, statement in statements():
        if "s3:GetObject" in actions_of(statement):
            read = {text.partition("${DeckBucket.Arn}/")[2] for text in words(statement["Resource"])}
            uploads = {"incoming/*", "reports/*"} if folder == "publish_rates" else set()
            lists = set() if folder in ("public_rates", "check_release") else {"lists/*"}
            decks = {"active.json", "compiled/*", "decks/*", "short_codes/*"} | uploads | lists
            if read == {"tax/rates.csv"}:
                assert folder in READ_TAX
                continue
            others = {"keep_accounts": {"exports/*"}, "read_accounts": {"lists/cost/*"}}
            assert read == others.get(folder, decks), folder


def test_streams_and_queues_are_those_of_this_stack() -> None:
    for folder, statement in statements():
        if any(action.startswith(("sqs:", "dynamodb:GetRecords")) for action in actions_of(statement)):
            resource = statement["Resource"]
            assert resource == STREAM or set(resource) == {"Fn::GetAtt"}, folder


def test_publisher_sends_events_of_this_application_only() -> None:
    [statement] = [one for _, one in statements() if "events:PutEvents" in actions_of(one)]
    assert statement["Condition"] == {
        "ForAllValues:StringEquals": {"events:source": event_bus.SOURCE},
        "Null": {"events:source": "false"},
    }


def test_only_the_publisher_sends_in_its_name() -> None:
    policy = translated()["EventBusPolicy"]
    statement = policy["Properties"]["Statement"]
    assert policy["Condition"] == "IsOnAws", "the emulator does not support policies of buses"
    assert policy["Properties"]["EventBusName"] == {"Ref": "EventBus"}
    assert (statement["Effect"], statement["Principal"], statement["Action"]) == ("Deny", "*", "events:PutEvents")
    assert statement["Resource"] == {"Fn::GetAtt": ["EventBus", "Arn"]}
    assert statement["Condition"] == {
        "ArnNotEquals": {"aws:PrincipalArn": {"Fn::GetAtt": ["PublishEventsFunctionRole", "Arn"]}},
        "ForAnyValue:StringEquals": {"events:source": event_bus.SOURCE},
    }


@pytest.mark.parametrize("sender", ["billing@phone.example", "Billing <billing@phone.example>"])
def test_mailer_sends_from_the_address_in_mail_from_only(sender: str) -> None:
    [statement] = [one for _, one in statements() if "ses:SendEmail" in actions_of(one)]
    condition = statement["Condition"]
    assert set(condition) == {"StringEquals"}
    assert computed(condition["StringEquals"]["ses:FromAddress"], {"MailFrom": sender}) == "billing@phone.example"
    identities = list(words(on_aws(statement["Resource"])))
    assert [text.partition("${AWS::AccountId}:")[2] for text in identities] == [
        "identity/*",
        "configuration-set/${AWS::StackName}-mail",
    ]


def computed(value: Any, parameters: dict[str, str]) -> Any:
    """Return what CloudFormation makes of Select, Split, and Sub."""
    match value:
        case {"Fn::Select": [position, part]}:
            return computed(part, parameters)[int(position)]
        case {"Fn::Split": [delimiter, part]}:
            return computed(part, parameters).split(delimiter)
        case {"Fn::Sub": text}:
            for name, parameter in parameters.items():
                text = text.replace(f"${{{name}}}", parameter)
            return text
    return value


def test_policies_can_be_deployed_as_json() -> None:
    for folder, role in roles().items():
        documents = [policy["PolicyDocument"] for policy in role["Policies"]]
        assert all(document["Version"] == "2012-10-17" for document in documents), folder
        assert sum(len(json.dumps(document)) for document in documents) < 10_240, "IAM's limit for inline policies"
