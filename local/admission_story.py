"""The part of the story in which the switch asks before it connects: a call is allowed and its credit set aside, goes
on for longer, ends and is charged; others are refused, each with its reason.
"""

from typing import Any, Final

from rich.console import Console

from local.seed import Company, Line, Person
from local.stack import Stack, StackError
from local.switch import Switch, SwitchCall
from local.traffic import CallingLine

LONDON: Final = "+442071838750"
SATELLITE: Final = "+881612345678"
CAFE: Final = Company(
    "acct_corner_cafe",
    "Corner Cafe",
    "America/Chicago",
    "0.40",
    (Person("user_gus", "Gus Lind"),),
    (Line("line_counter", "+13125550121", "user_gus"),),
)
"""Opened for this scene alone; nobody signs in to it."""


def tell_admission(stack: Stack, console: Console) -> None:
    """Ask, extend, hang up; be refused.

    Raises:
        StackError, ApiError: it does not go as it should.
    """
    token = stack.service_token()
    line = _open(stack, token)
    switch = Switch(stack.api, token, stack.outputs["CallQueueUrl"])
    console.print(
        f"[bold]{CAFE.name}[/bold] has ${CAFE.opening_credit}, and its switch asks before it connects a call:"
    )
    call = switch.dial(line, LONDON, 600)
    _tell(console, "London, ten minutes", call, is_allowed=True)
    _tell(console, "… and it goes on", call, switch.extend(call, 1200), is_allowed=True)
    other = switch.dial(line, LONDON, 3600)
    _tell(console, "London meanwhile, an hour", other, is_allowed=True)
    _tell(console, "London, a third call", switch.dial(line, LONDON), is_allowed=False)
    _tell(console, "a satellite phone", switch.dial(line, SATELLITE), is_allowed=False)
    _tell(console, "911", switch.dial(line, "911"), is_allowed=True)
    switch.hang_up(call, 1140)
    switch.hang_up(other, 0)
    stack.wait_until_rated()
    last = switch.dial(line, LONDON, 60)
    _tell(console, "after both have ended", last, is_allowed=True)
    switch.hang_up(last, 0)


def _open(stack: Stack, token: str) -> CallingLine:
    account, [person], [line] = f"/accounts/{CAFE.account_id}", CAFE.people, CAFE.lines
    stack.api.send("PUT", account, token, {"time_zone": CAFE.time_zone})
    stack.api.send("PUT", f"{account}/users/{person.user_id}", token, {"name": person.name})
    said = {"number": line.number, "user_id": line.user_id, "international_calling": True}
    stack.api.send("PUT", f"{account}/lines/{line.line_id}", token, said)
    credit = {"amount": CAFE.opening_credit, "reason": "Opening credit"}
    key = {"Idempotency-Key": f"opening-credit-{CAFE.account_id}"}
    stack.api.send("POST", f"{account}/adjustments", token, credit, key)
    return CallingLine(CAFE.account_id, line.line_id, line.user_id, line.number)


def _tell(
    console: Console, what: str, call: SwitchCall, answer: dict[str, Any] | None = None, *, is_allowed: bool
) -> None:
    answer = answer or call.answer
    if call.is_allowed is not is_allowed:
        raise StackError(f"{what}: answered otherwise than expected: {answer}")
    if is_allowed:
        held = f", ${answer['held']} held" if answer["held"] != "0.00" else ", nothing held"
        console.print(f"  {what}: [green]allowed[/green] for {answer['max_seconds']} s{held}")
    else:
        console.print(f"  {what}: [red]refused[/red], {answer['reason']}: {answer['message']}")
