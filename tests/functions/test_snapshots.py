"""Functions that start from a snapshot renew secrets and random numbers after each restore; the template says which."""

import random
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import ClientError

from calling_credit import stored_secrets
from calling_credit.errors import ProblemCode, Unavailable
from calling_credit.snapshots import INITIALIZATION, SNAP_START, prepare_snapshot, renew
from tests.functions.template_resources import TEMPLATE, functions
from tests.harness.deck_bucket import decks_of, one_deck, seconds
from tests.harness.template import ROOT


@pytest.fixture
def hooks(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], object]]:
    """Lambda's module, which takes the hooks, and a process from which a snapshot is taken."""
    taken: list[Callable[[], object]] = []
    module = ModuleType("snapshot_restore_py")
    module.__dict__["register_after_restore"] = taken.append
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", module)
    monkeypatch.setenv(INITIALIZATION, SNAP_START)
    return taken


def test_processes_of_one_snapshot_have_different_random_numbers() -> None:
    snapshot = random.getstate()
    numbers = []
    for _ in range(2):
        random.setstate(snapshot)
        renew()
        numbers.append(random.random())
    random.setstate(snapshot)
    assert len({*numbers, random.random()}) == 3


def test_a_secret_in_the_snapshot_is_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    stored = {"AWSCURRENT": "leaked"}
    monkeypatch.setattr(stored_secrets, "_versions", {})
    monkeypatch.setattr(stored_secrets, "read_secret", lambda _arn, stage: stored.get(stage))
    assert stored_secrets.current_secret("arn") == "leaked"
    stored["AWSCURRENT"] = "rotated"
    assert stored_secrets.current_secret("arn") == "leaked", "cached"
    renew()
    assert stored_secrets.current_secret("arn") == "rotated"


def test_an_outage_after_a_restore_brings_no_old_secret_back(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_arn: str, _stage: str) -> str:
        raise ClientError({"Error": {"Code": "InternalServiceError"}}, "GetSecretValue")

    monkeypatch.setattr(stored_secrets, "_versions", {})
    monkeypatch.setattr(stored_secrets, "read_secret", lambda _arn, _stage: "leaked, and replaced months ago")
    assert stored_secrets.current_secret("arn")
    renew()
    monkeypatch.setattr(stored_secrets, "read_secret", fail)
    with pytest.raises(ClientError):
        stored_secrets.current_secret("arn")
    with pytest.raises(ClientError):
        list(stored_secrets.secret_versions("arn"))


def test_one_hook_renews_and_the_rest_is_loaded_before(hooks: list[Callable[[], object]]) -> None:
    loaded: list[int] = []
    prepare_snapshot(lambda: loaded.append(1))
    assert (loaded, hooks) == ([1], [renew])


def test_what_cannot_be_loaded_yet_stops_no_snapshot(hooks: list[Callable[[], object]]) -> None:
    def fail() -> None:
        raise Unavailable(ProblemCode.NO_ACTIVE_DECK, "No deck.")

    prepare_snapshot(fail)
    prepare_snapshot()
    assert hooks == [renew, renew]


@pytest.mark.parametrize("kind", [None, "on-demand", "provisioned-concurrency"])
def test_other_processes_load_nothing_and_need_no_module(kind: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", None)
    monkeypatch.delenv(INITIALIZATION, raising=False)
    if kind is not None:
        monkeypatch.setenv(INITIALIZATION, kind)
    prepare_snapshot(lambda: pytest.fail("loaded"))


def test_a_snapshot_without_the_hook_is_not_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "snapshot_restore_py", None)
    monkeypatch.setenv(INITIALIZATION, SNAP_START)
    with pytest.raises(ImportError):
        prepare_snapshot()


def test_the_timeline_in_an_old_snapshot_prices_no_call() -> None:
    decks, restored_at = decks_of(one_deck()), seconds(9 * 24 * 3600)
    version = decks.in_force(seconds(0), None).version
    assert decks.in_force(restored_at, None).version == version
    known = decks._known
    assert known is not None
    assert known.read_at == restored_at, "it was not read again after the restore"


def test_every_function_with_snapshots_prepares_them_and_no_other() -> None:
    marked = {folder for folder, properties in functions().items() if "SnapStart" in properties}
    calls = {
        path.parent.name
        for path in (ROOT / "functions").glob("*/app.py")
        if "\nprepare_snapshot(" in path.read_text(encoding="utf-8")
    }
    assert marked == calls
    assert {"authorize_call", "list_usage", "add_funds"} <= marked


def test_snapshots_exist_on_aws_with_a_runtime_that_has_them() -> None:
    condition = TEMPLATE["Conditions"]["StartsFromSnapshots"]
    not_311 = {"Fn::Not": [{"Fn::Equals": [{"Ref": "Runtime"}, "python3.11"]}]}
    assert condition == {"Fn::And": [{"Condition": "IsOnAws"}, not_311]}
    for properties in functions().values():
        if "SnapStart" in properties:
            expected: list[Any] = ["StartsFromSnapshots", {"ApplyOn": "PublishedVersions"}, {"Ref": "AWS::NoValue"}]
            assert properties["SnapStart"] == {"Fn::If": expected}


def test_reserved_concurrency_leaves_a_hundred_for_the_rest() -> None:
    reserved = {
        folder: properties["ReservedConcurrentExecutions"]["Fn::If"]
        for folder, properties in functions().items()
        if "ReservedConcurrentExecutions" in properties
    }
    assert {parts[0] for parts in reserved.values()} == {"ReservesConcurrency"}
    assert {str(parts[2]) for parts in reserved.values()} == {str({"Ref": "AWS::NoValue"})}
    shares = {folder: parts[1] for folder, parts in reserved.items()}
    assert sum(shares.values()) <= 1_000 - 100, "Lambda refuses to reserve the last hundred"
    assert shares["authorize_call"] == max(shares.values())
    assert shares["send_mail"] == min(shares.values())
    mapping = functions()["rate_calls"]["Events"]["Calls"]["Properties"]["ScalingConfig"]["MaximumConcurrency"]
    assert shares["rate_calls"] > mapping["Fn::If"][2], "a queue's consumers would be throttled"
    assert TEMPLATE["Parameters"]["ReservedConcurrency"]["Default"] == "false"


def test_a_runtime_changes_only_with_a_release() -> None:
    setting = TEMPLATE["Globals"]["Function"]["RuntimeManagementConfig"]
    assert setting["Fn::If"][:2] == ["IsOnAws", {"UpdateRuntimeOn": "FunctionUpdate"}]
