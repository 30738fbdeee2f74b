"""Where things may stand, held by reading the code: pure modules do no I/O and read no clock, keys live in
`table`, money knows no float.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "layers" / "domain" / "calling_credit"
IO_PACKAGES = ("store", "aws", "api", "payments")
IO_MODULES = ("config.py", "clock.py")
PURE = sorted(path for path in PACKAGE.glob("*.py") if path.name not in IO_MODULES)
ALL = sorted(PACKAGE.rglob("*.py"))
PRODUCT = [*ALL, *sorted((ROOT / "functions").glob("*/app.py"))]
NO_IO = {"boto3", "botocore", "stripe", "aws_lambda_powertools", "requests", "httpx", "socket", "os", "time", "random"}
CLOCKS = {"now", "utcnow", "today", "time", "time_ns", "monotonic", "perf_counter", "localtime", "gmtime"}
EXACT = [
    PACKAGE / f"{name}.py"
    for name in ("money", "rating", "ledger", "topups", "attempts", "recharge", "recharge_rules", "book", "proof")
]
KINDS = "ACCOUNT|ENTRY|DAY|ADJUSTMENT|LINE|USER|UNRATED|STRAY|TOPUP|PAYMENT|STRIPE|ISSUE|HOLD|BALANCE|AUTO_RECHARGE"
KEY = re.compile(rf"({KINDS})(#|$)")


def name_of(path: Path) -> str:
    """A file as a test id shows it."""
    return path.relative_to(ROOT).as_posix()


def tree(path: Path) -> ast.Module:
    """A file, parsed."""
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(path: Path) -> Iterator[str]:
    """Every module a file imports, in full."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def docstrings(module: ast.Module) -> set[ast.AST]:
    """The nodes that are only documentation."""
    return {node.value for node in ast.walk(module) if isinstance(node, ast.Expr)}


@pytest.mark.parametrize("path", PURE, ids=name_of)
def test_a_pure_module_imports_nothing_that_does_io(path: Path) -> None:
    assert not {name for name in imported(path) if name.split(".")[0] in NO_IO}
    inside = {name.split(".")[1] for name in imported(path) if name.startswith("calling_credit.")}
    assert not inside & {*IO_PACKAGES, "config", "clock"}


@pytest.mark.parametrize("path", PURE, ids=name_of)
def test_a_pure_module_reads_no_clock(path: Path) -> None:
    calls = [node.func for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    assert not [call.attr for call in calls if isinstance(call, ast.Attribute) and call.attr in CLOCKS]


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_the_wall_clock_is_read_in_one_place(path: Path) -> None:
    calls = [node.func for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    reads = [call.attr for call in calls if isinstance(call, ast.Attribute) and call.attr in CLOCKS]
    assert not reads or path.name == "clock.py"


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_only_the_io_packages_reach_aws(path: Path) -> None:
    reaches = {name.split(".")[0] for name in imported(path)} & {"boto3", "botocore"}
    assert not reaches or path.parent.name in ("store", "aws")


@pytest.mark.parametrize("path", PRODUCT, ids=name_of)
def test_no_key_is_spelled_out_outside_the_table(path: Path) -> None:
    if path.name == "table.py":
        return
    module = tree(path)
    documentation = docstrings(module)
    literals = [
        node.value
        for node in ast.walk(module)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in documentation
    ]
    assert not [literal for literal in literals if KEY.match(literal)]


@pytest.mark.parametrize("path", EXACT, ids=name_of)
def test_money_prices_and_entries_know_no_float(path: Path) -> None:
    for node in ast.walk(tree(path)):
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), f"a float on line {node.lineno}"
        assert not isinstance(node, ast.Div), "a division that makes floats"
        assert not (isinstance(node, ast.Name) and node.id in ("float", "round")), f"a float on line {node.lineno}"


@pytest.mark.parametrize("path", PRODUCT, ids=name_of)
def test_every_file_says_what_it_owns_in_a_few_lines(path: Path) -> None:
    said = ast.get_docstring(tree(path))
    assert said
    assert said.endswith("."), "a whole sentence"
    if path.name != "numbering_data.py":
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 250
