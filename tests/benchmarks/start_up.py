"""The rows of start-up: CPU to import a function, over that of botocore with a DynamoDB client, in processes of their own.

User and system time of each child, compiled .pyc as a deployment ships them, interleaved, the least of each, and the bare
interpreter subtracted from both.
"""

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.rows import Row
from tests.functions.template import ROOT

ROUNDS = 7
RATER_BUDGET = 1.6
API_BUDGET = 1.9
API_FUNCTIONS = ("list_usage", "change_settings", "manage_accounts")
BARE = "pass"
BASE = "import botocore.session; botocore.session.get_session().create_client('dynamodb')"


def programs() -> dict[str, str]:
    """What each child runs."""
    functions = {
        name: f"import sys; sys.path.insert(0, {str(ROOT / 'functions' / name)!r}); import app"
        for name in ("rate_calls", *API_FUNCTIONS)
    }
    stock = {name: f"import tests.benchmarks.{name}" for name in ("stock", "stock_api")}
    return {"bare": BARE, "base": BASE} | functions | stock


def start_up_rows(*, traced: bool) -> list[Row]:
    """The rows; `traced` says whether the stock stack has its tracer."""
    with tempfile.TemporaryDirectory() as compiled:
        least = least_cpu(child_environment(Path(compiled)))
    base = least["base"] - least["bare"]
    ratio = {name: (seconds - least["bare"]) / base for name, seconds in least.items()}
    suffix = "" if traced else " (without Tracer)"
    slowest = max(API_FUNCTIONS, key=lambda name: ratio[name])
    over = f"over botocore.session + dynamodb client = {base * 1000:,.0f} ms (least of {ROUNDS})"
    rater = ratio["rate_calls"]
    return [
        Row(
            f"import CPU, rater, {over}", "ratio", RATER_BUDGET, rater, stock=f"{ratio['stock']:.2f}{suffix}", floor="1"
        ),
        Row(
            "import CPU, API functions (the slowest), over the same",
            "ratio",
            API_BUDGET,
            ratio[slowest],
            shown=f"{ratio[slowest]:.2f} ({slowest})",
            stock=f"{ratio['stock_api']:.2f}{suffix}",
            floor="1",
        ),
    ]


def child_environment(compiled: Path) -> dict[str, str]:
    """The environment of a function, with compiled modules kept in a folder of the benchmark's own."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    path = os.pathsep.join([str(ROOT / "layers" / "domain"), str(ROOT)])
    return environment | {"PYTHONPATH": path, "PYTHONPYCACHEPREFIX": str(compiled)}


def least_cpu(environment: dict[str, str]) -> dict[str, float]:
    """The least CPU seconds of each program, after one run that compiles."""
    least = dict.fromkeys(programs(), float("inf"))
    for turn in range(ROUNDS + 1):
        for name, program in programs().items():
            seconds = child_cpu(program, environment)
            if turn:
                least[name] = min(least[name], seconds)
    return least


def child_cpu(program: str, environment: dict[str, str]) -> float:
    """User and system seconds of one interpreter that runs this."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
