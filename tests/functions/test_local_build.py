"""The local build: the layer contains the locked libraries, and every changed input makes a new build."""

import shutil
import zipfile
from pathlib import Path

import pytest

from local.build import LAYER, MAX_BUILDS, build, key_of
from ops.build import BuildError
from ops.project import ROOT


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A small project with the real lock reduced to one library."""
    root = tmp_path / "project"
    (root / LAYER / "calling_credit").mkdir(parents=True)
    (root / LAYER / "calling_credit" / "__init__.py").write_text('"""Rules."""\n')
    lock = (ROOT / LAYER / "requirements.txt").read_text(encoding="utf-8")
    idna = next(line for line in lock.splitlines() if line.startswith("idna=="))
    (root / LAYER / "requirements.txt").write_text(f"{idna}\n    --hash=sha256:00\n")
    (root / "functions" / "rate_calls").mkdir(parents=True)
    (root / "functions" / "rate_calls" / "app.py").write_text("handler = print\n")
    (root / "stacks").mkdir()
    (root / "stacks" / "watch.yaml").write_text("Resources: {}\n")
    (root / "template.yaml").write_text("Layer:\n  ContentUri: layers/domain/\n")
    return root


def test_a_build_holds_the_functions_the_package_and_the_locked_libraries(project: Path, tmp_path: Path) -> None:
    template, is_cached = build(tmp_path / "cache", project)
    assert not is_cached
    assert template.read_text() == "Layer:\n  ContentUri: layer.zip\n"
    assert (template.parent / "functions" / "rate_calls" / "app.py").read_text() == "handler = print\n"
    assert (template.parent / "stacks" / "watch.yaml").read_text() == "Resources: {}\n"
    with zipfile.ZipFile(template.parent / "layer.zip") as archive:
        names = set(archive.namelist())
    assert {"python/calling_credit/__init__.py", "python/idna/core.py"} <= names
    assert not any("__pycache__" in name or ".." in name for name in names)


def test_an_unchanged_project_is_built_once(project: Path, tmp_path: Path) -> None:
    first, _ = build(tmp_path / "cache", project)
    assert build(tmp_path / "cache", project) == (first, True)


@pytest.mark.parametrize(
    "name",
    [
        "template.yaml",
        "stacks/watch.yaml",
        "functions/rate_calls/app.py",
        "functions/rate_calls/new.py",
        "layers/domain/requirements.txt",
        "layers/domain/calling_credit/__init__.py",
        "layers/domain/calling_credit/new.py",
    ],
)
def test_a_change_of_any_input_makes_a_new_build(name: str, project: Path) -> None:
    before = key_of(project)
    with (project / name).open("a") as file:
        file.write("# changed\n")
    assert key_of(project) != before


def test_a_compiled_module_or_another_folder_changes_no_build(project: Path, tmp_path: Path) -> None:
    before = key_of(project)
    (project / "functions" / "rate_calls" / "__pycache__").mkdir()
    (project / "functions" / "rate_calls" / "__pycache__" / "app.pyc").write_bytes(b"compiled")
    shutil.copytree(project, tmp_path / "copy")
    assert key_of(project) == key_of(tmp_path / "copy") == before


@pytest.mark.parametrize("requirement", ["idna==0.0.1", "no-such-library-here==1.0"])
def test_a_virtual_environment_that_differs_from_the_lock_is_refused(
    requirement: str, project: Path, tmp_path: Path
) -> None:
    (project / LAYER / "requirements.txt").write_text(f"{requirement} \\\n    --hash=sha256:00\n")
    with pytest.raises(BuildError, match=r"Remove \.venv, then run make run"):
        build(tmp_path / "cache", project)
    assert list((tmp_path / "cache").iterdir()) == []


def test_old_builds_are_removed(project: Path, tmp_path: Path) -> None:
    templates = []
    for number in range(5):
        (project / "functions" / "rate_calls" / "app.py").write_text(f"handler = {number}\n")
        templates.append(build(tmp_path / "cache", project)[0])
    assert len(list((tmp_path / "cache").iterdir())) == MAX_BUILDS
    assert templates[-1].exists()
