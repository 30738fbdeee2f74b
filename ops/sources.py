"""What git says about the sources in this folder: their commit, and the files that it does not hold."""

import subprocess
from pathlib import Path

from ops.project import ROOT


def commit_of(root: Path = ROOT) -> str:
    """Return the commit that is checked out; empty without git or a commit."""
    return _git(root, "rev-parse", "HEAD") or ""


def uncommitted_files(root: Path = ROOT) -> list[str]:
    """Return the files that differ from the commit, new ones included; without git, the folder itself."""
    listed = _git(root, "status", "--porcelain", "--untracked-files=all")
    if listed is None:
        return [f"{root} (no git repository)"]
    return [line.lstrip().partition(" ")[2].strip() for line in listed.splitlines()]


def _git(root: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    except FileNotFoundError:
        return None
    return done.stdout.strip() if done.returncode == 0 else None
