"""The changes that this project makes to the emulator."""

import zipfile
from pathlib import Path

import pytest

from local.emulator_process import MANY_FILES, SharedZipFile
from local.stack import Stack


def test_layer_is_unpacked_once_for_all_workers(deployed: Stack) -> None:
    layers = list((deployed.settings.folder / "emulator" / "tmp").glob("ministack-lambda-*/layer_0"))
    assert len(layers) > 1
    [unpacked] = {layer.resolve() for layer in layers if layer.is_symlink()}
    assert all(layer.is_symlink() for layer in layers)
    assert (unpacked / "python" / "calling_credit" / "__init__.py").exists()


def test_large_archive_is_unpacked_once_and_a_small_one_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    for files in (MANY_FILES, MANY_FILES - 1):
        archive = tmp_path / f"{files}.zip"
        with zipfile.ZipFile(archive, "w") as writer:
            for number in range(files):
                writer.writestr(f"{number}.txt", str(number))
        for attempt in ("first", "second"):
            folder = tmp_path / f"{files}-{attempt}"
            folder.mkdir()
            with SharedZipFile(archive) as shared:
                names = shared.namelist()
                shared.extractall(folder)
            assert len(names) == (0 if files == MANY_FILES and attempt == "second" else files)
            assert sorted(file.name for file in folder.iterdir()) == sorted(f"{number}.txt" for number in range(files))
            assert folder.is_symlink() == (files == MANY_FILES)
