"""The operator's commands that correct and rerate calls, on the real function."""

import sys
from types import ModuleType
from typing import Any

import boto3
import pytest

from ops import correct_call, rerate_calls
from ops.stack import FoundStack
from ops.terminal import CommandError
from tests.functions.corrections_bench import STARTED, correct, details
from tests.functions.rerate_bench import DEARER, charged, prices
from tests.harness.world import World

pytestmark = [pytest.mark.dynamodb, pytest.mark.filterwarnings("ignore:No application metrics")]

CALL = ("--account", "acct_1", "--call", "c_1", "--started-at", STARTED, "--reason", "The switch hung")
RANGE = ("--account", "acct_1", "--from", "2026-11-20", "--to", "2026-11-30")


@pytest.fixture(autouse=True)
def stack(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Connect the commands with the function."""

    def ask(_: FoundStack, event: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = world.stack.invoke("rerate_calls", event, seconds=300)
        if "code" in answer:
            raise CommandError(f"{answer['code']}: {answer['detail']}")
        return answer

    for module in (correct_call, rerate_calls):
        monkeypatch.setattr(module, "ask", ask)
        monkeypatch.setattr(module, "find_stack", lambda: FoundStack("staging", False, {}, boto3.Session(), None))
    charged(world)


def output(
    module: ModuleType, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str
) -> tuple[int, str]:
    """The exit code and the output of a command, in one line."""
    monkeypatch.setattr(sys, "argv", ["make", *words])
    capsys.readouterr()
    code = module.main()
    return code, " ".join(capsys.readouterr().out.split())


def test_correct_call_previews_asks_and_posts_once(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    before = world.stack.items()
    code, text = output(correct_call, monkeypatch, capsys, *CALL, "--seconds", "60")
    assert (code, world.stack.items()) == (1, before), "without a terminal the answer is no"
    assert "c_1 of acct_1, started 2026-11-23T10:00:00.000Z: 125 s for 0.30 become 60 s for 0.10." in text
    assert "The balance changes by 0.20." in text
    code, text = output(correct_call, monkeypatch, capsys, *CALL, "--seconds", "60", "--yes")
    assert (code, details(world)["price"], details(world)["corrected"]) == (0, "0.10", True)
    [record] = world.of_kind("CORRECTION")
    assert record["corrected_by"].startswith("client:command:")
    before = world.stack.items()
    code, text = output(correct_call, monkeypatch, capsys, *CALL, "--seconds", "60", "--yes")
    assert (code, world.stack.items()) == (0, before)
    assert "Nothing is posted" in text


def test_correct_call_waives(world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    code, text = output(correct_call, monkeypatch, capsys, *CALL, "--waive", "--yes")
    assert (code, details(world)["price"]) == (0, "0.00")
    assert "125 s for 0.30 become 125 s for 0.00" in text


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((*CALL,), "Name the call"),
        ((*CALL, "--waive", "--seconds", "60"), "Name the call"),
        ((*CALL[2:], "--seconds", "60"), "Name the call"),
        ((*CALL, "--call", "c_9", "--seconds", "60"), "unknown_call"),
        ((*CALL, "--account", "acct_x", "--seconds", "60"), "unknown_account"),
        ((*CALL, "--seconds", "-5"), "invalid_duration"),
        ((*CALL, "--started-at", "noon", "--seconds", "60"), "invalid_timestamp"),
    ],
)
def test_correct_call_refuses_what_is_wrong(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    message: str,
) -> None:
    before = world.stack.items()
    with pytest.raises(CommandError, match=message):
        output(correct_call, monkeypatch, capsys, *words, "--yes")
    assert world.stack.items() == before


def test_rerate_calls_counts_each_group(
    world: World, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    world.stack.publish(DEARER.replace(b"\n1900,", b"\n1901,"), "dearer")
    correct(world, 60)
    correct(world, None, call="c_2", key="k_2")
    _, text = output(rerate_calls, monkeypatch, capsys, *RANGE, "--deck", "active")
    assert "acct_1 by dearer: 1 of 4 calls would change, and the balance by 0.75 USD." in text
    assert "1 were corrected by an operator; EVEN_CORRECTED=1 includes them" in text
    assert "1 were waived by an operator; EVEN_CORRECTED=1 charges them again" in text
    assert "1 have no price in the deck" in text
    _, text = output(rerate_calls, monkeypatch, capsys, *RANGE, "--deck", "active", "--even-corrected", "--yes")
    assert "3 of 4 calls changed, and the balance by 0.6498 USD." in text
    assert prices(world) == {"c_1": "0.20", "c_2": "0.0002", "c_3": "0.00"}
    assert details(world)["corrected"], "the duration is still the corrected one"


@pytest.mark.parametrize(
    ("words", "changed"),
    [(("--prefix", "44"), 2), (("--prefix", "+447"), 1), (("--destination", "Japan"), 1), (("--prefix", "99"), 0)],
)
def test_rerate_calls_narrows_by_prefix_and_destination(
    world: World,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    changed: int,
) -> None:
    world.stack.publish(DEARER, "dearer")
    _, text = output(rerate_calls, monkeypatch, capsys, *RANGE, "--deck", "active", *words, "--yes")
    assert f"{changed} of {changed} calls changed" in text
    assert len([entry for entry in world.entries() if entry["kind"] == "call_taken_back"]) == changed
