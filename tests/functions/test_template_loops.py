"""How template.yaml is written: its length, its comments, its loops, and the settings with which sam expands them."""

import re
import tomllib

from tests.functions.template_resources import of_type
from tests.harness.template import ROOT, read_template

TEXT = (ROOT / "template.yaml").read_text(encoding="utf-8")
SOURCE = read_template(TEXT)
MAX_LINES = 2620


def test_template_stays_short_enough_to_read() -> None:
    assert len(TEXT.splitlines()) < MAX_LINES


def test_every_resource_and_every_loop_has_a_comment_that_gives_its_reason() -> None:
    lines = TEXT.splitlines()
    for name in SOURCE["Resources"]:
        place = lines.index(f"  {name}:")
        assert lines[place - 1].startswith("  # "), name


def test_every_row_that_a_loop_reads_has_a_comment_that_gives_its_reason() -> None:
    tables = TEXT[TEXT.index("\nMappings:\n") : TEXT.index("\nGlobals:\n")]
    for table, rows in SOURCE["Mappings"].items():
        body = re.split(r"\n  (?=\w)", tables.partition(f"\n  {table}:\n")[2])[0]
        for row in rows:
            assert re.search(rf"^    {row}:.*  # [A-Z].*\.$", body, flags=re.MULTILINE), f"{table}.{row}"


def test_every_row_of_a_table_creates_resources() -> None:
    used = {
        (table, item)
        for name, loop in SOURCE["Resources"].items()
        if name.startswith("Fn::ForEach::")
        for table in re.findall(r"'Fn::FindInMap': \['(\w+)'", str(loop[2]))
        for item in loop[1]
    }
    assert used >= {(table, row) for table, rows in SOURCE["Mappings"].items() for row in rows}


def test_dependencies_are_named_without_loops() -> None:
    """CloudFormation accepts only literal names there."""
    [stage] = of_type("AWS::ApiGatewayV2::Stage")
    assert all(re.fullmatch(r"\w+", name) for name in SOURCE["Resources"][stage]["DependsOn"])


def test_every_environment_expands_loops_and_may_deploy_them() -> None:
    environments = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))
    assert environments.pop("version") == 0.1
    for name, commands in environments.items():
        assert commands["global"]["parameters"]["language_extensions"] is True, name
        if "deploy" in commands:
            capabilities = commands["deploy"]["parameters"]["capabilities"].split()
            assert capabilities == ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"], name
