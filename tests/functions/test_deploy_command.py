"""A deployment to production is of a commit, and what was live is recorded before it."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError
from moto import mock_aws

from ops import deploy, sources
from ops.build import target_of
from ops.deploy import (
    Built,
    moved_away,
    read_built,
    record_live,
    refuse_other_build,
    refuse_other_live,
    refuse_other_target,
    refuse_uncommitted,
)
from ops.live_release import Release, recorded_releases
from ops.terminal import CommandError

IDENTITY = ("-c", "user.name=a", "-c", "user.email=a@b.c")


def git(folder: Path, *arguments: str) -> None:
    """Run git in a folder."""
    subprocess.run(["git", *arguments], cwd=folder, check=True)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one commit."""
    git(tmp_path, "init", "-q")
    git(tmp_path, *IDENTITY, "commit", "-q", "--allow-empty", "-m", "One")
    monkeypatch.setattr(deploy, "uncommitted_files", lambda: sources.uncommitted_files(tmp_path))
    monkeypatch.setattr(deploy, "commit_of", lambda: sources.commit_of(tmp_path))
    return tmp_path


def test_production_gets_the_build_of_the_commit(repository: Path) -> None:
    refuse_uncommitted(Built("a" * 64, sources.commit_of(repository), "python3.13"))


@pytest.mark.parametrize("name", ["new.py", "folder/new.py", "two words.py"])
def test_production_gets_no_changed_or_new_file(name: str, repository: Path) -> None:
    commit = sources.commit_of(repository)
    (repository / name).parent.mkdir(exist_ok=True)
    (repository / name).write_text("changed")
    with pytest.raises(CommandError, match="Production gets only what a commit holds") as refusal:
        refuse_uncommitted(Built("a" * 64, commit, "python3.13"))
    assert name in str(refusal.value)


@pytest.mark.parametrize("commit", ["", "0" * 40])
def test_production_gets_no_build_of_other_sources(commit: str, repository: Path) -> None:
    with pytest.raises(CommandError, match="Build again"):
        refuse_uncommitted(Built("a" * 64, commit, "python3.13"))


@pytest.mark.parametrize("name", ["functions/rate_calls/notes.local", "layers/domain/x.egg-info/y", "stacks/.DS_Store"])
def test_production_gets_no_file_that_git_ignores_but_the_build_takes(name: str, repository: Path) -> None:
    (repository / ".git" / "info" / "exclude").write_text("*.local\n.DS_Store\n*.egg-info/\n__pycache__/\n*.pyc\n")
    (repository / name).parent.mkdir(parents=True)
    for compiled in ("__pycache__/app.cpython-313.pyc", "old.pyc"):
        (repository / name).parent.joinpath(compiled).parent.mkdir(exist_ok=True)
        (repository / name).parent.joinpath(compiled).write_bytes(b"compiled")
    assert sources.uncommitted_files(repository) == []
    (repository / name).write_text("not in the commit")
    assert sources.uncommitted_files(repository) == [name]


@pytest.mark.parametrize("mark", ["--assume-unchanged", "--skip-worktree"])
def test_production_gets_no_change_that_git_was_told_to_hide(mark: str, repository: Path) -> None:
    (repository / "app.py").write_text("one")
    git(repository, "add", "app.py")
    git(repository, *IDENTITY, "commit", "-q", "-m", "Two")
    git(repository, "update-index", mark, "app.py")
    assert sources.uncommitted_files(repository) == ["app.py"]


def test_a_detached_or_shallow_checkout_has_its_commit(repository: Path, tmp_path: Path) -> None:
    git(repository, *IDENTITY, "commit", "-q", "--allow-empty", "-m", "Two")
    commit = sources.commit_of(repository)
    shallow = tmp_path / "shallow"
    git(tmp_path, "clone", "-q", "--depth=1", repository.as_uri(), str(shallow))
    git(shallow, "checkout", "-q", "--detach")
    assert (sources.commit_of(shallow), sources.uncommitted_files(shallow)) == (commit, [])


def test_sources_without_git_are_of_no_commit(tmp_path: Path) -> None:
    assert sources.commit_of(tmp_path) == ""
    assert sources.uncommitted_files(tmp_path) == [f"{tmp_path} (no git repository)"]


def test_a_deployment_needs_a_build(tmp_path: Path) -> None:
    file = tmp_path / "release.json"
    for text in (None, "", '{"release": "a", "commit": "", "runtime": "python3.13"}'):
        if text is not None:
            file.write_text(text)
        with pytest.raises(CommandError, match="There is no build"):
            read_built(file)
    file.write_text('{"release": "a", "commit": "b", "target": "python3.13 arm64"}')
    assert read_built(file) == Built("a", "b", "python3.13 arm64")


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_only_production_asks_for_a_commit(
    environment: str, repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repository / "changed.py").write_text("changed")
    monkeypatch.setattr(deploy, "read_built", lambda: Built("a" * 64, "", "python3.13"))
    asked: list[str] = []
    monkeypatch.setattr(deploy, "refuse_other_target", lambda _built, name: asked.append(name))
    monkeypatch.setattr(deploy, "refuse_other_build", lambda _built: asked.append("build"))
    monkeypatch.setattr(deploy, "refuse_to_deploy", lambda _client, _name: asked.append("status"))
    monkeypatch.setattr(deploy, "refuse_other_live", lambda *_arguments: asked.append("live"))
    monkeypatch.setattr(deploy, "prune", lambda _session, _name: asked.append("prune"))
    monkeypatch.setattr("ops.deploy.boto3.Session", lambda **_options: boto3.session.Session(region_name="us-east-1"))
    recorded: list[str] = []
    monkeypatch.setattr(deploy, "record_live", lambda _session, name: recorded.append(name))
    ran: list[list[str]] = []

    def run(command: list[str], **_options: Any) -> Any:
        assert asked == ["staging", "build", "status"]
        assert recorded == ["calling-credit-staging"], "what is live is recorded before the deployment"
        ran.append(command)
        return subprocess.CompletedProcess(command, 0)

    monkeypatch.setattr("ops.deploy.subprocess.run", run)
    monkeypatch.setattr(deploy, "uncommitted_files", lambda: ["changed.py"])
    monkeypatch.setattr(sys, "argv", ["make", environment, "--yes"])
    if environment == "production":
        with pytest.raises(CommandError, match=r"changed\.py"):
            deploy.main()
        assert ran == []
    else:
        assert deploy.main() == 0
        assert ran[0][1:] == ["deploy", "--config-env", "staging", "--no-confirm-changeset"]
        assert asked[3:] == ["live", "prune"]


def test_a_failed_deployment_prunes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deploy, "read_built", lambda: Built("a" * 64, "", "python3.13"))
    for name in ("refuse_other_target", "refuse_other_build", "refuse_to_deploy", "record_live"):
        monkeypatch.setattr(deploy, name, lambda *_arguments: None)
    monkeypatch.setattr(deploy, "prune", lambda *_arguments: pytest.fail("the release is not live"))
    monkeypatch.setattr("ops.deploy.subprocess.run", lambda command, **_: subprocess.CompletedProcess(command, 1))
    monkeypatch.setattr("ops.deploy.boto3.Session", lambda **_options: boto3.session.Session(region_name="us-east-1"))
    monkeypatch.setattr(sys, "argv", ["make", "staging", "--yes"])
    with pytest.raises(CommandError, match="ended with 1"):
        deploy.main()


@pytest.mark.parametrize("after", ["6", "7"])
def test_a_failed_deployment_tells_if_a_rolled_back_release_is_live(
    after: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = Release("a" * 64, {"RateFunction": "6"})
    monkeypatch.setattr(deploy, "functions_of", lambda _client, _name: {"RateFunction": "rate"})
    monkeypatch.setattr(deploy, "live_release", lambda _client, _functions: Release("b" * 64, {"RateFunction": after}))
    session = boto3.Session(region_name="us-east-1")
    warning = moved_away(session, "staging", before)
    assert ("make rollback-release STACK=staging TO=aaaaaaaaaaaa" in warning) == (after == "7")
    assert bool(warning) == (after == "7")


@pytest.mark.parametrize("live", ["a" * 64, "", "b" * 64])
def test_a_declined_change_set_is_no_deployment(live: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deploy, "functions_of", lambda _client, _name: {"RateFunction": "rate"})
    monkeypatch.setattr(deploy, "live_release", lambda _client, _functions: Release(live, {"RateFunction": "6"}))
    session, built = boto3.Session(region_name="us-east-1"), Built("a" * 64, "", "python3.13 arm64")
    if live != "b" * 64:
        refuse_other_live(session, "staging", built)
        return
    with pytest.raises(CommandError, match="bbbbbbbbbbbb is live in staging, not aaaaaaaaaaaa"):
        refuse_other_live(session, "staging", built)
    monkeypatch.undo()
    monkeypatch.setattr(deploy, "functions_of", lambda _client, _name: {})
    with pytest.raises(CommandError, match="Nothing is deployed in staging"):
        refuse_other_live(session, "staging", built)


def test_a_failed_deployment_tells_if_the_live_release_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    refused = Session("AccessDenied", "not you")
    assert "make rollback-release STACK=staging LIST=1" in moved_away(refused, "staging", Release("a", {"x": "1"}))


@pytest.mark.parametrize("environment", ["staging", "production"])
def test_a_build_is_deployed_where_its_libraries_run(environment: str) -> None:
    target = target_of(environment)
    assert re.fullmatch(r"python3\.\d+ (arm64|x86_64)", target)
    refuse_other_target(Built("a" * 64, "", target), environment)
    for other in ("python3.11 arm64", target.replace("arm64", "x86_64")):
        with pytest.raises(CommandError, match=f"make build CONFIG_ENV={environment}"):
            refuse_other_target(Built("a" * 64, "", other), environment)


def test_an_unknown_environment_is_named() -> None:
    with pytest.raises(CommandError, match="no environment elsewhere"):
        refuse_other_target(Built("a" * 64, "", "python3.13 arm64"), "elsewhere")


def test_a_build_that_changed_is_not_deployed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(deploy, "BUILD_DIR", tmp_path)
    with pytest.raises(CommandError, match="Build again"):
        refuse_other_build(Built("a" * 64, "", "python3.13"))


class Session:
    """A session whose stack does not exist, or refuses."""

    def __init__(self, code: str, message: str) -> None:
        self.error = ClientError({"Error": {"Code": code, "Message": message}}, "ListStackResources")

    def client(self, _service: str) -> Any:
        """Refuse every request."""
        raise self.error


def test_a_new_stack_has_no_record_and_a_refusal_stops_a_deployment() -> None:
    record_live(Session("ValidationError", "Stack with id one does not exist"), "one")
    with pytest.raises(ClientError):
        record_live(Session("AccessDenied", "not you"), "one")


def test_what_is_live_is_recorded_under_the_name_of_the_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    live = Release("a" * 64, {"RateCallsFunction": "7"})
    monkeypatch.setattr(deploy, "functions_of", lambda _client, _name: {"RateCallsFunction": "rate"})
    monkeypatch.setattr(deploy, "live_release", lambda _client, _functions: live)
    with mock_aws():
        session = boto3.Session(region_name="us-east-1")
        record_live(session, "staging")
        [kept] = recorded_releases(session.client("ssm"), "staging")
        assert (kept.name, kept.versions) == (live.name, live.versions)
        value = session.client("ssm").get_parameter(Name="/staging/releases")["Parameter"]["Value"]
        assert json.loads(value)[0]["name"] == live.name
