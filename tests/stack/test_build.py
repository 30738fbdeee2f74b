"""`sam build`, the build for AWS, makes the same functions and layer as the local build."""

import re
import sys
import zipfile
from pathlib import Path

import pytest

from local import build as local_build
from local.settings import architecture, runtime
from ops.build import compile_build, sam_build
from ops.project import ROOT

IGNORED = {"RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "requirements.txt"}
"""Files that an installer writes, and the lock."""
SCRIPTS = re.compile(r"/bin/|\.data/scripts/")
"""Command-line scripts of libraries; no function runs them."""


def sources(names: dict[str, bytes]) -> dict[str, bytes]:
    """Return the source files, without compiled ones and those of an installer."""
    return {
        name: data
        for name, data in names.items()
        if Path(name).name not in IGNORED and not name.endswith(".pyc") and not SCRIPTS.search(name)
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The application, built by `sam build` for this interpreter and compiled."""
    folder = tmp_path_factory.mktemp("sam") / "build"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        sam_build("local", folder, [f"Runtime={runtime()}", f"Architecture={architecture()}"])
    compile_build(folder, sys.executable)
    return folder


def test_sam_build_and_local_build_make_the_same_layer(built: Path) -> None:
    [layer] = [folder for folder in built.iterdir() if (folder / "python").is_dir()]
    built_by_sam = {str(path.relative_to(layer)): path.read_bytes() for path in layer.rglob("*") if path.is_file()}
    template, _ = local_build.build()
    with zipfile.ZipFile(template.with_name("layer.zip")) as archive:
        local = {name: archive.read(name) for name in archive.namelist()}
    assert sources(built_by_sam).keys() == sources(local).keys()
    different = [name for name, data in sources(built_by_sam).items() if name.endswith(".py") and local[name] != data]
    assert different == []


def test_sam_build_compiles_every_function(built: Path) -> None:
    names = sorted(path.name for path in (ROOT / "functions").iterdir() if path.is_dir())
    handlers = sorted(path for path in built.glob("*/app.py"))
    assert len(handlers) == len(names)
    for handler in handlers:
        assert list(handler.parent.glob("__pycache__/app.*.pyc")), handler
