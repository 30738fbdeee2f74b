"""The emergency pages of the runbook: their steps are numbered, and the commands of AWS in them exist."""

import re
from itertools import pairwise

import botocore.session
import pytest
from botocore import xform_name

from tests.harness.template import ROOT

COMMAND = re.compile(r"\baws ([a-z0-9-]+) ([a-z0-9-]+)((?:\s+--[a-z-]+(?:\s+(?!--)\S+)?)*)")
TITLES = (
    "A key leaked",
    "An admin account was taken over",
    "An employee left",
    "A link leaked",
    "A release that fails",
)

NAMES = {"deploy": "codedeploy"}
"""Services that the AWS CLI calls otherwise."""


def section(title: str) -> str:
    """The text of a page of the runbook."""
    text = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
    [found] = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", text, re.MULTILINE | re.DOTALL)
    return str(found)


def commands() -> list[tuple[str, str, frozenset[str]]]:
    """The service, the operation, and the options of each command; each once."""
    text = "\n".join(map(section, TITLES))
    found = {(match[1], match[2], frozenset(re.findall(r"--([a-z-]+)", match[3]))) for match in COMMAND.finditer(text)}
    return sorted(found, key=str)


@pytest.mark.parametrize(("service", "operation", "options"), commands(), ids=str)
def test_an_aws_command_has_an_operation_and_its_required_options(
    service: str, operation: str, options: frozenset[str]
) -> None:
    model = botocore.session.get_session().get_service_model(NAMES.get(service, service))
    names = {xform_name(name, "-"): name for name in model.operation_names}
    shape = model.operation_model(names[operation]).input_shape
    assert shape is not None
    members = {xform_name(name, "-") for name in shape.members}
    required = {xform_name(name, "-") for name in shape.required_members}
    assert options <= members, options - members
    assert required <= options, required - options


@pytest.mark.parametrize("title", TITLES)
def test_an_emergency_page_has_numbered_steps_and_an_end(title: str) -> None:
    text = section(title)
    steps = [int(number) for number in re.findall(r"^(\d+)\. ", text, re.MULTILINE)]
    assert steps[:2] == [1, 2]
    assert all(step in (1, before + 1) for before, step in pairwise(steps))
    assert "**Over when**" in text
