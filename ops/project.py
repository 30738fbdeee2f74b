"""The project on this machine: its root, the folder and the description of the local stack, and the guard that keeps
local work away from real AWS accounts.
"""

import ipaddress
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

ROOT: Final = Path(__file__).resolve().parent.parent
LOCAL_STACK_NAME: Final = "calling-credit-local"


class SettingsError(Exception):
    """A setting is invalid, or the machine cannot satisfy it; the message says what to change."""


def local_folder(environ: Mapping[str, str] = os.environ) -> Path:
    """Return the folder of the local stack: LOCAL_DIR, or `.local` in the project."""
    return Path(environ.get("LOCAL_DIR") or ROOT / ".local").resolve()


def local_description(environ: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """Return what `make run` wrote into `stack.json`.

    Raises:
        FileNotFoundError: no local stack is running.
    """
    description: dict[str, Any] = json.loads((local_folder(environ) / "stack.json").read_text(encoding="utf-8"))
    return description


def refuse_remote_endpoints(environ: Mapping[str, str]) -> None:
    """Stop before local work can reach a real account.

    Raises:
        SettingsError: an AWS_ENDPOINT_URL… variable names a host other than this machine.
    """
    for name, value in environ.items():
        if name.startswith("AWS_ENDPOINT_URL") and value and not _is_loopback(urlsplit(value).hostname or ""):
            raise SettingsError(f"{name} points at {value}, which is not this machine. Unset it for local work.")


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
