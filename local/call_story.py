"""The scene with a real switch: SIPp calls through Kamailio, which asks the API and reports the call to the agent."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from rich.console import Console

from local.api_door import ApiDoor
from local.errors import StackError
from local.kamailio import Site
from local.programs import absent_programs
from local.seed import HALCYON
from local.sipp import Outcome
from local.stack import Stack

LONDON: Final = "+442071838750"
UNKNOWN: Final = "+13125550999"
"""A number that no line has."""
TALK_SECONDS: Final = 2.4


def show_real_call(stack: Stack, console: Console) -> None:
    """Place two SIP calls, one of which is refused, and show the charge. Without the programs, name them.

    Raises:
        StackError: a call ends against expectation, or a program does not start.
        ApiError, EmulatorError: the stack does not answer as expected.
    """
    console.print("[bold]A real switch[/bold]: Kamailio asks before it connects a SIP call, and the agent reports it:")
    if advice := absent_programs("kamailio", "sipp"):
        console.print(f"  {advice} Then make run shows this scene. The scenes before it show the same without SIP.")
        return
    door = ApiDoor(stack.settings)
    door.open()
    site = Site(stack.settings.folder / "switch", door.url, stack.connector_key)
    try:
        _show_calls(stack, console, site)
    finally:
        site.stop()
        door.shut()


def _show_calls(stack: Stack, console: Console, site: Site) -> None:
    line, token = HALCYON.lines[0], stack.user_token(HALCYON.people[0].email)
    known = _calls(stack, token)
    _print_outcome(console, UNKNOWN, site.call(UNKNOWN, LONDON).outcome(), 403)
    _print_outcome(console, line.number, site.call(line.number, LONDON, TALK_SECONDS).outcome(), 200)
    [call] = stack.wait_for(
        lambda: [call for call in _calls(stack, token) if call not in known], "the charge of the SIP call"
    )
    console.print(f"  It lasted {call['duration_seconds']} s and cost {HALCYON.name} ${call['price']}.")


def _print_outcome(console: Console, number: str, outcome: Outcome, status: int) -> None:
    if outcome.status != status:
        raise StackError(f"The SIP call of {number} was answered with {outcome.status} {outcome.reason}, not {status}.")
    result = (
        f"[red]SIP {status}[/red], {outcome.reason}" if status >= 300 else f"[green]SIP {status}[/green], connected"
    )
    console.print(f"  {number} calls {LONDON}: {result}", highlight=False)


def _calls(stack: Stack, token: str) -> list[dict[str, Any]]:
    today = datetime.now(UTC).date()
    period = {"from": str(today - timedelta(days=1)), "to": str(today + timedelta(days=1))}
    calls: list[dict[str, Any]] = stack.api.get("/usage/outbound_international_call", token, limit=200, **period)[
        "items"
    ]
    return calls
