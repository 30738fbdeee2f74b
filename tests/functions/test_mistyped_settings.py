"""A mistyped number of a test run ends it with a sentence, not with a traceback."""

import os
import subprocess
import sys

import pytest

from tests.harness.settings import number_setting, whole_setting
from tests.harness.template import ROOT

FAULTS = ["tests/laws/test_payment_faults.py", "tests/laws/test_payment_writes.py"]


@pytest.mark.parametrize(
    ("variable", "name", "text"),
    [("FAULTS_SHARE", "SHARE", "lots"), ("FAULTS_SEED", "SEED", "1.5"), ("FAULTS_PAIRS", "N", "-1")],
)
def test_a_mistyped_number_of_make_faults_is_named(variable: str, name: str, text: str) -> None:
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *FAULTS]
    environ = os.environ | {variable: text}
    done = subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert f"Exit: {name}={text} is not a" in done.stdout + done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("text", ["", "lots", "nan", "inf", "-0.1", "1.1", "1,0", "0x1"])
def test_a_share_is_a_number_from_0_to_1(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAULTS_SHARE", text)
    with pytest.raises(pytest.exit.Exception, match=r"^SHARE=.* is not a number from 0 to 1; say SHARE=0.1"):
        number_setting("FAULTS_SHARE", 0.1, 0, 1)


@pytest.mark.parametrize("text", ["", "lots", "-1", "1.0", "\u0661", "9" * 5_000])
def test_a_seed_is_a_whole_number(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAWS_SEED", text)
    with pytest.raises(pytest.exit.Exception, match=r"^LAWS_SEED=.* is not a whole number"):
        whole_setting("LAWS_SEED", 6)


def test_valid_numbers_and_defaults_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FAULTS_SHARE", raising=False)
    assert (number_setting("FAULTS_SHARE", 0.1, 0, 1), whole_setting("LAWS_SEED", 6)) == (0.1, 6)
    monkeypatch.setenv("FAULTS_SHARE", "1")
    assert number_setting("FAULTS_SHARE", 0.1, 0, 1) == 1
