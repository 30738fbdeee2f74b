"""Builds the application for the local stack: the functions unchanged, and the layer as one archive. The libraries in
the layer come from this virtual environment, which holds the versions in the layer's lock, so nothing is downloaded.
Builds are cached by the hash of their inputs. ops.build makes the builds for AWS.
"""

import hashlib
import os
import platform
import shutil
import sys
import zipfile
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Final

from packaging.requirements import Requirement

from ops.build import BuildError
from ops.project import ROOT
from ops.release import release_of, stamp

CACHE: Final = ROOT / ".aws-sam" / "local"
MAX_BUILDS: Final = 3
LAYER: Final = Path("layers") / "domain"
LOCK: Final = LAYER / "requirements.txt"
STACKS: Final = Path("stacks")
"""The templates that template.yaml nests."""
ARCHIVE_TIME: Final = (1980, 1, 1, 0, 0, 0)
"""The same sources make the same archive."""


def build(cache: Path = CACHE, root: Path = ROOT) -> tuple[Path, bool]:
    """Return the template of a build of the current sources, and whether the build was cached.

    Raises:
        BuildError: the libraries do not match the lock, or the template does not name the layer's folder.
    """
    folder = cache / key_of(root)
    is_cached = folder.exists()
    if is_cached:
        os.utime(folder)
    else:
        draft = cache / f"{folder.name}.{os.getpid()}"
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(parents=True)
        try:
            _write(draft, root)
            draft.rename(folder)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            if not folder.exists():  # Another start may have finished the same build first.
                raise
    _remove_old_builds(cache)
    return folder / "template.yaml", is_cached


def key_of(root: Path) -> str:
    """Return the hash of everything that a build depends on: sources, lock, template, interpreter, and this module."""
    inputs = [root / "template.yaml", *_sources(root / STACKS), *_sources(root / LAYER), *_sources(root / "functions")]
    digest = hashlib.sha256(f"{sys.version} {platform.machine()}".encode())
    for path, name in [(path, str(path.relative_to(root))) for path in inputs] + [(Path(__file__), "build")]:
        digest.update(f"{name}\0{hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()[:32]


def _sources(folder: Path) -> list[Path]:
    """Return the files below a folder, sorted, without compiled ones."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and path.parent.name != "__pycache__")


def _write(folder: Path, root: Path) -> None:
    template = (root / "template.yaml").read_text(encoding="utf-8")
    uri = f"ContentUri: {LAYER.as_posix()}/\n"
    if template.count(uri) != 1:
        raise BuildError(f"template.yaml must have one layer with {uri.strip()}")
    template = template.replace(uri, "ContentUri: layer.zip\n")
    if (root / STACKS).exists():  # Version 1.0.0 nests none.
        shutil.copytree(root / STACKS, folder / STACKS)
    shutil.copytree(root / "functions", folder / "functions", ignore=shutil.ignore_patterns("__pycache__"))
    with zipfile.ZipFile(folder / "layer.zip", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for path, name in [*_package(root), *libraries(root / LOCK)]:
            archive.writestr(zipfile.ZipInfo(f"python/{name}", ARCHIVE_TIME), path.read_bytes(), zipfile.ZIP_DEFLATED)
    path = folder / "template.yaml"
    path.write_text(template, encoding="utf-8")
    path.write_text(stamp(template, release_of(folder)), encoding="utf-8")


def _package(root: Path) -> Iterator[tuple[Path, str]]:
    for path in _sources(root / LAYER / "calling_credit"):
        yield path, path.relative_to(root / LAYER).as_posix()


def libraries(lock: Path) -> Iterator[tuple[Path, str]]:
    """Yield each file of the locked distributions, and its name in the layer.

    Raises:
        BuildError: the virtual environment has another version, or none.
    """
    lines = lock.read_text(encoding="utf-8").splitlines()
    for requirement in (Requirement(line.rstrip(" \\")) for line in lines if "==" in line and line[0].isalnum()):
        if requirement.marker is not None and not requirement.marker.evaluate():
            continue
        try:
            distribution = metadata.distribution(requirement.name)
        except metadata.PackageNotFoundError:
            distribution = None
        if distribution is None or not requirement.specifier.contains(distribution.version, prereleases=True):
            raise BuildError(f".venv does not match {LOCK}: it needs {requirement}. Remove .venv, then run make run.")
        for file in sorted(distribution.files or ()):
            if ".." not in file.parts and file.suffix != ".pyc":
                yield Path(str(file.locate())), file.as_posix()


def _remove_old_builds(cache: Path) -> None:
    builds = sorted((path for path in cache.iterdir() if "." not in path.name), key=lambda path: path.stat().st_mtime)
    for stale in builds[:-MAX_BUILDS]:
        shutil.rmtree(stale, ignore_errors=True)
