"""A PostgreSQL server of its own for one run, if its programs are installed. Leaves nothing behind."""

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOBODY = "nobody"
"""PostgreSQL refuses to run as root."""
START_SECONDS = 20.0


def find_programs() -> Path | None:
    """Return the folder of `initdb` and `postgres`, on the PATH or where Debian puts them; None if there is none."""
    found = shutil.which("initdb")
    folders = [Path(found).resolve().parent] if found else []
    folders += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in folders if (folder / "initdb").exists() and (folder / "postgres").exists()), None)


@contextmanager
def server(programs: Path) -> Iterator[Path]:
    """Run a server with its defaults, and the user `bench`; yield the folder of its socket.

    Raises:
        RuntimeError: the server does not start; the text has its log.
    """
    user = NOBODY if os.geteuid() == 0 else None
    folder = Path(tempfile.mkdtemp(prefix="peer-"))
    try:
        if user is not None:
            shutil.chown(folder, user)
        data, log = folder / "data", folder / "log"
        make: list[str | Path] = [programs / "initdb", "-D", data, "-U", "bench", "-A", "trust", "-E", "UTF8"]
        subprocess.run(make, check=True, stdout=subprocess.DEVNULL, user=user, cwd=folder)
        run: list[str | Path] = [programs / "postgres", "-D", data, "-k", folder, "-c", "listen_addresses="]
        with (
            log.open("w", encoding="utf-8") as output,
            subprocess.Popen(run, stdout=output, stderr=output, user=user, cwd=folder) as process,
        ):
            try:
                _wait(process, folder, log)
                yield folder
            finally:
                process.terminate()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _wait(process: "subprocess.Popen[bytes]", folder: Path, log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while "ready to accept connections" not in log.read_text(encoding="utf-8") or not list(folder.glob(".s.PGSQL.*")):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL did not start:\n{log.read_text(encoding='utf-8')}")
        time.sleep(0.1)
