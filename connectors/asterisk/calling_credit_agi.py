#!/usr/bin/env python3
"""Ask Calling Credit whether a call may be connected, for how long, and with which cause to refuse it (AGI).

The dialplan runs `AGI(calling_credit_agi.py,<number of the line>,<dialed number>)` before Dial. The program sets these
variables of the channel:

CC_DECISION   allow or deny
CC_OPTIONS    the option of Dial that ends the call in time, such as L(600000)
CC_CAUSE      the Q.850 cause for Hangup, if the call is denied
CC_REASON     the reason of the service, or no_answer
CDR(userfield)  the numbers that were asked for, so that the record of the call names the same ones

README.md explains the settings. Sources: "AGI Commands" and "Dial" in the documentation of Asterisk; res_agi.c.
"""

from __future__ import annotations

import configparser
import ipaddress
import json
import os
import re
import signal
import ssl
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path
from typing import Any, NamedTuple, TextIO

SETTINGS = "/etc/calling-credit/asterisk.conf"
DEFAULTS = {
    "url": "",
    "key_file": "",
    "when_no_answer": "refuse",
    "unasked_seconds": "600",
    "requested_seconds": "7200",
    "timeout_seconds": "3",
    "wait_for_recharge_seconds": "10",
    "emergency_numbers": "110 112 119 911 988 999",
    "user_field": "yes",
}
CAUSES = {"simultaneous_calls_limit": 17, "destination_unrated": 1, "recharging": 42, "no_answer": 42}
"""Q.850 causes by reason, which chan_pjsip sends as SIP 486, 404, and 503. Any other reason is 21 (SIP 403)."""
REJECTED, INVALID_NUMBER = 21, 28


class Outcome(NamedTuple):
    """What the dialplan is told."""

    decision: str
    reason: str = ""
    seconds: int | None = None
    cause: int = REJECTED


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect, because the key would travel with it."""

    def redirect_request(self, *_: Any) -> None:
        """Refuse."""


class Settings:
    """The settings file. OSError if it or the key's file cannot be read; ValueError if a setting is wrong."""

    def __init__(self, path: str) -> None:
        parser = configparser.ConfigParser(interpolation=None)
        with Path(path).open(encoding="utf-8") as file:
            parser.read_file(file)
        section = dict(DEFAULTS, **(dict(parser["calling-credit"]) if "calling-credit" in parser else {}))
        self.url, self.when_no_answer = section["url"], section["when_no_answer"]
        if self.when_no_answer not in ("refuse", "connect"):
            raise ValueError("when_no_answer must be refuse or connect")
        parts = urllib.parse.urlsplit(self.url)
        self.is_local = is_loopback(parts.hostname or "")
        if parts.scheme != "https" and not (parts.scheme == "http" and self.is_local):
            raise ValueError("url must begin with https://, or name this machine")
        self.key = Path(section["key_file"]).read_text(encoding="utf-8").strip() if section["key_file"] else ""
        if not self.key and not self.is_local:
            raise ValueError("key_file must name the file of the connector key")
        self.unasked, self.requested = int(section["unasked_seconds"]), int(section["requested_seconds"])
        self.timeout = float(section["timeout_seconds"])
        self.patience = float(section["wait_for_recharge_seconds"])
        self.emergency = set(section["emergency_numbers"].split())
        self.user_field = section["user_field"] == "yes"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class Channel:
    """The channel's side of AGI: variables that Asterisk sends first, then commands and their answers."""

    def __init__(self, source: TextIO, target: TextIO) -> None:
        self._source, self._target = source, target
        self.variables: dict[str, str] = {}
        for line in iter(source.readline, ""):
            name, found, value = line.strip().partition(":")
            if not found:
                break
            self.variables[name] = value.strip()

    def set(self, name: str, value: str) -> None:
        """Set a variable of the channel."""
        quoted = value.replace("\\", "\\\\").replace('"', '\\"')
        self._command(f'SET VARIABLE {name} "{quoted}"')

    def log(self, text: str) -> None:
        """Write a line to Asterisk's log."""
        self._command('VERBOSE "{}" 1'.format(re.sub(r'[\\"\r\n]', " ", text)))

    def _command(self, command: str) -> None:
        self._target.write(f"{command}\n")
        self._target.flush()
        for line in iter(self._source.readline, ""):
            if re.match(r"\d{3} ", line):  # `HANGUP` and the lines of `520-` are not the answer.
                return


def ask(settings: Settings, question: dict[str, Any], left: float) -> tuple[int, dict[str, Any], float]:
    """Ask once; return status, answer, and the seconds of Retry-After. Status 0 if there is no whole answer."""
    headers = {"Content-Type": "application/json"}
    if settings.key:
        headers["Authorization"] = f"Bearer {settings.key}"
    request = urllib.request.Request(settings.url, json.dumps(question).encode(), headers)  # noqa: S310 - checked above
    tls = urllib.request.HTTPSHandler(context=ssl.create_default_context())
    opener = urllib.request.build_opener(NoRedirect, tls, urllib.request.ProxyHandler({}))
    try:
        with opener.open(request, timeout=min(settings.timeout, left)) as response:
            return response.status, read_object(response.read()), 0.0
    except urllib.error.HTTPError as error:
        with error:
            wait = error.headers.get("Retry-After", "")
            return error.code, read_object(error.read()), float(wait) if wait.isdigit() else 0.0
    except (OSError, ValueError, urllib.error.URLError):
        return 0, {}, 0.0


def read_object(data: bytes) -> dict[str, Any]:
    """A JSON object; an empty one if it is none."""
    try:
        value = json.loads(data)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def decide(settings: Settings, question: dict[str, Any]) -> Outcome:
    """Ask until there is a decision or the time is up; then do what `when_no_answer` says."""
    end, reason = time.monotonic() + 2 * settings.timeout + settings.patience, ""
    for _ in range(4):
        status, answer, wait = ask(settings, question, max(0.1, end - time.monotonic()))
        if status == 200 and answer.get("decision") == "allow":
            seconds = answer.get("max_seconds")
            return Outcome("allow", seconds=seconds if isinstance(seconds, int) and seconds > 0 else None)
        if status in (400, 422):
            return Outcome("deny", str(answer.get("code", "")), cause=INVALID_NUMBER)
        reason = str(answer.get("reason") or "") if status == 200 and answer.get("decision") == "deny" else ""
        if reason and reason != "recharging":
            return Outcome("deny", reason, cause=CAUSES.get(reason, REJECTED))
        if reason:
            wait = float(answer.get("retry_after_seconds") or 1)
        elif status not in (0, 429, 503):
            break
        if time.monotonic() + wait >= end:
            break
        time.sleep(wait)
    if reason:
        return Outcome("deny", reason, cause=CAUSES[reason])
    if settings.when_no_answer == "connect":
        return Outcome("allow", "no_answer", settings.unasked)
    return Outcome("deny", "no_answer", cause=CAUSES["no_answer"])


def tell(channel: Channel, outcome: Outcome) -> None:
    """Set the variables of the outcome."""
    channel.set("CC_DECISION", outcome.decision)
    channel.set("CC_REASON", outcome.reason)
    channel.set("CC_CAUSE", str(outcome.cause))
    channel.set("CC_OPTIONS", f"L({outcome.seconds * 1000})" if outcome.seconds else "")


def main() -> None:
    """Answer for one channel."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)  # Asterisk sends it if the caller hangs up meanwhile.
    channel = Channel(sys.stdin, sys.stdout)
    variables = channel.variables
    calling = variables.get("agi_arg_1") or variables.get("agi_callerid", "")
    dialed = variables.get("agi_arg_2") or variables.get("agi_extension", "")
    try:
        settings = Settings(os.environ.get("CALLING_CREDIT_SETTINGS", SETTINGS))
    except (OSError, ValueError, configparser.Error) as error:
        is_emergency = dialed.lstrip("+") in DEFAULTS["emergency_numbers"].split()
        channel.log(f"Calling Credit: the settings cannot be used: {error}")
        tell(channel, Outcome("allow") if is_emergency else Outcome("deny", "no_settings", cause=CAUSES["no_answer"]))
        return
    if dialed.lstrip("+") in settings.emergency:
        tell(channel, Outcome("allow"))
        return
    question = {"call_id": variables.get("agi_uniqueid", ""), "from": calling, "to": dialed}
    outcome = decide(settings, {**question, "requested_seconds": settings.requested})
    if settings.user_field and re.fullmatch(r"\+?[0-9]+&\+?[0-9*#]+", f"{calling}&{dialed}"):
        channel.set("CDR(userfield)", f"calling_credit:from={calling}&to={dialed}")
    tell(channel, outcome)
    channel.log(f"Calling Credit: {outcome.decision} {outcome.reason} {outcome.seconds or ''}")


if __name__ == "__main__":
    main()
