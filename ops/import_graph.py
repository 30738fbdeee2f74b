"""Draws the imports between the folders of the domain layer into ARCHITECTURE.md (`make graph`).

Modules beside the folders are one box, the kernel. Arrows that follow from other arrows are left out.
"""

import ast
from collections import defaultdict
from collections.abc import Iterator
from itertools import product
from typing import Final

from ops.project import ROOT

PACKAGE: Final = ROOT / "layers" / "domain" / "calling_credit"
DOCUMENT: Final = ROOT / "ARCHITECTURE.md"
BEGIN, END = "<!-- import graph, written by `make graph` -->\n", "<!-- end of import graph -->\n"
KERNEL: Final = "kernel"

Arrows = dict[str, set[str]]


def imports() -> Arrows:
    """Return, for each folder, the other folders that its modules import."""
    arrows: Arrows = defaultdict(set)
    for path in sorted(PACKAGE.rglob("*.py")):
        importer = folder_of(path.relative_to(PACKAGE).with_suffix("").parts)
        for name in _imported(ast.parse(path.read_text(encoding="utf-8"))):
            arrows[importer].add(folder_of(tuple(name.split(".")[1:])))
    return {folder: targets - {folder} for folder, targets in sorted(arrows.items())}


def folder_of(parts: tuple[str, ...]) -> str:
    """Return the folder of a module below the package; modules without a folder belong to the kernel."""
    return parts[0] if parts and (PACKAGE / parts[0]).is_dir() else KERNEL


def _imported(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == PACKAGE.name:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def reduced(arrows: Arrows) -> Arrows:
    """Return the arrows without those that a longer path implies; unchanged if imports form a cycle."""
    reachable = {folder: set(targets) for folder, targets in arrows.items()}
    for middle, begin in product(arrows, arrows):
        if middle in reachable[begin]:
            reachable[begin] |= reachable[middle]
    if any(folder in targets for folder, targets in reachable.items()):
        return arrows
    return {
        folder: {target for target in targets if not any(target in reachable.get(other, ()) for other in targets)}
        for folder, targets in arrows.items()
    }


def graph() -> str:
    """Return the graph as a Mermaid diagram."""
    lines = [f"  {folder} --> {target}\n" for folder, found in reduced(imports()).items() for target in sorted(found)]
    return f"```mermaid\nflowchart TD\n{''.join(lines)}```\n"


def with_graph(text: str) -> str:
    """Return the document with the current graph between its marks."""
    before, rest = text.split(BEGIN)
    return f"{before}{BEGIN}\n{graph()}\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    DOCUMENT.write_text(with_graph(DOCUMENT.read_text(encoding="utf-8")), encoding="utf-8")
