"""How the templates are written: length, comments, loops, and the settings with which sam expands them."""

import re
import tomllib

import pytest

from tests.functions.template_resources import of_type
from tests.functions.watch_template import WATCH
from tests.harness.template import ROOT, read_template

TEXTS = {name: (ROOT / name).read_text(encoding="utf-8") for name in ("template.yaml", WATCH)}
SOURCES = {name: read_template(text) for name, text in TEXTS.items()}
MAX_LINES = {"template.yaml": 2300, WATCH: 1000}

templates = pytest.mark.parametrize("name", TEXTS)


@templates
def test_template_stays_short_enough_to_read(name: str) -> None:
    assert len(TEXTS[name].splitlines()) < MAX_LINES[name]


@templates
def test_every_resource_and_every_loop_has_a_comment_that_gives_its_reason(name: str) -> None:
    lines = TEXTS[name].splitlines()
    lines = lines[lines.index("Resources:") :]
    for resource in SOURCES[name]["Resources"]:
        place = lines.index(f"  {resource}:")
        assert lines[place - 1].startswith("  # "), resource


@templates
def test_every_row_that_a_loop_reads_has_a_comment_that_gives_its_reason(name: str) -> None:
    text = TEXTS[name]
    tables = re.split(r"\n(?=\w)", text[text.index("\nMappings:\n") + 1 :])[0]
    for table, rows in SOURCES[name]["Mappings"].items():
        body = re.split(r"\n  (?=\w)", tables.partition(f"\n  {table}:\n")[2])[0]
        for row in rows:
            assert re.search(rf"^    {row}:.*  # [A-Z].*\.$", body, flags=re.MULTILINE), f"{table}.{row}"


@templates
def test_every_row_of_a_table_creates_resources(name: str) -> None:
    used = {
        (table, item)
        for title, loop in SOURCES[name]["Resources"].items()
        if title.startswith("Fn::ForEach::")
        for table in re.findall(r"'Fn::FindInMap': \['(\w+)'", str(loop[2]))
        for item in loop[1]
    }
    assert used >= {(table, row) for table, rows in SOURCES[name]["Mappings"].items() for row in rows}


def test_dependencies_are_named_without_loops() -> None:
    """CloudFormation accepts only literal names there."""
    [stage] = of_type("AWS::ApiGatewayV2::Stage")
    assert all(re.fullmatch(r"\w+", name) for name in SOURCES["template.yaml"]["Resources"][stage]["DependsOn"])


def test_every_environment_expands_loops_and_may_deploy_them() -> None:
    environments = tomllib.loads((ROOT / "samconfig.toml").read_text(encoding="utf-8"))
    assert environments.pop("version") == 0.1
    for name, commands in environments.items():
        assert commands["global"]["parameters"]["language_extensions"] is True, name
        if "deploy" in commands:
            capabilities = commands["deploy"]["parameters"]["capabilities"].split()
            assert capabilities == ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"], name
