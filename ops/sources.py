"""What git says about the sources in this folder: their commit, and the files that it does not hold."""

import subprocess
from pathlib import Path
from typing import Final

from ops.project import ROOT

BUILT: Final = ("functions", "layers", "stacks")
"""The folders from which an application is built."""


def commit_of(root: Path = ROOT) -> str:
    """Return the commit that is checked out; empty without git or a commit."""
    return _git(root, "rev-parse", "HEAD") or ""


def uncommitted_files(root: Path = ROOT) -> list[str]:
    """Return the files that differ from the commit, new ones included; without git, the folder itself."""
    listed = _git(root, "status", "--porcelain", "--untracked-files=all")
    if listed is None:
        return [f"{root} (no git repository)"]
    changed = [line.lstrip().partition(" ")[2].strip() for line in listed.splitlines()]
    return [*changed, *_ignored_files(root), *_unwatched_files(root)]


def _ignored_files(root: Path) -> list[str]:
    """Return the files that a build would contain although git ignores them. Compiled ones are not built."""
    folders = [name for name in BUILT if (root / name).exists()]
    if not folders:
        return []
    listed = _git(root, "ls-files", "--others", "--ignored", "--exclude-standard", "--", *folders) or ""
    return [name for name in listed.splitlines() if "__pycache__/" not in name and not name.endswith(".pyc")]


def _unwatched_files(root: Path) -> list[str]:
    """Return the files whose changes git was told not to show (`assume-unchanged`, `skip-worktree`)."""
    marked = [line.partition(" ") for line in (_git(root, "ls-files", "-v") or "").splitlines()]
    return [name for mark, _, name in marked if mark == "S" or mark.islower()]


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
