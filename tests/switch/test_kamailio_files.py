"""The files of connectors/kamailio against the product: emergency numbers, reasons, and a configuration that loads.

Without Kamailio, all but one of these tests run.
"""

import re
import shutil
import subprocess
from itertools import product
from pathlib import Path

from calling_credit.admission.reasons import DenialReason
from calling_credit.dialing_data import EMERGENCY_CODES
from calling_credit.numbering import is_emergency
from ops.project import ROOT
from tests.switch.programs import find_program, require_programs

FOLDER = ROOT / "connectors/kamailio"
HOME = "1"
"""The calling code of HomeCountries, the United States and Canada."""
NEVER_REFUSED = {DenialReason.MAXIMUM_DURATION}
"""It only limits the duration of a call."""
OWN_REASONS = {"invalid_number", "no_answer"}


def emergency_pattern() -> re.Pattern[str]:
    """Return the expression of numbers that are never asked about."""
    found = re.search(r'#!define EMERGENCY_NUMBERS "(.*)"', (FOLDER / "settings.cfg").read_text())
    assert found
    return re.compile(found[1])


def refusals() -> dict[str, str]:
    """Return the SIP status of each reason that the configuration names; the default's is that of `default`."""
    text = (FOLDER / "kamailio.cfg").read_text()
    body = re.search(r"switch \(\$var\(reason\)\) \{(.*?)\n    \}", text, re.DOTALL)
    assert body
    statuses: dict[str, str] = {}
    names: list[str] = []
    for line in body[1].splitlines():
        if case := re.search(r'case "(\w+)":|(default):', line):
            names.append(case[1] or case[2])
        if reply := re.search(r't_reply\("(\d+)"', line):
            statuses |= dict.fromkeys(names, reply[1])
            names = []
    return statuses


def test_emergency_numbers_are_those_of_the_product_for_home() -> None:
    pattern, codes = emergency_pattern(), set(EMERGENCY_CODES[HOME].split())
    for length in range(2, 7):
        for digits in map("".join, product("0123456789", repeat=length)):
            assert bool(pattern.search(digits)) is (digits in codes), digits
            assert bool(pattern.search(f"+{digits}")) is (
                digits in codes or (digits[1:] in codes and digits[0] == HOME)
            )
    dressed = [f"{dress}{code}" for code in codes for dress in ("", "+", f"+{HOME}")]
    assert all(pattern.search(number) and is_emergency(number) for number in dressed)
    assert not any(pattern.search(number) for number in ("", "+", "9112", "1911", "+12125550199", "911;x", " 911"))


def test_readme_names_the_sip_status_of_every_reason() -> None:
    statuses = refusals()
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \| (\d{3}) ", (FOLDER / "README.md").read_text(), re.MULTILINE)
    documented = {name: status for names, status in rows for name in re.findall(r"`(\w+)`", names)}
    reasons = {str(reason) for reason in DenialReason if reason not in NEVER_REFUSED}
    assert set(documented) == reasons | OWN_REASONS
    assert documented.pop("no_answer") == "503"
    assert {name: statuses.get(name, statuses["default"]) for name in documented} == documented
    assert set(statuses) - {"default"} <= set(documented)


def test_kamailio_accepts_the_configuration(tmp_path: Path) -> None:
    require_programs("kamailio")
    for name in ("kamailio.cfg", "settings.cfg", "credit.conf"):
        shutil.copy(FOLDER / name, tmp_path)
    program = find_program("kamailio")
    assert program
    checked = subprocess.run(
        [program, "-c", "-f", str(tmp_path / "kamailio.cfg")], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stderr
    assert "ERROR" not in checked.stderr + checked.stdout
