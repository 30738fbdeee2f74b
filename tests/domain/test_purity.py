"""Checks the structure of the code: pure modules do no I/O and read no clock, only the key modules spell keys, and pure
modules use no floats. The lists of pure modules and item kinds are derived from the code.
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
"""Modules that may use the AWS SDK. Other impure modules may only catch its exceptions."""
AWS_MODULES = {
    "calling_credit.charging.archive_bucket",
    "calling_credit.charging.call_queue",
    "calling_credit.desk.export_bucket",
    "calling_credit.notifications.mail_delays",
    "calling_credit.notifications.mail_function",
    "calling_credit.notifications.event_bus",
    "calling_credit.notifications.ses",
    "calling_credit.rates.deck_store",
    "calling_credit.tax.bucket",
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
    """The test id of a file."""
    return path.relative_to(ROOT).as_posix()


def docstrings(module: ast.Module) -> set[ast.AST]:
    """The docstring nodes."""
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
def test_a_pure_module_imports_only_exceptions_from_aws(module: str) -> None:
    paths = [path for path in ALL if module_of(path) == module]
    names = {name for path in paths for name in imported(path) if name.split(".")[0] in ("boto3", "botocore")}
    assert all(name.startswith("botocore.exceptions") for name in names)


def test_the_kinds_of_items_are_derived_from_their_keys() -> None:
    assert item_kinds() >= KINDS_OF_V1 | {"CHANGE", "DENIAL", "LINK", "MAIL"}


@pytest.mark.parametrize("path", PRODUCT, ids=name_of)
def test_no_key_is_spelled_outside_the_key_modules(path: Path) -> None:
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
def test_a_pure_module_uses_no_float(path: Path) -> None:
    for node in ast.walk(tree(path)):
        assert not (isinstance(node, ast.Constant) and isinstance(node.value, float)), f"a float on line {node.lineno}"
        assert not isinstance(node, ast.Div), "a division that makes floats"
        assert not (isinstance(node, ast.Name) and node.id in ("float", "round")), f"a float on line {node.lineno}"


@pytest.mark.parametrize("path", PRODUCT, ids=name_of)
def test_every_file_has_a_short_docstring(path: Path) -> None:
    docstring = ast.get_docstring(tree(path))
    assert docstring
    assert docstring.endswith("."), "a whole sentence"
    if path.name not in ("numbering_data.py", "ordinary_numbers_data.py", "dialing_data.py"):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 250
