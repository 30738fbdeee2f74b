"""The rows of importing a carrier's sheet of 110,000 codes: the time and the memory of the whole command."""

import os
import random
import subprocess
import sys
import tempfile
from pathlib import Path

from calling_credit.numbering_data import PREFIXES_BY_COUNTRY
from ops.project import ROOT
from tests.benchmarks import mix
from tests.benchmarks.rows import Row

CODES = 110_000
SECONDS_BUDGET = 60
MEMORY_BUDGET_MB = 400
MAP = """currency = "USD"
[columns]
code = "Code"
destination = "Destination"
rate = "Rate"
increments = "Billing"
effective_from = "Effective Date"
change = "Change"
[price]
markup_percent = "11"
"""
PROGRAM = """
import resource, sys
from ops.import_rates import main
code = main()
usage = resource.getrusage(resource.RUSAGE_SELF)
print("used", usage.ru_utime + usage.ru_stime, usage.ru_maxrss, file=sys.stderr)
sys.exit(code)
"""


def sheet_text() -> str:
    """Return a sheet of as many codes abroad, with a rate of its own for each."""
    rng = random.Random(mix.SEED)
    abroad = (text for country, text in PREFIXES_BY_COUNTRY.items() if country not in ("US", "CA"))
    prefixes = [text.split()[0] for text in abroad]
    codes: set[str] = set()
    while len(codes) < CODES:
        codes.add(f"{rng.choice(prefixes)}{rng.randrange(10_000):04d}")
    lines = ["Code,Destination,Rate,Billing,Effective Date,Change"]
    lines += [
        f"{code},Place {number % 900},{rng.randint(1, 9_999) / 10_000:.4f},60/60,2026-11-01,Increase"
        for number, code in enumerate(sorted(codes))
    ]
    return "\n".join(lines)


def import_rows() -> list[Row]:
    """Return the rows of CPU time and of the most memory."""
    with tempfile.TemporaryDirectory() as folder:
        sheet, rate_map = Path(folder, "sheet.csv"), Path(folder, "map.toml")
        sheet.write_text(sheet_text(), encoding="utf-8")
        rate_map.write_text(MAP, encoding="utf-8")
        answer = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(sheet), "--map", str(rate_map)],
            cwd=ROOT,
            env={"PATH": os.environ["PATH"], "PYTHONPATH": "layers/domain:.", "LOCAL_DIR": folder},
            capture_output=True,
            text=True,
            check=False,
        )
    if answer.returncode != 0 or f"{CODES:,} rows" not in answer.stdout:
        raise RuntimeError(f"the sheet was not imported, so the numbers are invalid: {answer.stderr}")
    seconds, kilobytes = map(float, answer.stderr.split()[-2:])
    what = f"importing a sheet of {CODES:,} codes"
    return [
        Row(f"{what}: seconds of CPU", "count", SECONDS_BUDGET, round(seconds, 1)),
        Row(f"{what}: the most memory of the process", "MB", MEMORY_BUDGET_MB, kilobytes / 1_000),
    ]
