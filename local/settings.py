"""What the local stack is told by its environment: its folder and its port, and AWS settings that are all explicit so
that nobody's real account is ever touched.
"""

import ipaddress
import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

ROOT: Final = Path(__file__).resolve().parent.parent
REGION: Final = "us-east-1"
STACK_NAME: Final = "calling-credit-local"
API_ID: Final = "ca11c0de"
DEFAULT_EMULATOR_PORT: Final = 4566


class SettingsError(Exception):
    """The environment asks for something the local stack must not or cannot do; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Where one local stack lives. Two stacks with different folders and ports do not notice each other."""

    folder: Path
    emulator_port: int

    @property
    def endpoint_url(self) -> str:
        """Where every AWS service of this stack answers."""
        return f"http://127.0.0.1:{self.emulator_port}"

    @property
    def api_host(self) -> str:
        """The host name that selects the HTTP API; clients that cannot resolve it send it as Host to 127.0.0.1."""
        return f"{API_ID}.execute-api.localhost:{self.emulator_port}"

    @property
    def api_url(self) -> str:
        """The API's origin."""
        return f"http://{self.api_host}"

    @property
    def description_file(self) -> Path:
        """Where others find the running stack."""
        return self.folder / "stack.json"

    @property
    def emulator_log(self) -> Path:
        """What the emulator and the functions' worker processes wrote."""
        return self.folder / "emulator.log"


def settings_from_environment(environ: Mapping[str, str] = os.environ) -> Settings:
    """Settings from LOCAL_DIR and EMULATOR_PORT.

    Raises:
        SettingsError: a port that is no port, or an AWS endpoint that is not on this machine.
    """
    refuse_remote_endpoints(environ)
    text = environ.get("EMULATOR_PORT") or str(DEFAULT_EMULATOR_PORT)
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise SettingsError(f"EMULATOR_PORT is {text!r}; it must be a port number from 1 to 65535.")
    return Settings(Path(environ.get("LOCAL_DIR") or ROOT / ".local").resolve(), int(text))


def refuse_remote_endpoints(environ: Mapping[str, str]) -> None:
    """Stop before local work could reach a real account.

    Raises:
        SettingsError: an AWS_ENDPOINT_URL… variable names a host that is not this machine.
    """
    for name, value in environ.items():
        if name.startswith("AWS_ENDPOINT_URL") and value and not _is_loopback(urlsplit(value).hostname or ""):
            raise SettingsError(f"{name} points at {value}, which is not this machine; unset it for local work.")


def _is_loopback(host: str) -> bool:
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def aws_environment(settings: Settings, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The environment of everything local: the user's AWS profile, credentials and endpoints are left out of it."""
    kept = {name: value for name, value in environ.items() if not name.startswith(("AWS_", "SAM_CLI_"))}
    kept.pop("PYTHONPATH", None)
    without_proxy = {kept[name] for name in ("NO_PROXY", "no_proxy") if kept.get(name)} | {"127.0.0.1", "localhost"}
    return kept | {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_REGION": REGION,
        "AWS_ENDPOINT_URL": settings.endpoint_url,
        "NO_PROXY": ",".join(sorted(without_proxy)),
        "no_proxy": ",".join(sorted(without_proxy)),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), kept.get("PATH", os.defpath)]),
        "PYTHONUNBUFFERED": "1",
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_POLL_DELAY": "0.2",
        "__SAM_CLI_APP_DIR": str(settings.folder / "sam" / "home"),
    }


def runtime() -> str:
    """The Lambda runtime of the interpreter at hand."""
    return f"python{sys.version_info.major}.{sys.version_info.minor}"


def architecture() -> str:
    """The Lambda architecture of this machine."""
    return "arm64" if platform.machine().lower() in ("arm64", "aarch64") else "x86_64"
