"""A release that changes one line of the layer reaches every function, and can be rolled back."""

import os
import subprocess
import sys
from pathlib import Path

from ops.project import ROOT

TIMEOUT_SECONDS = 900


def test_a_changed_layer_reaches_every_alias_and_rolls_back(tmp_path: Path) -> None:
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "STRIPE_"))}
    environment = inherited | {"PYTHONPATH": os.pathsep.join([str(ROOT / "layers" / "domain"), str(ROOT)])}
    command = [sys.executable, "-m", "tests.stack.release", str(tmp_path / "stack")]
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=TIMEOUT_SECONDS, check=False
    )
    assert done.returncode == 0, done.stdout[-3_000:] + done.stderr[-5_000:]
