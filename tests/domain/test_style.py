"""Names of tests and lengths of files, in the folders that follow these rules."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.template import ROOT

MAX_NAME = 70
MAX_LINES = 250
FOLDERS = ("tests/functions", "tests/laws")


def python_files(folder: str) -> list[Path]:
    """Return the Python files below a folder of the project."""
    return sorted((ROOT / folder).rglob("*.py"))


def names_of_tests(path: Path) -> Iterator[str]:
    """Yield the name of each test in a file."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_"):
            yield node.name


@pytest.mark.parametrize("folder", FOLDERS)
def test_names_of_tests_are_short_and_unique_within_a_file(folder: str) -> None:
    files = python_files(folder)
    assert files
    for path in files:
        names = list(names_of_tests(path))
        assert [name for name in names if len(name) > MAX_NAME] == []
        assert len(names) == len(set(names)), path.name


@pytest.mark.parametrize("folder", FOLDERS)
def test_files_are_short(folder: str) -> None:
    lengths = {path.name: len(path.read_text(encoding="utf-8").splitlines()) for path in python_files(folder)}
    assert {name: lines for name, lines in lengths.items() if lines > MAX_LINES} == {}
