"""Names of tests, and lengths of files and functions, everywhere in the project."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.template import ROOT

MAX_NAME = 70
MAX_LINES = 250
MAX_FUNCTION_LINES = 50
FOLDERS = ("connectors", "functions", "layers/domain", "local", "ops", "tests")
TABLES = {"numbering_data.py", "ordinary_numbers_data.py", "dialing_data.py"}
"""Files of generated data, which may be longer."""
ONE_FILE_PROGRAMS = {"agent.py"}
"""Programs that are copied to a switch as one file, which may be longer."""


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
    assert {
        name: lines for name, lines in lengths.items() if lines > MAX_LINES and name not in TABLES | ONE_FILE_PROGRAMS
    } == {}


@pytest.mark.parametrize("folder", FOLDERS)
def test_functions_are_short(folder: str) -> None:
    assert [
        f"{path.name}:{node.lineno} {node.name}"
        for path in python_files(folder)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and lines_of(node) > MAX_FUNCTION_LINES
    ] == []


def lines_of(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The number of lines of a function, without its docstring and decorators."""
    first = node.body[0]
    docstring = first if isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant) else None
    end = node.end_lineno or node.lineno
    return (
        end
        - node.lineno
        + 1
        - (docstring.end_lineno - docstring.lineno + 1 if docstring and docstring.end_lineno else 0)
    )
