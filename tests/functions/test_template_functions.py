"""Names and policies of the functions, asserted on the template."""

import pytest

from tests.functions.template_resources import RESOURCES, TEMPLATE, functions, on_aws, statements, words
from tests.harness.table import FUNCTIONS
from tests.harness.template import ROOT


def test_one_name_serves_a_function_its_folder_its_event_and_its_tests() -> None:
    assert set(functions()) == set(FUNCTIONS)
    for folder in functions():
        assert "".join(part.title() for part in folder.split("_")) + "Function" in RESOURCES
        assert (ROOT / "functions" / folder / "app.py").is_file()
        assert (ROOT / "events" / f"{folder}.json").is_file()
        assert (ROOT / "tests" / "functions" / f"test_{folder}.py").is_file()
        assert functions()[folder]["Environment"]["Variables"]["POWERTOOLS_SERVICE_NAME"] == folder


def test_no_policy_allows_all_actions_or_all_resources() -> None:
    assert len(statements()) >= len(FUNCTIONS)
    for folder, statement in statements():
        actions = [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        assert not [action for action in actions if "*" in action], folder
        assert "*" not in list(words(on_aws(statement["Resource"]))), folder
        assert statement["Effect"] == "Allow"


@pytest.mark.parametrize("folder", FUNCTIONS)
def test_reading_function_may_not_write_and_none_may_delete_or_scan(folder: str) -> None:
    actions = {
        action
        for owner, statement in statements()
        if owner == folder
        for action in ([statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"])
    }
    assert not {"dynamodb:Scan", "dynamodb:BatchWriteItem"} & actions
    assert ("s3:PutObject" in actions) == (folder == "publish_rates")
    if folder not in ("send_mail", "manage_accounts"):
        assert "dynamodb:DeleteItem" not in actions
    if folder == "list_usage":
        assert not {"dynamodb:PutItem", "dynamodb:UpdateItem"} & actions


def test_functions_validate_no_parameters_twice_and_trace_without_an_sdk() -> None:
    for properties in [*functions().values(), TEMPLATE["Globals"]["Function"]]:
        assert "VALIDATE_PARAMETERS" not in properties.get("Environment", {}).get("Variables", {})
