"""Drives the system's Firefox by WebDriver BiDi (w3.org/TR/webdriver-bidi), which needs no driver program: commands and
events are JSON over one WebSocket.
"""

import json
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from websockets.sync.client import ClientConnection, connect

START_SECONDS: Final = 60
STEP_SECONDS: Final = 90
ANSWER_SECONDS: Final = 3
"""How long to wait for an answer first: none comes if the page is replaced. Each next wait is twice as long, because a
busy browser answers late, and later still if it is asked again and again.
"""
"""A command about a page that is being replaced may stay without an answer; it is then sent again."""
KEYS: Final = {"Tab": "\ue004", "Enter": "\ue007", "Space": " ", "End": "\ue010", "Delete": "\ue017"}
PREFERENCES: Final = {
    "app.update.auto": False,
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "intl.accept_languages": "en-US",
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "privacy.trackingprotection.enabled": False,
    "toolkit.telemetry.reportingpolicy.firstRun": False,
}


class FirefoxError(AssertionError):
    """The browser refused a command, or did not show what was expected."""


class Firefox:
    """One window of a running Firefox."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.number = 0
        self.errors: list[str] = []
        self.send("session.new", {"capabilities": {}})
        self.send("session.subscribe", {"events": ["log.entryAdded"]})
        self.window = self.send("browsingContext.getTree", {})["contexts"][0]["context"]

    def send(self, method: str, values: dict[str, Any], seconds: int = STEP_SECONDS) -> dict[str, Any]:
        """Send a command, and return its result. Events that arrive meanwhile are recorded.

        Raises:
            FirefoxError: the browser refused the command, or did not answer in time.
        """
        self.number += 1
        self.socket.send(json.dumps({"id": self.number, "method": method, "params": values}))
        while True:
            try:
                message = json.loads(self.socket.recv(timeout=seconds))
            except TimeoutError:
                raise FirefoxError(f"{method}: no answer within {seconds} s") from None
            if message.get("method") == "log.entryAdded" and message["params"]["level"] == "error":
                self.errors.append(f"{message['params'].get('type')}: {message['params']['text']}")
            if message.get("id") == self.number:
                break
        if message["type"] == "error":
            raise FirefoxError(f"{method}: {message['error']}: {message['message']}")
        result: dict[str, Any] = message["result"]
        return result

    def open(self, url: str) -> None:
        """Open a URL, and wait until it is loaded."""
        self.send("browsingContext.navigate", {"context": self.window, "url": url, "wait": "complete"})

    def evaluate(self, script: str, seconds: int = ANSWER_SECONDS) -> Any:
        """The value of an expression in the page: a string, number, boolean, or None."""
        values = {"expression": script, "target": {"context": self.window}, "awaitPromise": True}
        found = self.send("script.evaluate", values, seconds)
        if found["type"] == "exception":
            raise FirefoxError(found["exceptionDetails"]["text"])
        return found["result"].get("value")

    def find(self, role: str, name: str) -> dict[str, Any]:
        """The element with this role and accessible name; wait for it.

        Raises:
            FirefoxError: it does not appear within `STEP_SECONDS`.
        """
        locator = {"type": "accessibility", "value": {"role": role, "name": name}}
        deadline, seconds = time.monotonic() + STEP_SECONDS, ANSWER_SECONDS
        while time.monotonic() < deadline:
            try:
                values = {"context": self.window, "locator": locator}
                nodes = self.send("browsingContext.locateNodes", values, seconds)["nodes"]
            except FirefoxError:
                nodes, seconds = [], seconds * 2  # The page is being replaced, or the browser is busy.
            if nodes:
                return {"sharedId": nodes[0]["sharedId"]}
            time.sleep(0.1)
        raise FirefoxError(f"No {role} is named {name!r}. The page shows: {self.text(STEP_SECONDS)[:2000]}")

    def press(self, role: str, name: str) -> None:
        """Click on an element with the mouse. An element that the page replaces meanwhile is found again."""
        deadline = time.monotonic() + STEP_SECONDS
        while True:
            element = self.find(role, name)
            move = {"type": "pointerMove", "x": 0, "y": 0, "origin": {"type": "element", "element": element}}
            press = [{"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}]
            try:
                self.call("(element) => element.scrollIntoView({block: 'center', behavior: 'instant'})", element)
                self.act({"type": "pointer", "id": "mouse", "actions": [move]})
            except FirefoxError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)
            else:
                return self.act({"type": "pointer", "id": "mouse", "actions": press})

    def enter(self, role: str, name: str, text: str) -> None:
        """Replace the text of a field by typing."""
        self.call("(element) => { element.focus(); element.select(); }", self.find(role, name))
        self.keys(*text)

    def keys(self, *keys: str) -> None:
        """Press keys: characters, or names of `KEYS`."""
        pressed = [{"type": kind, "value": KEYS.get(key, key)} for key in keys for kind in ("keyDown", "keyUp")]
        self.act({"type": "key", "id": "keyboard", "actions": pressed})

    def act(self, source: dict[str, Any]) -> None:
        """Perform the actions of one input device."""
        self.send("input.performActions", {"context": self.window, "actions": [source]})

    def call(self, function: str, element: dict[str, Any]) -> None:
        """Call a function of the page with an element."""
        values = {"functionDeclaration": function, "arguments": [element], "awaitPromise": True}
        self.send("script.callFunction", values | {"target": {"context": self.window}})

    def text(self, seconds: int = ANSWER_SECONDS) -> str:
        """What the page shows."""
        return str(self.evaluate("document.body.innerText", seconds))

    def sees(self, words: str) -> None:
        """Wait until the page shows these words.

        Raises:
            FirefoxError: it does not within `STEP_SECONDS`.
        """
        deadline, seconds = time.monotonic() + STEP_SECONDS, ANSWER_SECONDS
        shown = ""
        while time.monotonic() < deadline:
            try:
                shown = " ".join(self.text(seconds).split())
            except FirefoxError:
                shown, seconds = "", seconds * 2  # The page is being replaced, or the browser is busy.
            if words in shown:
                return
            time.sleep(0.1)
        raise FirefoxError(f"The page does not show {words!r}, but: {shown[:2000]}")


def firefox_program() -> str | None:
    """The path of the system's Firefox, or None."""
    return shutil.which("firefox-esr") or shutil.which("firefox")


@contextmanager
def start_firefox(program: str) -> Iterator[Firefox]:
    """Start a headless Firefox with a new profile; end it afterwards."""
    with tempfile.TemporaryDirectory(prefix="firefox-", ignore_cleanup_errors=True) as folder:
        lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in PREFERENCES.items()]
        (Path(folder) / "user.js").write_text("\n".join(lines), "utf-8")
        command = [program, "--headless", "--no-remote", "--remote-debugging-port", "0", "--profile", folder]
        output = Path(folder) / "output.txt"
        with output.open("w", encoding="utf-8") as file:
            process = subprocess.Popen(command, stdout=file, stderr=file)
        try:
            with connect(f"{_address(output)}/session", max_size=None) as socket:
                yield Firefox(socket)
        finally:
            process.terminate()
            process.wait(timeout=START_SECONDS)


def _address(output: Path) -> str:
    """The address that a starting Firefox prints."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if found := re.search(r"WebDriver BiDi listening on (\S+)\n", output.read_text("utf-8")):
            return found[1]
        time.sleep(0.1)
    raise FirefoxError(f"Firefox does not listen after {START_SECONDS} s: {output.read_text('utf-8')[-1000:]}")
