"""The rows of start-up: CPU to import a function, relative to botocore with a DynamoDB client, each in its own process.

Measures user and system time of each child process with compiled .pyc files, as deployed, minus the bare interpreter.
Each run is paired with a run of the base, and the median counts, because the speed of a shared machine drifts.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.rows import Row
from tests.harness.template import ROOT

ROUNDS = 5
RATER_BUDGET = 1.6
API_BUDGET = 1.9
STRIPE_BUDGET = 2.2
API_FUNCTIONS = ("list_usage", "public_rates", "manage_accounts", "authorize_call")
STRIPE_FUNCTIONS = (
    "add_funds",
    "follow_links",
    "change_settings",
    "stripe_webhook",
    "auto_recharge",
    "reconcile_payments",
)
BARE = "pass"
BASE = "import botocore.session; botocore.session.get_session().create_client('dynamodb')"


def programs() -> dict[str, str]:
    """Return the program of each child process."""
    functions = {
        name: f"import sys; sys.path.insert(0, {str(ROOT / 'functions' / name)!r}); import app"
        for name in ("rate_calls", *API_FUNCTIONS, *STRIPE_FUNCTIONS)
    }
    return functions | {name: f"import tests.benchmarks.{name}" for name in ("stock", "stock_api", "stock_stripe")}


def start_up_rows(*, traced: bool) -> list[Row]:
    """Return the rows; `traced` says whether the stock stack has its tracer."""
    with tempfile.TemporaryDirectory() as compiled:
        ratio = ratios(child_environment(Path(compiled)))
    suffix = "" if traced else " (without Tracer)"
    slowest = max(API_FUNCTIONS, key=lambda name: ratio[name])
    payer = max(STRIPE_FUNCTIONS, key=lambda name: ratio[name])
    over = f"over botocore.session + dynamodb client (median of {ROUNDS})"
    return [
        Row(
            f"import CPU, rater, {over}",
            "ratio",
            RATER_BUDGET,
            ratio["rate_calls"],
            stock=f"{ratio['stock']:.2f}{suffix}",
            floor="1",
        ),
        Row(
            f"import CPU, API functions (the slowest), {over}",
            "ratio",
            API_BUDGET,
            ratio[slowest],
            shown=f"{ratio[slowest]:.2f} ({slowest})",
            stock=f"{ratio['stock_api']:.2f}{suffix}",
            floor="1",
        ),
        Row(
            f"import CPU, functions with stripe (the slowest), {over}",
            "ratio",
            STRIPE_BUDGET,
            ratio[payer],
            shown=f"{ratio[payer]:.2f} ({payer})",
            stock=f"{ratio['stock_stripe']:.2f}{suffix}",
            floor="1",
        ),
    ]


def child_environment(compiled: Path) -> dict[str, str]:
    """Return the environment of a function, with compiled modules in a folder of the benchmark."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    path = os.pathsep.join([str(ROOT / "layers" / "domain"), str(ROOT)])
    return environment | {"PYTHONPATH": path, "PYTHONPYCACHEPREFIX": str(compiled)}


def ratios(environment: dict[str, str]) -> dict[str, float]:
    """Return the ratio of each program to the base."""
    for program in (BASE, *programs().values()):
        child_cpu(program, environment)  # Compiles.
    pairs: dict[str, list[float]] = {name: [] for name in programs()}
    for _ in range(ROUNDS):
        bare = child_cpu(BARE, environment)
        for name, program in programs().items():
            base = child_cpu(BASE, environment) - bare
            pairs[name].append((child_cpu(program, environment) - bare) / base)
    return {name: statistics.median(values) for name, values in pairs.items()}


def child_cpu(program: str, environment: dict[str, str]) -> float:
    """Return the user and system seconds of an interpreter that runs the program."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
