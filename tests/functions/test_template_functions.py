"""Names and settings of the functions, asserted on the template."""

from tests.functions.template_resources import RESOURCES, TEMPLATE, TRACE, functions, roles
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


def test_functions_validate_no_parameters_twice_and_trace_without_an_sdk() -> None:
    for properties in [*functions().values(), TEMPLATE["Globals"]["Function"]]:
        assert "VALIDATE_PARAMETERS" not in properties.get("Environment", {}).get("Variables", {})
    assert TEMPLATE["Globals"]["Function"]["Tracing"] == {"Fn::If": ["IsLocal", "PassThrough", "Active"]}
    assert not [line for line in (ROOT / "layers/domain/requirements.txt").read_text().splitlines() if "xray" in line]


def test_every_role_may_send_its_traces_and_nothing_else_of_x_ray() -> None:
    trace = {
        "Sid": TRACE,
        "Effect": "Allow",
        "Action": ["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
        "Resource": "*",
    }
    for folder, role in roles().items():
        allowed = [one for policy in role["Policies"] for one in policy["PolicyDocument"]["Statement"]]
        assert [one for one in allowed if "xray" in str(one)] == [trace], folder
