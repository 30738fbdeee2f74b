"""A release is named by what is built and by its settings, and every function of the built template has the name."""

import os
import shutil
from pathlib import Path

import pytest

from local.build import build
from ops.build import BuildError, is_release, name_release
from ops.release import release_of, stamp
from tests.harness.template import ROOT

TEMPLATE = (ROOT / "template.yaml").read_text(encoding="utf-8")
FUNCTION = "Resources:\n  One:\n    Type: AWS::Serverless::Function\n    Properties:\n      CodeUri: x\n"
INPUTS = ["template.yaml", "DomainLayer/python/calling_credit/money.py", "RateCallsFunction/app.py"]


@pytest.fixture
def built(tmp_path: Path) -> Path:
    """A small build."""
    for name in INPUTS:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("one\n")
    return tmp_path


@pytest.mark.parametrize("name", INPUTS)
def test_one_changed_line_of_layer_function_or_template_is_a_release(name: str, built: Path) -> None:
    before = release_of(built)
    (built / name).write_text("two\n")
    assert release_of(built) != before


def test_a_moved_file_and_other_settings_are_a_release(built: Path) -> None:
    before = release_of(built, ["LogLevel=INFO"])
    assert release_of(built, ["LogLevel=DEBUG"]) != before
    (built / "RateCallsFunction" / "app.py").rename(built / "RateCallsFunction" / "other.py")
    assert release_of(built, ["LogLevel=INFO"]) != before


def test_the_same_tree_elsewhere_and_later_is_the_same_release(
    built: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    name_release(built, "LogLevel=INFO")
    other = tmp_path_factory.mktemp("elsewhere") / "a" / "build"
    shutil.copytree(built, other, copy_function=shutil.copyfile)
    for path in sorted(other.rglob("*")):
        path.chmod(0o755)
        os.utime(path, (1_000_000_000, 1_000_000_000))
    assert release_of(other, ["LogLevel=INFO"]) == release_of(built, ["LogLevel=INFO"])
    assert name_release(other, "LogLevel=INFO") == name_release(built, "LogLevel=INFO")


def test_other_line_endings_are_another_release(built: Path) -> None:
    before = release_of(built)
    (built / "RateCallsFunction" / "app.py").write_bytes(b"one\r\n")
    assert release_of(built) != before
    attributes = (ROOT / ".gitattributes").read_text(encoding="utf-8")
    assert "* -text\n" in attributes, "git would check files out otherwise on other machines"


def test_a_build_is_deployed_only_as_it_was_named(built: Path) -> None:
    (built / "template.yaml").write_text(FUNCTION)
    release = name_release(built, "LogLevel=INFO")
    assert is_release(built, "LogLevel=INFO", release)
    assert not is_release(built, "LogLevel=DEBUG", release)
    assert not is_release(built, "LogLevel=INFO", "0" * 64)
    (built / "RateCallsFunction" / "app.py").write_text("changed\n")
    assert not is_release(built, "LogLevel=INFO", release)
    (built / "RateCallsFunction" / "app.py").write_text("one\n")
    assert is_release(built, "LogLevel=INFO", release)
    (built / "template.yaml").write_text(FUNCTION)
    assert not is_release(built, "LogLevel=INFO", release), "sam build ran again, so no function has the name"
    (built / "template.yaml").unlink()
    assert not is_release(built, "LogLevel=INFO", release)


def test_compiled_modules_are_no_release(built: Path) -> None:
    before = release_of(built)
    (built / "RateCallsFunction" / "__pycache__").mkdir()
    (built / "RateCallsFunction" / "__pycache__" / "app.cpython-313.pyc").write_bytes(b"compiled")
    assert release_of(built) == before


def test_the_name_is_written_into_every_function_as_a_literal() -> None:
    stamped = stamp(TEMPLATE, "a" * 64)
    functions = TEMPLATE.count("Type: AWS::Serverless::Function")
    assert stamped.count(f"\n      AutoPublishCodeSha256: {'a' * 64}\n") == functions > 0
    assert stamped.replace(f"      AutoPublishCodeSha256: {'a' * 64}\n", "") == TEMPLATE


def test_the_build_for_aws_names_the_release(built: Path) -> None:
    (built / "template.yaml").write_text(TEMPLATE)
    release = name_release(built, "LogLevel=INFO")
    assert f"AutoPublishCodeSha256: {release}\n" in (built / "template.yaml").read_text()


def test_a_template_written_otherwise_is_no_build(built: Path) -> None:
    (built / "template.yaml").write_text("Resources:\n    One:\n        Type: AWS::Serverless::Function\n")
    with pytest.raises(BuildError, match="keep its old version"):
        name_release(built, "")


def test_the_local_build_names_its_release(tmp_path: Path) -> None:
    template, _ = build(tmp_path)
    assert template.read_text().count("AutoPublishCodeSha256: ") == TEMPLATE.count("Type: AWS::Serverless::Function")
