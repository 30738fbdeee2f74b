"""The scene in which a switch authorizes calls: a call is allowed with a hold on its credit, extended, ended, and
charged; others are denied, each with its reason.
"""

from typing import Any, Final

from rich.console import Console

from local.errors import StackError
from local.seed import Company, Line, Person, open_account
from local.stack import Stack
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
"""An account for this scene only; no one signs in to it."""


def show_admission(stack: Stack, console: Console) -> None:
    """Authorize, extend and end calls; show refusals.

    Raises:
        StackError: a call is allowed or denied against expectation.
        ApiError: the API refused a request.
    """
    open_account(stack.api, stack.operator_token(), CAFE)
    line = CallingLine(CAFE.account_id, CAFE.lines[0].line_id, CAFE.lines[0].user_id, CAFE.lines[0].number)
    switch = Switch(stack.api, stack.switch_token(), stack.outputs["CallQueueUrl"])
    console.print(f"[bold]{CAFE.name}[/bold] has ${CAFE.opening_credit}. Its switch asks before it connects a call:")
    call = switch.dial(line, LONDON, 600)
    _print_decision(console, "London, ten minutes", call, is_allowed=True)
    _print_decision(console, "The same call, extended to 20 minutes", call, switch.extend(call, 1200), is_allowed=True)
    other = switch.dial(line, LONDON, 3600)
    _print_decision(console, "A second call to London, an hour", other, is_allowed=True)
    _print_decision(console, "A third call to London", switch.dial(line, LONDON), is_allowed=False)
    _print_decision(console, "A satellite phone", switch.dial(line, SATELLITE), is_allowed=False)
    _print_decision(console, "911", switch.dial(line, "911"), is_allowed=True)
    switch.hang_up(call, 1140)
    switch.hang_up(other, 0)
    stack.wait_until_rated()
    last = switch.dial(line, LONDON, 60)
    _print_decision(console, "London, after both calls ended", last, is_allowed=True)
    switch.hang_up(last, 0)


def _print_decision(
    console: Console, what: str, call: SwitchCall, answer: dict[str, Any] | None = None, *, is_allowed: bool
) -> None:
    answer = answer or call.answer
    if call.is_allowed is not is_allowed:
        raise StackError(f"{what}: unexpected answer {answer}")
    if is_allowed:
        hold = f"${answer['held']} held" if answer["held"] != "0.00" else "no hold"
        console.print(f"  {what}: [green]allowed[/green] for {answer['max_seconds']} s, {hold}")
    else:
        console.print(f"  {what}: [red]denied[/red], {answer['reason']}: {answer['message']}")
