"""The committed bundle is what `make page` makes of its sources, and both languages say the same."""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.harness.template import ROOT

FOLDER = ROOT / "functions" / "billing_page"
MESSAGES = FOLDER / "page" / "messages"
AREAS = sorted({path.name.partition(".")[0] for path in MESSAGES.iterdir()})
CODE = {path: path.read_text("utf-8") for name in ("page", "desk") for path in (FOLDER / name).glob("*.js")}


def install_esbuild() -> str | None:
    """Install the pinned esbuild; why that is not possible here, or None."""
    if not shutil.which("node") or not shutil.which("npm"):
        return "Node.js is not installed, so the bundle cannot be built again."
    if not (ROOT / "node_modules" / "esbuild").exists():
        done = subprocess.run(["npm", "ci", "--ignore-scripts"], cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode:
            return f"npm ci failed: {done.stderr.strip()[-300:]}"
    return None


def test_the_committed_bundle_is_built_from_its_sources(tmp_path: Path) -> None:
    if reason := install_esbuild():
        assert not os.environ.get("CI"), reason
        pytest.skip(reason)
    built = subprocess.run(
        ["node", "ops/bundle_page.mjs", str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    committed = {path.name: path.read_text("utf-8") for path in (FOLDER / "bundle").iterdir()}
    differing = [path.name for path in tmp_path.iterdir() if committed.get(path.name) != path.read_text("utf-8")]
    assert (differing, set(committed)) == ([], {path.name for path in tmp_path.iterdir()}), "Run make page."


def messages(area: str, language: str) -> dict[str, Any]:
    """The messages of an area: a text, or a text for each plural form."""
    found: dict[str, Any] = json.loads((MESSAGES / f"{area}.{language}.json").read_text("utf-8"))
    return found


def names(message: str | Mapping[str, str]) -> set[str]:
    """The names that a message fills in; the form for one item need not show the number."""
    texts = [message] if isinstance(message, str) else list(message.values())
    return {name for text in texts for name in re.findall(r"{(\w+)}", text)}


@pytest.mark.parametrize("area", AREAS)
def test_both_languages_have_the_same_messages(area: str) -> None:
    english, french = messages(area, "en"), messages(area, "fr")
    assert list(english) == list(french)
    for key, message in english.items():
        assert names(message) == names(french[key]), key
        assert isinstance(message, str) == isinstance(french[key], str), key
        if not isinstance(message, str):
            assert (set(message), set(french[key])) == ({"one", "other"}, {"one", "other"}), key


@pytest.mark.parametrize("area", AREAS)
def test_french_messages_are_french(area: str) -> None:
    """A text that is equal in both languages is listed here, so that none is forgotten."""
    english, french = messages(area, "en"), messages(area, "fr")
    equal = {
        key for key, message in english.items() if message == french[key] and re.search("[A-Za-z]{3}", str(message))
    }
    assert {f"{area}.{key}" for key in equal} <= SAME_IN_BOTH, area
    for key, message in french.items():
        texts = [message] if isinstance(message, str) else list(message.values())
        for text in texts:
            assert "'" not in text, f"{area}.{key}: write a typographic apostrophe."
            assert not re.search(r"[^\s  ][?!;]|[^\s  \d]:(?!//)", text), (
                f"{area}.{key}: put a no-break space before the sign."
            )


SAME_IN_BOTH = {
    "activity.field_suspended",
    "activity.inLanguage",
    "billing.minutesCount",
    "call_price.includedOf",
    "call_table.column_at",
    "call_table.column_destination",
    "call_table.perMinute",
    "calls.column_at",
    "calls.column_destination",
    "common.datesLabel",
    "history.date",
    "history.type",
    "notifications.title",
    "places.to_notifications",
    "promotions.code",
    "rates.destination",
    "recharge_form.cardInState",
    "recharge_form.recharges",
    "spend.total",
    "spend_groups.minutes",
    "statement.date",
    "statement.dayAndTime",
    "statement.description",
    "statement.entry_promotion_redeemed",
    "usage.minutes",
}


@pytest.mark.parametrize("area", [area for area in AREAS if area != "html"])
def test_every_message_is_used_and_every_used_one_exists(area: str) -> None:
    users = [text for text in CODE.values() if f'from "messages/{area}"' in text]
    assert users, f"No module imports messages/{area}."
    if area.endswith("_codes"):  # The module adds them to the words of codes.js.
        users.append(CODE[FOLDER / "page" / "codes.js"])
    keys = set(messages(area, "en"))
    quoted = {name for text in users for name in re.findall(r'"(\w+)"', text)}
    prefixes = {name for text in users for name in re.findall(r"\bt\(`(\w+)\$", text)}
    unused = {key for key in keys - quoted if not any(key.startswith(prefix) for prefix in prefixes)}
    assert unused == set()
    if all(len(re.findall("messages/", text)) == 1 for text in users):
        called = {name for text in users for name in re.findall(r'\bt\("(\w+)"', text)}
        assert called <= keys
