"""What the local stack is told by its environment: its folder, its ports, which Stripe, and AWS settings that are all
explicit so that nobody's real account is ever touched.
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
DEFAULT_STRIPE_PORT: Final = 8420
STRIPE_URL: Final = "https://api.stripe.com"


class SettingsError(Exception):
    """The environment asks for something the local stack must not or cannot do; the message says what to change."""


@dataclass(frozen=True, slots=True)
class StripeTestMode:
    """Stripe's own test mode instead of the stand-in."""

    api_key: str
    webhook_secret: str


@dataclass(frozen=True, slots=True)
class Settings:
    """Where one local stack lives. Two stacks with different folders and ports do not notice each other.

    `stripe_api_base` makes the functions reach Stripe elsewhere, such as through a proxy in front of the stand-in.
    """

    folder: Path
    emulator_port: int
    stripe_port: int = DEFAULT_STRIPE_PORT
    stripe_api_base: str = ""
    stripe_test_mode: StripeTestMode | None = None

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
    """Settings from LOCAL_DIR, EMULATOR_PORT, STRIPE_PORT, STRIPE_API_BASE, STRIPE_API_KEY and STRIPE_WEBHOOK_SECRET.

    Raises:
        SettingsError: a port that is no port, an AWS endpoint that is not on this machine, a key that moves real money.
    """
    refuse_remote_endpoints(environ)
    return Settings(
        Path(environ.get("LOCAL_DIR") or ROOT / ".local").resolve(),
        _port(environ, "EMULATOR_PORT", DEFAULT_EMULATOR_PORT),
        _port(environ, "STRIPE_PORT", DEFAULT_STRIPE_PORT),
        _stripe_api_base(environ),
        _stripe_test_mode(environ),
    )


def _port(environ: Mapping[str, str], name: str, default: int) -> int:
    text = environ.get(name) or str(default)
    if not text.isdecimal() or not 1 <= int(text) <= 65535:
        raise SettingsError(f"{name} is {text!r}; it must be a port number from 1 to 65535.")
    return int(text)


def _stripe_api_base(environ: Mapping[str, str]) -> str:
    base = environ.get("STRIPE_API_BASE", "").rstrip("/")
    address = urlsplit(base)
    if base and (address.scheme not in ("http", "https") or not address.hostname or address.path):
        raise SettingsError("STRIPE_API_BASE must be an address without a path, such as http://127.0.0.1:8421")
    return base


def _stripe_test_mode(environ: Mapping[str, str]) -> StripeTestMode | None:
    """Keys are never repeated in a message: it may be the wrong one that was pasted."""
    key, secret = environ.get("STRIPE_API_KEY", ""), environ.get("STRIPE_WEBHOOK_SECRET", "")
    if not key:
        return None
    if not key.startswith(("sk_test_", "rk_test_")):
        raise SettingsError(
            "STRIPE_API_KEY is not a test key: the local stack takes keys that begin with sk_test_ or rk_test_ only, "
            "so that no real card is ever charged. Unset it to use the stand-in."
        )
    if not secret.startswith("whsec_"):
        raise SettingsError(
            "STRIPE_API_KEY needs STRIPE_WEBHOOK_SECRET beside it: run `stripe listen --print-secret` and set what it "
            "prints, which begins with whsec_."
        )
    return StripeTestMode(key, secret)


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
