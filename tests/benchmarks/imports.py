"""The rows of importing a carrier's sheet of 110,000 codes: the time and the memory of the whole command, over those of
a program that only reads the sheet and writes it.
"""

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
RATIO_BUDGET = 80
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
USED = """
usage = resource.getrusage(resource.RUSAGE_SELF)
with open("/proc/self/status") as status:  # ru_maxrss would include the memory of the process that started this one.
    [most] = [line.split()[1] for line in status if line.startswith("VmHWM:")]
print("used", usage.ru_utime + usage.ru_stime, most, file=sys.stderr)
sys.exit(code)
"""
PROGRAM = f"""
import resource, sys
from ops.import_rates import main
code = main()
{USED}"""
FLOOR = f"""
import csv, resource, sys
with open(sys.argv[1], newline="") as sheet, open(sys.argv[1] + ".copy", "w", newline="") as copy:
    rows = list(csv.reader(sheet))
    csv.writer(copy).writerows(rows)
print(f"{{len(rows) - 1:,}} rows")
code = 0
{USED}"""


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
        least, floor_mb = used(FLOOR, folder, str(sheet))
        seconds, megabytes = used(PROGRAM, folder, str(sheet), "--map", str(rate_map))
    what = f"importing a sheet of {CODES:,} codes"
    ratio = seconds / least
    shown = f"{ratio:.0f} ({seconds:.1f} s / {least:.2f} s)"
    return [
        Row(f"{what}: seconds of CPU", "count", SECONDS_BUDGET, round(seconds, 1), floor=f"{least:.2f} (csv alone)"),
        Row(f"{what}: CPU, over reading and writing it with csv", "ratio", RATIO_BUDGET, ratio, shown=shown, floor="1"),
        Row(f"{what}: the most memory", "MB", MEMORY_BUDGET_MB, megabytes, floor=f"{floor_mb:.1f} (csv alone)"),
    ]


def used(program: str, folder: str, *arguments: str) -> tuple[float, float]:
    """Run a program on the sheet; return its seconds of CPU, and the most megabytes that its process occupied."""
    answer = subprocess.run(
        [sys.executable, "-c", program, *arguments],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": "layers/domain:.", "LOCAL_DIR": folder},
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode != 0 or f"{CODES:,} rows" not in answer.stdout:
        raise RuntimeError(f"the sheet was not read, so the numbers are invalid: {answer.stderr}")
    seconds, kilobytes = map(float, answer.stderr.split()[-2:])
    return seconds, kilobytes / 1_000
