"""The process of the emulator: `python -P local/emulator_process.py`.

The emulator unpacks the layer again for each worker that it starts: thousands of files, a second of both cores, and as
much to remove them. On AWS all workers read one folder. So here each archive is unpacked once, and a worker gets a
link.
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
"""An archive with fewer files is a function's own code and is unpacked for each worker."""

_unpacking = threading.Lock()


class SharedZipFile(zipfile.ZipFile):
    """An archive that is unpacked once; each target folder becomes a link to the unpacked one."""

    def namelist(self) -> list[str]:
        """Return the names for the caller's check of their paths; none if the archive is already checked
        and unpacked.
        """
        return [] if self._is_shared() and self._unpacked().exists() else super().namelist()

    def extractall(self, path: Any = None, members: Any = None, pwd: bytes | None = None) -> None:
        """Make `path`, an empty folder, hold the contents of the archive."""
        if not self._is_shared():
            super().extractall(path, members, pwd)
            return
        unpacked = self._unpacked()
        with _unpacking:
            if not unpacked.exists():
                draft = unpacked.with_suffix(".part")
                super().extractall(draft)
                draft.rename(unpacked)
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
