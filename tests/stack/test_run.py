"""`make run` for a new user: it starts beside another stack, tells its whole story, and stops on a signal."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from ops.project import ROOT
from tests.conftest import free_port
from tests.stack.conftest import eventually

TIMEOUT_SECONDS = 300
STORY = (
    "presses Pay twice; the card is charged once",
    "1 price announced, none changed today",
    "GET /rates shows both prices",
    "the active deck again",
    "the recharge rule buys",
    "automatic recharge",
    "denied, insufficient_credit: The credit is not sufficient for this call.",
    "The next attempt is possible at",
    "A real switch: Kamailio asks before it connects a SIP call",
    "This link completes the payment; it is valid for a day",
    "Billing page http://",
    "Open the Billing page in a browser and sign in as one of these people",
)


def exit_code_of(running: subprocess.Popen[bytes]) -> int:
    """Return the exit code; a process that runs for another minute must dump its stacks."""
    try:
        return running.wait(60)
    except subprocess.TimeoutExpired:
        running.send_signal(signal.SIGABRT)
        return running.wait(10)


def test_make_run_tells_its_story_and_stops_on_a_signal(tmp_path: Path) -> None:
    places = {
        "LOCAL_DIR": str(ROOT / ".local" / "test-run"),
        "EMULATOR_PORT": str(free_port()),
        "STRIPE_PORT": str(free_port()),
        "PYTHONFAULTHANDLER": "1",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "layers" / "domain"), str(ROOT)]),
    }
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "STRIPE_"))}
    described, output_file = Path(places["LOCAL_DIR"]) / "stack.json", tmp_path / "output"
    described.unlink(missing_ok=True)
    with output_file.open("w") as output:
        running = subprocess.Popen(
            [sys.executable, "-m", "local.run"], cwd=ROOT, env=inherited | places, stdout=output, stderr=output
        )
        try:
            eventually(lambda: described.exists() or running.poll() is not None, seconds=TIMEOUT_SECONDS)
            assert running.poll() is None, output_file.read_text()
            running.send_signal(signal.SIGINT)
            assert exit_code_of(running) == 0, output_file.read_text()
        finally:
            running.kill()
    text = " ".join(output_file.read_text().split())
    assert [line for line in STORY if line not in text] == [], text
    assert text.endswith("Ended.")
