"""The prose checker reports a retired phrase in every kind of prose and nowhere else."""

import tomllib
from pathlib import Path

import pytest

from ops.check_prose import WORDS, files, hits, rules

SETTINGS = tomllib.loads(WORDS.read_text(encoding="utf-8"))
RULES = rules({"avoid": {"nobody": "'no one'", "any ?more": "'no longer'"}})


def lines_found(tmp_path: Path, name: str, text: str) -> list[int]:
    """The lines of the hits in a file with this name and text."""
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return sorted(int(hit.split(": ")[0].rsplit(":", 1)[1]) for hit in hits(path, RULES))


@pytest.mark.parametrize(
    ("name", "text", "lines"),
    [
        ("a.md", "Nobody reads\nthis any\nmore.\n", [1, 2]),
        ("a.md", "```\nnobody\n```\nUse `nobody` or [a link](nobody.md).\n", []),
        ("a.py", '"""Nobody reads."""\nnobody = 1  # not\n# any\n# more\n', [1, 3]),
        ("a.py", 'DETAIL = "nobody is here"\nCODE = "nobody"\n', [1]),
        ("Makefile", "run:  ## Nobody runs this\n", [1]),
        ("a.js", '// nobody\nshow("Not any more.")\n', [1, 2]),
    ],
)
def test_a_phrase_is_reported_in_prose_only(tmp_path: Path, name: str, text: str, lines: list[int]) -> None:
    assert lines_found(tmp_path, name, text) == lines


def test_strings_in_tests_may_quote_a_phrase(tmp_path: Path) -> None:
    (tmp_path / "tests").mkdir()
    text = '"""Nobody reads."""\nassert "nobody is here"\n'
    assert lines_found(tmp_path, "tests/test_a.py", text) == [1]


def test_test_names_are_checked_as_sentences_on_request(tmp_path: Path) -> None:
    path = tmp_path / "test_a.py"
    path.write_text("\ndef test_nobody_pays() -> None:\n    nobody = 1\n", encoding="utf-8")
    assert [len(list(hits(path, RULES, names=names))) for names in (False, True)] == [0, 1]


def test_every_pattern_of_the_list_compiles_and_has_a_replacement() -> None:
    assert len(rules(SETTINGS)) == len(SETTINGS["avoid"])
    assert all(use.strip() for use in SETTINGS["avoid"].values())


def test_the_checker_reads_the_documents_and_the_code() -> None:
    names = {path.name for path in files({**SETTINGS, "not_yet": []}, [])}
    assert {"README.md", "runbook.md", "money.py", "index.html", "Makefile", "template.yaml"} <= names
