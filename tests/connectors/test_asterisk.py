"""The AGI program of Asterisk, as a process that speaks AGI, and the dialplan that runs it."""

import configparser
import os
import re
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.agents import KEY, PYTHON, Agent
from tests.connectors.fake_service import FakeService
from tests.harness.template import ROOT

FOLDER = ROOT / "connectors" / "asterisk"
PROGRAM = FOLDER / "calling_credit_agi.py"
VARIABLES = {
    "agi_request": "calling_credit_agi.py",
    "agi_channel": "PJSIP/1001-00000031",
    "agi_language": "en",
    "agi_type": "PJSIP",
    "agi_uniqueid": "1795428000.41",
    "agi_version": "20.6.0",
    "agi_callerid": "1001",
    "agi_calleridname": "Front Desk",
    "agi_dnid": "011442071838750",
    "agi_context": "calling-credit-ask",
    "agi_extension": "011442071838750",
    "agi_priority": "1",
    "agi_enhanced": "0.0",
    "agi_accountcode": "",
    "agi_arg_1": "+12125550102",
    "agi_arg_2": "011442071838750",
}
AWAY = "http://127.0.0.1:1/connector/calls/authorize"
ALLOWED = {"decision": "allow", "reason": None, "max_seconds": 600, "rate_per_minute": "0.014", "held": "0.14"}


class Asterisk:
    """The channel's side: runs the program, answers its commands, and keeps what they set."""

    def __init__(self, folder: Path, url: str, **settings: str) -> None:
        self.folder = folder
        (folder / "key").write_text(f"{KEY}\n")
        parser = configparser.ConfigParser(interpolation=None)
        fast = {"timeout_seconds": "1", "wait_for_recharge_seconds": "1"}
        parser["calling-credit"] = {"url": url, "key_file": str(folder / "key"), **fast, **settings}
        with (folder / "asterisk.conf").open("w") as file:
            parser.write(file)
        self.set: dict[str, str] = {}
        self.log: list[str] = []

    def run(self, **variables: str) -> dict[str, str]:
        """Run the program for a call; return the variables that it set."""
        environment = {"PATH": os.environ["PATH"], "CALLING_CREDIT_SETTINGS": str(self.folder / "asterisk.conf")}
        with subprocess.Popen(
            [PYTHON, str(PROGRAM)],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            assert process.stderr is not None
            process.stdin.write("".join(f"{name}: {value}\n" for name, value in {**VARIABLES, **variables}.items()))
            process.stdin.write("\n")
            process.stdin.flush()
            for command in process.stdout:
                process.stdin.write(self.answer(command.rstrip("\n")))
                process.stdin.flush()
            assert process.stderr.read() == ""
            assert process.wait() == 0
        return self.set

    def answer(self, command: str) -> str:
        """Answer a command as res_agi does."""
        if found := re.fullmatch(r'SET VARIABLE (\S+) "(.*)"', command):
            self.set[found[1]] = found[2]
            return "HANGUP\n200 result=1\n"
        if found := re.fullmatch(r'VERBOSE "([^"]*)" 1', command):
            self.log.append(found[1])
            return "200 result=1\n"
        return "520-Invalid command syntax.  Proper usage follows:\n520 End of proper usage.\n"


def test_an_allowed_call_gets_its_limit(tmp_path: Path, service: FakeService) -> None:
    service.authorize = lambda body: (200, ALLOWED)
    asterisk = Asterisk(tmp_path, service.url.replace("/events", "/authorize"), requested_seconds="900")
    assert asterisk.run() == {
        "CC_DECISION": "allow",
        "CC_OPTIONS": "L(600000)",
        "CC_REASON": "",
        "CC_CAUSE": "21",
        "CDR(userfield)": "calling_credit:from=+12125550102&to=011442071838750",
    }
    assert service.questions == [
        {"call_id": "1795428000.41", "from": "+12125550102", "to": "011442071838750", "requested_seconds": 900}
    ]
    assert service.requests[0].headers["authorization"] == f"Bearer {KEY}"
    assert KEY not in " ".join(asterisk.log)


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ("insufficient_credit", "21"),
        ("unknown_number", "21"),
        ("account_frozen", "21"),
        ("simultaneous_calls_limit", "17"),
        ("destination_unrated", "1"),
        ("recharging", "42"),
    ],
)
def test_a_denied_call_gets_a_cause(tmp_path: Path, service: FakeService, reason: str, cause: str) -> None:
    service.authorize = lambda body: (200, {"decision": "deny", "reason": reason, "retry_after_seconds": 30})
    outcome = Asterisk(tmp_path, service.url.replace("/events", "/authorize"), when_no_answer="connect").run()
    assert (outcome["CC_DECISION"], outcome["CC_REASON"], outcome["CC_CAUSE"]) == ("deny", reason, cause)
    assert outcome["CC_OPTIONS"] == ""


def test_a_number_that_is_none_gets_cause_28(tmp_path: Path, service: FakeService) -> None:
    service.authorize = lambda body: (422, {"code": "invalid_number"})
    outcome = Asterisk(tmp_path, service.url.replace("/events", "/authorize"), when_no_answer="connect").run()
    assert (outcome["CC_DECISION"], outcome["CC_CAUSE"]) == ("deny", "28")


def test_a_call_waits_while_the_card_is_charged(tmp_path: Path, service: FakeService) -> None:
    denied = {"decision": "deny", "reason": "recharging", "retry_after_seconds": 0.1}
    answers: list[dict[str, Any]] = [denied, ALLOWED]
    service.authorize = lambda body: (200, answers.pop(0))
    assert Asterisk(tmp_path, service.url.replace("/events", "/authorize")).run()["CC_DECISION"] == "allow"


@pytest.mark.parametrize("faults", [["503"], ["reset_before"], ["429"]])
def test_a_question_is_asked_again_after_a_failure(tmp_path: Path, service: FakeService, faults: list[str]) -> None:
    service.faults = faults
    service.authorize = lambda body: (200, ALLOWED)
    assert Asterisk(tmp_path, service.url.replace("/events", "/authorize")).run()["CC_OPTIONS"] == "L(600000)"


@pytest.mark.parametrize(("policy", "options"), [("refuse", ""), ("connect", "L(300000)")])
@pytest.mark.parametrize("fault", ["reset_before", "500", "401", "302", "away"])
def test_one_line_decides_when_there_is_no_answer(
    tmp_path: Path, service: FakeService, policy: str, options: str, fault: str
) -> None:
    service.faults = [fault] * 9
    url = AWAY if fault == "away" else service.url.replace("events", "authorize")
    start = time.monotonic()
    outcome = Asterisk(tmp_path, url, when_no_answer=policy, unasked_seconds="300").run()
    assert time.monotonic() - start < 8
    assert outcome["CC_DECISION"] == ("allow" if policy == "connect" else "deny")
    assert (outcome["CC_REASON"], outcome["CC_OPTIONS"]) == ("no_answer", options)
    assert outcome["CC_CAUSE"] == ("21" if policy == "connect" else "42")


@pytest.mark.parametrize("dialed", ["911", "112", "+112", "999"])
def test_an_emergency_call_never_asks(tmp_path: Path, service: FakeService, dialed: str) -> None:
    outcome = Asterisk(tmp_path, service.url.replace("/events", "/authorize")).run(agi_arg_2=dialed)
    assert (outcome["CC_DECISION"], outcome["CC_OPTIONS"]) == ("allow", "")
    assert service.requests == []
    broken = Asterisk(tmp_path, "http://elsewhere.example/").run(agi_arg_2=dialed)
    assert broken["CC_DECISION"] == "allow"


@pytest.mark.parametrize("change", [{"url": "http://calls.example/"}, {"when_no_answer": "maybe"}, {"key_file": "/no"}])
def test_wrong_settings_refuse_a_call_and_say_why(tmp_path: Path, change: dict[str, str]) -> None:
    asterisk = Asterisk(tmp_path, **{"url": "https://calls.example/connector/calls/authorize", **change})
    assert asterisk.run()["CC_DECISION"] == "deny"
    assert "the settings cannot be used" in asterisk.log[0]


def test_the_agent_can_answer_without_a_key_in_asterisk(tmp_path: Path, service: FakeService) -> None:
    service.authorize = lambda body: (200, ALLOWED)
    with Agent(tmp_path, service.url, "--listen", "127.0.0.1:0") as agent:
        asterisk = Asterisk(tmp_path, f"http://127.0.0.1:{agent.port}/authorize", key_file="")
        assert asterisk.run()["CC_OPTIONS"] == "L(600000)"
    assert service.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_a_quote_in_a_number_stays_inside_the_question(tmp_path: Path, service: FakeService) -> None:
    service.authorize = lambda body: (200, ALLOWED)
    outcome = Asterisk(tmp_path, service.url.replace("/events", "/authorize")).run(agi_arg_1='+1","to":"+1\\')
    assert service.questions[0]["from"] == '+1","to":"+1\\'
    assert "CDR(userfield)" not in outcome


def contexts() -> dict[str, list[str]]:
    """The lines of the dialplan by context, without comments."""
    found: dict[str, list[str]] = {}
    name = ""
    for line in (FOLDER / "extensions.conf").read_text(encoding="utf-8").splitlines():
        if header := re.fullmatch(r"\[([^\]]+)\]", line):
            name = header[1]
        elif line.strip() and not line.startswith(";"):
            found.setdefault(name, []).append(line.strip())
    return found


def test_the_dialplan_sends_emergency_calls_past_the_question() -> None:
    emergency = "\n".join(contexts()["calling-credit-emergency"])
    assert "Dial(" in emergency
    assert "AGI" not in emergency
    sample = configparser.ConfigParser(interpolation=None)
    sample.read(FOLDER / "asterisk.conf")
    numbers = sample["calling-credit"]["emergency_numbers"].split()
    outbound = contexts()["calling-credit-outbound"]
    assert {f"exten => _{number},1,Goto(calling-credit-emergency,${{EXTEN}},1)" for number in numbers} <= set(outbound)


def test_the_dialplan_dials_only_after_an_allowance() -> None:
    ask = contexts()["calling-credit-ask"]
    applications = [re.sub(r"^(exten => .*,1|same => n(\(\w+\))?),", "", line).partition("(")[0] for line in ask]
    assert applications == ["AGI", "GotoIf", "Hangup", "Dial", "Hangup"]
    used = set(re.findall(r"\$\{(CC_\w+)\}", "\n".join(ask)))
    assert used <= set(re.findall(r'"(CC_\w+)"', PROGRAM.read_text(encoding="utf-8")))
    assert "${CC_OPTIONS}" in ask[3]


def test_the_sample_settings_name_every_setting() -> None:
    sample = configparser.ConfigParser(interpolation=None)
    sample.read(FOLDER / "asterisk.conf")
    defaults = re.search(r"DEFAULTS = \{(.*?)\n\}", PROGRAM.read_text(encoding="utf-8"), re.DOTALL)
    assert defaults is not None
    assert set(sample["calling-credit"]) == set(re.findall(r'"(\w+)":', defaults[1]))
    cdr = configparser.ConfigParser(interpolation=None)
    cdr.read(FOLDER / "cdr.conf")
    assert (cdr["csv"]["loguniqueid"], cdr["csv"]["loguserfield"], cdr["general"]["unanswered"]) == ("yes",) * 3
