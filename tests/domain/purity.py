"""Reads the package's code: which modules do I/O, which kinds of item there are.

`python -m tests.domain.purity > tests/domain/pure_modules.txt` renews the list of pure modules.
"""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LAYER = ROOT / "layers" / "domain"
PACKAGE = LAYER / "calling_credit"
ALL = sorted(PACKAGE.rglob("*.py"))
PRODUCT = [*ALL, *sorted((ROOT / "functions").glob("*/app.py"))]
LIST = ROOT / "tests" / "domain" / "pure_modules.txt"
DOES_IO = {
    "aws_lambda_powertools",
    "boto3",
    "botocore",
    "concurrent",
    "httpx",
    "os",
    "random",
    "requests",
    "secrets",
    "socket",
    "ssl",
    "stripe",
    "subprocess",
    "threading",
    "time",
    "urllib",
    "uuid",
}
"""Libraries for I/O, time, or randomness. A module is impure if it imports one at run time, directly or through other
modules."""
PURE_PARTS = ("urllib.parse",)
"""Parts of these libraries that only calculate."""
CLOCKS = {"now", "utcnow", "today", "time", "time_ns", "monotonic", "perf_counter", "localtime", "gmtime"}
CLIENT_TYPES = "mypy_boto3_"
"""Modules that take an AWS client do I/O even if they import its type only."""
ONLY_EXCEPTIONS = {"calling_credit.dynamodb.errors"}
"""Pure modules that may import `botocore.exceptions`, but nothing else from botocore."""


def module_of(path: Path) -> str:
    """The dotted name of a file in the package."""
    parts = path.relative_to(LAYER).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@cache
def tree(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


def _at_run_time(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and ast.unparse(child.test).endswith("TYPE_CHECKING"):
            for other in child.orelse:
                yield from (other, *_at_run_time(other))
            continue
        yield child
        yield from _at_run_time(child)


def imported(path: Path, *, at_run_time: bool = False) -> Iterator[str]:
    """The full name of everything that a file imports, at run time only or also for types."""
    for node in _at_run_time(tree(path)) if at_run_time else ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def clock_reads(path: Path) -> list[str]:
    """The calls in a file that read a clock."""
    calls = [node.func for node in ast.walk(tree(path)) if isinstance(node, ast.Call)]
    return [call.attr for call in calls if isinstance(call, ast.Attribute) and call.attr in CLOCKS]


def _does_io(path: Path) -> bool:
    if clock_reads(path) or any(name.startswith(CLIENT_TYPES) for name in imported(path)):
        return True
    names = {name for name in imported(path, at_run_time=True) if name.split(".")[0] in DOES_IO}
    names = {name for name in names if not name.startswith(PURE_PARTS)}
    if module_of(path) in ONLY_EXCEPTIONS:
        names = {name for name in names if not name.startswith("botocore.exceptions")}
    return bool(names)


@cache
def pure_modules() -> dict[str, Path]:
    """The modules by name that do no I/O, directly or through an import."""
    paths = {module_of(path): path for path in ALL}
    impure = {name for name, path in paths.items() if _does_io(path)}
    needs = {name: _modules_imported(path, set(paths)) for name, path in paths.items()}
    while more := {name for name in paths if name not in impure and needs[name] & impure}:
        impure |= more
    return {name: path for name, path in paths.items() if name not in impure and path.name != "__init__.py"}


def _modules_imported(path: Path, modules: set[str]) -> set[str]:
    """The modules of the package that an import of this one loads, including parent packages."""
    own = {module_of(path)}
    names = {*imported(path, at_run_time=True), *own}
    return {name.rsplit(".", cut)[0] for name in names for cut in range(name.count(".") + 1)} & modules - own


KEY_NAMES = (
    "keys.py",
    "card_keys.py",
    "change_keys.py",
    "refusal_keys.py",
    "event_keys.py",
    "index_keys.py",
    "minute_keys.py",
    "spend_keys.py",
    "stripe_keys.py",
    "sweep_keys.py",
    "unreadable_keys.py",
)
KEY_MODULES = [path for path in ALL if path.name in KEY_NAMES]
"""The modules that define the keys of items."""


@cache
def item_kinds() -> set[str]:
    """The kinds of items: the first words of the keys in the key modules."""
    constants = (node for path in KEY_MODULES for node in ast.walk(tree(path)) if isinstance(node, ast.Constant))
    texts = (node.value for node in constants if isinstance(node.value, str))
    return {found[1] for text in texts if (found := re.fullmatch(r"([A-Z][A-Z_]{2,})(#.*)?", text))}


if __name__ == "__main__":
    print("\n".join(sorted(pure_modules())))
