"""`make run` as a new user meets it: it comes up beside another stack, tells its whole story by itself, and ends when
it is told to.
"""

import os
import signal
import subprocess
import sys
from pathlib import Path

from ops.project import ROOT
from tests.conftest import free_port
from tests.stack.conftest import eventually

PATIENCE_SECONDS = 300
STORY = (
    "presses Pay twice; the card is charged once",
    "1 price announced, none changed today",
    "GET /rates shows both prices",
    "the active deck again",
    "the recharge rule buys",
    "automatic recharge",
    "refused, insufficient_credit: The credit is not sufficient for this call.",
    "Next attempt possible at",
    "This link completes the payment; it is valid for a day",
    "Billing page http://",
    "Open the Billing page in a browser and sign in as one of these people",
)


def ended(running: subprocess.Popen[bytes]) -> int:
    """Its exit code; one that does not end within a minute is made to say what it waits for."""
    try:
        return running.wait(60)
    except subprocess.TimeoutExpired:
        running.send_signal(signal.SIGABRT)
        return running.wait(10)


def test_it_tells_its_story_and_ends_when_it_is_told_to(tmp_path: Path) -> None:
    places = {
        "LOCAL_DIR": str(ROOT / ".local" / "test-run"),
        "EMULATOR_PORT": str(free_port()),
        "STRIPE_PORT": str(free_port()),
        "PYTHONFAULTHANDLER": "1",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "layers" / "domain"), str(ROOT)]),
    }
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "STRIPE_"))}
    described, told = Path(places["LOCAL_DIR"]) / "stack.json", tmp_path / "told"
    described.unlink(missing_ok=True)
    with told.open("w") as output:
        running = subprocess.Popen(
            [sys.executable, "-m", "local.run"], cwd=ROOT, env=kept | places, stdout=output, stderr=output
        )
        try:
            eventually(lambda: described.exists() or running.poll() is not None, seconds=PATIENCE_SECONDS)
            assert running.poll() is None, told.read_text()
            running.send_signal(signal.SIGINT)
            assert ended(running) == 0, told.read_text()
        finally:
            running.kill()
    said = " ".join(told.read_text().split())
    assert [line for line in STORY if line not in said] == [], said
    assert said.endswith("Ended.")
