"""The emulator's own process: `python -P local/emulator_process.py`.

For each worker that it starts, the emulator would unpack the layer anew: seven thousand files, a second of both cores,
and as much to remove them. On AWS a layer is one folder that nobody can write to; so it is here. Each archive is
unpacked once, and a worker gets a link to it.
"""

import hashlib
import os
import threading
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ministack.app import main
from ministack.core import lambda_runtime

MANY_FILES = 100
"""What holds fewer, a function's own code, is unpacked for each worker."""

_unpacking = threading.Lock()


class SharedZipFile(zipfile.ZipFile):
    """An archive that is unpacked once for all who ask. The folder they name becomes a link to that."""

    def namelist(self) -> list[str]:
        """The names in it, for their paths to be judged; none if they were judged and unpacked already."""
        return [] if self._is_shared() and self._unpacked().exists() else super().namelist()

    def extractall(self, path: Any = None, members: Any = None, pwd: bytes | None = None) -> None:
        """Have `path`, an empty folder, hold what is in it."""
        if not self._is_shared():
            super().extractall(path, members, pwd)
            return
        unpacked = self._unpacked()
        with _unpacking:
            if not unpacked.exists():
                begun = unpacked.with_suffix(".part")
                super().extractall(begun)
                begun.rename(unpacked)
        Path(path).rmdir()
        Path(path).symlink_to(unpacked)

    def _is_shared(self) -> bool:
        return len(self.filelist) >= MANY_FILES

    def _unpacked(self) -> Path:
        assert self.filename is not None
        content = hashlib.sha256(Path(self.filename).read_bytes()).hexdigest()
        return Path(os.environ["TMPDIR"]) / f"unpacked-{content}"


if __name__ == "__main__":
    lambda_runtime.zipfile = SimpleNamespace(**{**vars(zipfile), "ZipFile": SharedZipFile})
    main()
