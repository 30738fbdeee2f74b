"""Finds the phrases that docs/words-to-avoid.toml retires in everything people read: Markdown, page, mails, help,
docstrings, and comments (`make lint`, or `python -m ops.check_prose [path …]`). Skips code and identifiers.
"""

import ast
import io
import re
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final

from ops.project import ROOT

WORDS: Final = ROOT / "docs" / "words-to-avoid.toml"
MARKDOWN_CODE: Final = re.compile(r"^( *)(```+).*?^\1\2$|`[^`\n]+`|\]\([^)]*\)|<[^>\n]+>", re.DOTALL | re.MULTILINE)
STRINGS: Final = (tokenize.STRING, getattr(tokenize, "FSTRING_MIDDLE", -1))
BETWEEN_WORDS: Final = r"(?:\s|#)+"
"""A phrase may continue on the next line, also behind the `#` of a comment."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A phrase to avoid and what to write instead."""

    pattern: re.Pattern[str]
    use: str


def rules(settings: dict[str, Any]) -> list[Rule]:
    """The rules of the word list. A space in a pattern matches any white space."""
    return [
        Rule(re.compile(rf"\b(?<!-)(?:{text.replace(' ', BETWEEN_WORDS)})(?![\w-])", re.IGNORECASE), use)
        for text, use in settings["avoid"].items()
    ]


def prose_of(path: Path, text: str, *, names: bool = False) -> str:
    """The text without everything that is not prose; each line stays on its line. `names`: names of tests are prose."""
    if path.suffix == ".md":
        return MARKDOWN_CODE.sub(lambda found: " " + "\n" * found[0].count("\n"), text)
    if path.suffix != ".py":
        return text
    prose = _python_prose(text, strings="tests" not in path.parts)
    return "\n".join(map(_with_test_name, prose.split("\n"), [*text.split("\n"), ""])) if names else prose


def _with_test_name(prose: str, line: str) -> str:
    """A line of prose and, as words, the name of the test that the line of code defines."""
    name = re.match(r"(?:async )?def test_(\w+)", line)
    return f"{prose} {name[1].replace('_', ' ')}" if name else prose


def _python_prose(text: str, *, strings: bool) -> str:
    """Docstrings and comments; outside tests also string literals that hold more than one word."""
    docstrings = set() if strings else set(_docstring_lines(ast.parse(text)))
    prose = [""] * (text.count("\n") + 2)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        is_text = token.type in STRINGS and " " in token.string
        if token.type == tokenize.COMMENT or (is_text and (strings or token.start[0] in docstrings)):
            for line, piece in enumerate(token.string.split("\n"), token.start[0] - 1):
                prose[line] += f" {piece.strip()}"
    return "\n".join(prose)


def _docstring_lines(tree: ast.Module) -> Iterator[int]:
    """The lines on which strings begin that stand alone as statements."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.lineno


def hits(path: Path, found: Iterable[Rule], *, names: bool = False) -> Iterator[str]:
    """Each hit in a file, as `path:line: phrase -> what to write`."""
    prose = prose_of(path, path.read_text(encoding="utf-8"), names=names)
    shown = path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
    for rule in found:
        for match in rule.pattern.finditer(prose):
            line = prose.count("\n", 0, match.start()) + 1
            yield f"{shown}:{line}: {' '.join(match[0].split())!r} -> {rule.use}"


def files(settings: dict[str, Any], arguments: list[str]) -> Iterator[Path]:
    """The tracked and new files that are checked, below the given paths or all."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *arguments]
    for name in sorted(
        set(subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split())
    ):
        skipped = settings["never"] + ([] if arguments else settings["not_yet"])
        is_read = any(fnmatch(name, pattern) for pattern in settings["read"])
        if is_read and not any(fnmatch(name, pattern) for pattern in skipped) and (ROOT / name).exists():
            yield ROOT / name


def main(arguments: list[str]) -> int:
    """Print every hit; 1 if there are any."""
    settings = tomllib.loads(WORDS.read_text(encoding="utf-8"))
    found = rules(settings)
    lines = sorted(
        line for path in files(settings, arguments) for line in hits(path, found, names=settings["test_names"])
    )
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.write(f"{len(lines)} phrases to avoid.\n" if lines else "No phrases to avoid.\n")
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
