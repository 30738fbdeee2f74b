"""The process of the emulator: `python -P local/emulator_process.py`. It runs the emulator with the condition keys of
`local/emulator_conditions.py`, the transform of `local/emulator_nested.py`, and three changes for small and busy
machines:

- The emulator unpacks the layer again for each worker: thousands of files, a second of both cores, and as much to
  remove them. On AWS all workers read one folder. Here an archive is unpacked once, and each worker gets a link to it.
  The folder stays for later starts, together with the modules that Python has compiled in it.
- The emulator starts a worker for each event that finds none free, even if one is about to be ready. A slow machine
  would start ever more workers. Here a function starts one worker at a time, and all functions one per processor.
- A function's timeout assumes a processor for each worker. Here it grows with the load of the machine.
"""

import contextlib
import hashlib
import os
import shutil
import sys
import threading
import time
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

from ministack.app import main
from ministack.core import lambda_runtime
from ministack.services import lambda_svc

MANY_FILES: Final = 100
"""An archive with fewer files is a function's own code and is unpacked for each worker."""
GRACE_SECONDS: Final = 0.2
"""How long an event waits for a busy worker before a second one starts."""
POLL_SECONDS: Final = 0.01
UNUSED_SECONDS: Final = 7 * 24 * 3600

_unpacking = threading.Lock()
_acquiring = threading.Lock()
_cold_starts = threading.BoundedSemaphore(os.cpu_count() or 1)


class SharedZipFile(zipfile.ZipFile):
    """An archive that is unpacked once; each target folder becomes a link to the unpacked one."""

    def namelist(self) -> list[str]:
        """Return the names for the caller's check of their paths; none if the archive is checked and unpacked."""
        return [] if self._is_shared() and self._unpacked().exists() else super().namelist()

    def extractall(self, path: Any = None, members: Any = None, pwd: bytes | None = None) -> None:
        """Make `path`, an empty folder, hold the contents of the archive."""
        if not self._is_shared():
            super().extractall(path, members, pwd)
            return
        unpacked = self._unpacked()
        with _unpacking:
            if not unpacked.exists():
                draft = unpacked.with_suffix(f".{os.getpid()}")
                super().extractall(draft)
                with contextlib.suppress(OSError):  # Another emulator may have unpacked the same archive first.
                    draft.rename(unpacked)
                shutil.rmtree(draft, ignore_errors=True)
            os.utime(unpacked)
        Path(path).rmdir()
        Path(path).symlink_to(unpacked)

    def _is_shared(self) -> bool:
        return len(self.filelist) >= MANY_FILES

    def _unpacked(self) -> Path:
        assert self.filename is not None
        content = hashlib.sha256(Path(self.filename).read_bytes()).hexdigest()
        return Path(os.environ.get("LAYER_FOLDER") or os.environ["TMPDIR"]) / f"unpacked-{content}"


class Worker(lambda_runtime.Worker):  # type: ignore[misc]
    """A worker that waits for its turn to start, and whose timeout grows with the load."""

    config: dict[str, Any]

    def _spawn(self) -> None:
        with _cold_starts:
            super()._spawn()

    def invoke(self, *arguments: Any, **options: Any) -> Any:
        """Run one invocation."""
        nominal = self.config
        self.config = nominal | {"Timeout": nominal.get("Timeout", 30) * slowness()}
        try:
            return super().invoke(*arguments, **options)
        finally:
            self.config = nominal

    @property
    def is_starting(self) -> bool:
        """Whether it is leased but has no process yet."""
        return bool(self.in_use and self._proc is None)


def slowness() -> float:
    """Return the factor by which the load slows a process down: the load per processor, at least 1."""
    return max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1))


def acquire_worker(name: str, config: dict[str, Any], code: bytes, qualifier: str = "$LATEST", **options: Any) -> Any:
    """Lease a free worker of a function; start another one only when none starts and none becomes free soon."""
    key = lambda_runtime._worker_key(name, config, qualifier)  # noqa: SLF001 - the emulator's own key
    give_up_at = time.monotonic() + GRACE_SECONDS
    while True:
        with _acquiring:
            workers = list(lambda_runtime._workers.get(key, ()))  # noqa: SLF001
            now = time.monotonic()
            if any(worker.is_starting for worker in workers):
                give_up_at = now + GRACE_SECONDS
            elif not workers or now >= give_up_at or not all(worker.in_use for worker in workers):
                return lambda_runtime.acquire_worker(name, config, code, qualifier=qualifier, **options)
        time.sleep(POLL_SECONDS)


def remove_unused_layers(folder: Path) -> None:
    """Remove the layers that no emulator has used for a week."""
    for layer in folder.glob("unpacked-*"):
        if time.time() - layer.stat().st_mtime > UNUSED_SECONDS:
            shutil.rmtree(layer, ignore_errors=True)


def install() -> None:
    """Put the changes into the emulator's modules."""
    lambda_runtime.zipfile = SimpleNamespace(**{**vars(zipfile), "ZipFile": SharedZipFile})
    lambda_runtime.Worker = Worker
    lambda_svc.acquire_worker = acquire_worker


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).resolve().parents[1]))  # Not in the environment, which the workers inherit.
    from local import emulator_conditions, emulator_nested

    install()
    emulator_conditions.install()
    emulator_nested.install()
    if layers := os.environ.get("LAYER_FOLDER"):
        remove_unused_layers(Path(layers))
    main()
