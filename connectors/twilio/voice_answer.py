"""Answer Twilio's voice webhook: ask Calling Credit, and return the TwiML that dials with a limit or refuses the call.

Copy this file into the application that answers the webhook, and verify the webhook's signature there.
Standard library, Python 3.9 and later. Sources: "TwiML Voice: Dial", "Number", and "Reject" in Twilio's documentation.
"""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from typing import Any, NamedTuple
from xml.sax.saxutils import escape, quoteattr

LONGEST_CALL = 86_400
"""The highest timeLimit of Dial."""


class Settings(NamedTuple):
    """How to ask. `when_no_answer`: "refuse", or "connect" for `unasked_seconds`."""

    url: str
    key: str
    status_callback: str
    when_no_answer: str = "refuse"
    unasked_seconds: int = 600
    requested_seconds: int = 7_200
    timeout_seconds: float = 3
    emergency_numbers: tuple[str, ...] = ("110", "112", "119", "911", "988", "999")


class NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect, because the key would travel with it."""

    def redirect_request(self, *_: Any) -> None:
        """Refuse."""


def voice_answer(call_sid: str, line_number: str, dialed: str, settings: Settings) -> str:
    """The TwiML for a call.

    Args:
        call_sid: `CallSid` of the webhook. The status callback of the dialed leg names it as ParentCallSid.
        line_number: the number of the calling line, in E.164; it becomes the caller id.
        dialed: the number as dialed.
        settings: see Settings.
    """
    if dialed.lstrip("+") in settings.emergency_numbers:
        return dial(line_number, dialed, None, settings)
    question = {"call_id": call_sid, "from": line_number, "to": dialed, "requested_seconds": settings.requested_seconds}
    status, answer = ask(question, settings)
    if status == 200 and answer.get("decision") == "allow":
        return dial(line_number, dialed, answer.get("max_seconds"), settings)
    if (status == 200 and answer.get("decision") == "deny") or status in (400, 422):
        return reject(str(answer.get("reason") or answer.get("code") or "denied"))
    if settings.when_no_answer == "connect":
        return dial(line_number, dialed, settings.unasked_seconds, settings)
    return reject("no_answer")


def dial(line_number: str, dialed: str, seconds: int | None, settings: Settings) -> str:
    """TwiML that dials one number; only the end of its leg is reported."""
    limit = f' timeLimit="{min(seconds, LONGEST_CALL)}"' if seconds else ""
    callback = quoteattr(settings.status_callback)
    return (
        f"<Response><Dial callerId={quoteattr(line_number)}{limit}>"
        f'<Number statusCallback={callback} statusCallbackEvent="completed">{escape(dialed)}</Number></Dial></Response>'
    )


def reject(reason: str) -> str:
    """TwiML that refuses a call without charge; the comment names the reason."""
    word = "".join(letter for letter in reason if letter.isalnum() or letter == "_")
    kind = "busy" if reason == "simultaneous_calls_limit" else "rejected"
    return f'<Response><!-- {word} --><Reject reason="{kind}"/></Response>'


def ask(question: dict[str, Any], settings: Settings) -> tuple[int, dict[str, Any]]:
    """Ask; return status and answer, (0, {}) without a whole answer."""
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {settings.key}"}
    request = urllib.request.Request(settings.url, json.dumps(question).encode(), headers)  # noqa: S310 - of the settings
    tls = urllib.request.HTTPSHandler(context=ssl.create_default_context())
    try:
        with urllib.request.build_opener(NoRedirect, tls).open(request, timeout=settings.timeout_seconds) as response:
            status, data = response.status, response.read()
    except urllib.error.HTTPError as error:
        with error:
            status, data = error.code, error.read()
    except OSError:
        return 0, {}
    try:
        answer = json.loads(data)
    except ValueError:
        return 0, {}
    return (status, answer) if isinstance(answer, dict) else (0, {})
