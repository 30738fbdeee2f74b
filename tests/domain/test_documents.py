"""The documents agree with each other and the code: valid links, numbered decision records, fresh generated parts."""

import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from ops import import_graph

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    ROOT / name
    for name in subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    if (ROOT / name).exists()
)
RECORDS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
FENCE = re.compile(r"^( *)(```+).*?^\1\2$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)|^\[[^\]]+\]: (\S+)$|(?:src|href)=\"([^\"]+)\"", re.MULTILINE)
MAPS = [ROOT / "README.md", ROOT / "ARCHITECTURE.md", ROOT / "docs" / "testing.md"]
PLACES = ("", "layers/domain/calling_credit", "tests")
"""The top-level folders of the paths in a map."""
PATH = re.compile(r"`(\w[\w.-]*/[\w./-]*)`")
MAKE = re.compile(r"(?:`|^)make ([a-z][a-z-]*)", re.MULTILINE)


def name_of(path: Path) -> str:
    """The test id of a document."""
    return path.relative_to(ROOT).as_posix()


def prose(path: Path) -> str:
    """A document without its fenced code."""
    return FENCE.sub("", path.read_text(encoding="utf-8"))


def links(path: Path) -> Iterator[str]:
    """The relative links of a document."""
    for found in LINK.finditer(re.sub(r"`[^`\n]*`", "", prose(path))):
        target = next(group for group in found.groups() if group)
        if not re.match(r"[a-z]+:", target):
            yield target


def anchors(path: Path) -> set[str]:
    """The anchors of a document's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(path), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_every_link_has_an_existing_file_and_heading(path: Path) -> None:
    for link in links(path):
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_every_make_target_that_a_document_names_exists(path: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for target in MAKE.findall(path.read_text(encoding="utf-8")):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


@pytest.mark.parametrize("path", MAPS, ids=name_of)
def test_every_path_that_a_map_names_exists(path: Path) -> None:
    for found in PATH.findall(path.read_text(encoding="utf-8")):
        named = found.rstrip("/")
        assert any((ROOT / place / named).exists() for place in PLACES), named


def test_decision_records_are_numbered_complete_and_indexed() -> None:
    index = (ROOT / "docs" / "decisions" / "README.md").read_text(encoding="utf-8")
    assert [int(path.name[:4]) for path in RECORDS] == list(range(1, len(RECORDS) + 1))
    for path in RECORDS:
        text = path.read_text(encoding="utf-8")
        assert re.match(rf"# {path.name[:4]}\. .+\n\n- Status: .+\n- Date: \d{{4}}-\d\d-\d\d\n", text), path.name
        assert re.findall(r"^## (.+)$", text, re.MULTILINE) == ["Context", "Decision", "Rejected"], path.name
        assert f"]({path.name})" in index, path.name


def test_the_readme_is_short_and_names_the_number_of_decisions() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert text.count("\n") <= 150
    assert f"{len(RECORDS)} decisions" in text


def test_the_import_graph_is_fresh() -> None:
    text = import_graph.DOCUMENT.read_text(encoding="utf-8")
    assert import_graph.with_graph(text) == text, "run `make graph` and commit ARCHITECTURE.md"


def test_the_changelog_has_the_version_of_the_project() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
