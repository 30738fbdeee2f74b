"""Runs the operator's commands as make does, each as a process, on the deployed application."""

import os
import subprocess
import sys
import time

from local.deploy import DECK_LEAD_SECONDS
from local.stack import Stack
from ops.project import ROOT

LANDLINE, LANDLINE_ROW = "+442071838750", "442,United Kingdom - Landline,GB,*,0.0140,"


def command(deployed: Stack, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `python -m ops.<module>` on this stack."""
    environment = {"LOCAL_DIR": str(deployed.settings.folder), "PYTHONPATH": os.pathsep.join(["layers/domain", "."])}
    return subprocess.run(
        [sys.executable, "-m", f"ops.{module}", *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def example_deck_again(deployed: Stack) -> None:
    """Activate the example deck again, in every worker."""
    assert command(deployed, "publish_rates", "local/rates.csv").returncode == 0
    time.sleep(DECK_LEAD_SECONDS + 1)
    assert price_now(deployed) == "0.014"


def price_now(deployed: Stack) -> str:
    """Return the price of a UK landline from GET /rates."""
    return str(deployed.api.get("/rates", number=LANDLINE)["items"][0]["rate_per_minute"])
