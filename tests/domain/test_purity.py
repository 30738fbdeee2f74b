"""Where things may stand, held by reading the code: pure modules do no I/O and read no clock, keys live in the modules
that spell them, money knows no float. What is pure and which kinds of item there are follows from the code itself.
"""

import ast
import re
from pathlib import Path

import pytest

from tests.domain.purity import (
    ALL,
    KEY_MODULES,
    LIST,
    ONLY_EXCEPTIONS,
    PRODUCT,
    ROOT,
    clock_reads,
    imported,
    item_kinds,
    module_of,
    pure_modules,
    tree,
)

PURE = sorted(pure_modules().values())
KEY = re.compile(rf"({'|'.join(sorted(item_kinds()))})(#|$)")
AWS_PLACES = {"aws", "dynamodb"}
"""Where one may use AWS's own library; elsewhere its exceptions may be caught, by modules that are not pure."""
AWS_MODULES = {
    "calling_credit.notifications.event_bus",
    "calling_credit.notifications.ses",
    "calling_credit.rates.deck_store",
}
KINDS_OF_V1 = {
    "ACCOUNT",
    "ENTRY",
    "DAY",
    "ADJUSTMENT",
    "LINE",
    "USER",
    "UNRATED",
    "STRAY",
    "TOPUP",
    "PAYMENT",
    "STRIPE",
    "ISSUE",
    "HOLD",
    "BALANCE",
    "AUTO_RECHARGE",
}


def name_of(path: Path) -> str:
    """A file as a test id shows it."""
    return path.relative_to(ROOT).as_posix()


def docstrings(module: ast.Module) -> set[ast.AST]:
    """The nodes that are only documentation."""
    return {node.value for node in ast.walk(module) if isinstance(node, ast.Expr)}


def test_the_list_names_every_pure_module_and_no_other() -> None:
    listed = LIST.read_text(encoding="utf-8").split()
    assert listed == sorted(pure_modules()), "python -m tests.domain.purity > tests/domain/pure_modules.txt"
    assert len(listed) > 35


@pytest.mark.parametrize("path", PURE, ids=name_of)
def test_a_pure_module_reads_no_clock(path: Path) -> None:
    assert not clock_reads(path)


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_the_wall_clock_is_read_in_one_place(path: Path) -> None:
    assert not clock_reads(path) or path.name == "clock.py"


@pytest.mark.parametrize("path", ALL, ids=name_of)
def test_only_the_io_packages_reach_aws(path: Path) -> None:
    reached = {name for name in imported(path) if name.split(".")[0] in ("boto3", "botocore", "aiobotocore")}
    if set(module_of(path).split(".")) & AWS_PLACES or module_of(path) in AWS_MODULES:
        return
    assert not {name for name in reached if not name.startswith("botocore.exceptions")}
    assert not reached or module_of(path) not in pure_modules()


@pytest.mark.parametrize("module", sorted(ONLY_EXCEPTIONS))
def test_a_pure_module_may_know_aws_exceptions_and_nothing_else(module: str) -> None:
    paths = [path for path in ALL if module_of(path) == module]
    names = {name for path in paths for name in imported(path) if name.split(".")[0] in ("boto3", "botocore")}
    assert all(name.startswith("botocore.exceptions") for name in names)


def test_the_kinds_of_items_are_found_where_their_keys_are_spelled() -> None:
    assert item_kinds() >= KINDS_OF_V1 | {"CHANGE", "DENIAL", "LINK", "MAIL"}


@pytest.mark.parametrize("path", PRODUCT, ids=name_of)
def test_no_key_is_spelled_out_outside_the_table(path: Path) -> None:
    if path in KEY_MODULES:
        return
    module = tree(path)
    documentation = docstrings(module)
    literals = [
        node.value
        for node in ast.walk(module)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node not in documentation
    ]
    assert not [literal for literal in literals if KEY.match(literal)]


@pytest.mark.parametrize("path", PURE, ids=name_of)
def test_a_pure_module_knows_no_float(path: Path) -> None:
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
