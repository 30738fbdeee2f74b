"""The settings of the local stack, read from the environment: its folder, its ports, and its Stripe. All AWS settings
are explicit, so that local work never reaches a real account.
"""

import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from ops.project import SettingsError, local_folder, refuse_remote_endpoints

REGION: Final = "us-east-1"
API_ID: Final = "ca11c0de"
DEFAULT_EMULATOR_PORT: Final = 4566
DEFAULT_STRIPE_PORT: Final = 8420
STRIPE_URL: Final = "https://api.stripe.com"


@dataclass(frozen=True, slots=True)
class StripeTestMode:
    """Stripe's own test mode instead of the stand-in."""

    api_key: str
    webhook_secret: str


@dataclass(frozen=True, slots=True)
class Settings:
    """The folder, ports, and Stripe of one local stack. Stacks with different folders and ports are independent.

    `stripe_api_base` is the address at which the functions reach Stripe, for example a proxy in front of the stand-in.
    `adjustment_daily_maximum` and `hold_grace_seconds` replace the template's defaults in tests, which give more credit
    on one day and do not wait 17 minutes for the end of a hold.
    """

    folder: Path
    emulator_port: int
    stripe_port: int = DEFAULT_STRIPE_PORT
    stripe_api_base: str = ""
    stripe_test_mode: StripeTestMode | None = None
    adjustment_daily_maximum: str = ""
    hold_grace_seconds: int | None = None

    @property
    def endpoint_url(self) -> str:
        """The endpoint of every AWS service of this stack."""
        return f"http://127.0.0.1:{self.emulator_port}"

    @property
    def api_host(self) -> str:
        """The host name of the HTTP API. Clients that cannot resolve it connect to 127.0.0.1 and send it as Host."""
        return f"{API_ID}.execute-api.localhost:{self.emulator_port}"

    @property
    def api_url(self) -> str:
        """The origin of the HTTP API."""
        return f"http://{self.api_host}"

    @property
    def description_file(self) -> Path:
        """The file in which programs find the running stack."""
        return self.folder / "stack.json"

    @property
    def emulator_log(self) -> Path:
        """The log of the emulator and of the functions' worker processes."""
        return self.folder / "emulator.log"


def settings_from_environment(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings from LOCAL_DIR, EMULATOR_PORT, STRIPE_PORT, STRIPE_API_BASE, STRIPE_API_KEY and
    STRIPE_WEBHOOK_SECRET.

    Raises:
        SettingsError: an invalid port, an AWS endpoint on another machine, or a Stripe key for real money.
    """
    refuse_remote_endpoints(environ)
    return Settings(
        local_folder(environ),
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
    """Messages never repeat a key: it may be a live key, pasted by mistake."""
    key, secret = environ.get("STRIPE_API_KEY", ""), environ.get("STRIPE_WEBHOOK_SECRET", "")
    if not key:
        return None
    if not key.startswith(("sk_test_", "rk_test_")):
        raise SettingsError(
            "STRIPE_API_KEY is not a test key. The local stack accepts only keys that begin with sk_test_ or rk_test_, "
            "so that it never charges a real card. Unset it to use the stand-in."
        )
    if not secret.startswith("whsec_"):
        raise SettingsError(
            "STRIPE_API_KEY also needs STRIPE_WEBHOOK_SECRET. Run `stripe listen --print-secret` and set the printed "
            "secret, which begins with whsec_."
        )
    return StripeTestMode(key, secret)


def aws_environment(settings: Settings, environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """Return the environment of all local processes, without the user's AWS profile, credentials and endpoints."""
    own = {name: value for name, value in environ.items() if not name.startswith(("AWS_", "SAM_CLI_"))}
    for name in ("PYTHONPATH", "PYTHONDONTWRITEBYTECODE"):  # Compiled modules halve the start of each worker.
        own.pop(name, None)
    without_proxy = {own[name] for name in ("NO_PROXY", "no_proxy") if own.get(name)} | {"127.0.0.1", "localhost"}
    return own | {
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
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), own.get("PATH", os.defpath)]),
        "PYTHONUNBUFFERED": "1",
        "SAM_CLI_TELEMETRY": "0",
        "SAM_CLI_POLL_DELAY": "0.2",
        "__SAM_CLI_APP_DIR": str(settings.folder / "sam" / "home"),
    }


def runtime() -> str:
    """Return the Lambda runtime of this interpreter."""
    return f"python{sys.version_info.major}.{sys.version_info.minor}"


def architecture() -> str:
    """Return the Lambda architecture of this machine."""
    return "arm64" if platform.machine().lower() in ("arm64", "aarch64") else "x86_64"
