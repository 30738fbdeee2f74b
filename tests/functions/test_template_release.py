"""The translated template deploys what the last release deployed, property by property, logical ids included.

A renamed resource would block the update of an existing stack, and a lost property would change it without notice. Each
intended change is listed in release_differences.py by its path, so that it shows in review.
"""

import copy
from fnmatch import fnmatchcase
from typing import Any

import pytest

from tests.functions.release_differences import ALLOWED
from tests.functions.translation import differences, expand, read_translation, translate
from tests.functions.watch_template import WATCH, bind, nested, passed, with_nested
from tests.harness.template import ROOT, read_template, template

RELEASE = ROOT / "tests" / "fixtures" / "template" / "v1.0.0.json.gz"
MAX_RESOURCES = 420


@pytest.fixture(scope="module")
def source() -> dict[str, Any]:
    """The template as it is written."""
    return read_template((ROOT / "template.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def translated(source: dict[str, Any]) -> dict[str, Any]:
    """The template as CloudFormation deploys it, with the resources of the nested one, which were its own."""
    return with_nested(translate(source), bind(expand(nested()), passed()))


@pytest.fixture(scope="module")
def released() -> dict[str, Any]:
    """The template as the release deployed it."""
    return read_translation(RELEASE)


def test_template_deploys_what_the_release_deployed(translated: dict[str, Any], released: dict[str, Any]) -> None:
    found = differences(released, translated)
    new = set(template(WATCH)["Resources"]) - set(released["Resources"])
    allowed = [*ALLOWED, *(f"Resources/{name}/*" for name in new)]
    unexpected = {path: values for path, values in found.items() if not any(fnmatchcase(path, one) for one in allowed)}
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
    watched = len(expand(nested())["Resources"])
    assert max(watched, len(translated["Resources"]) - watched) <= MAX_RESOURCES  # CloudFormation limits each template.
