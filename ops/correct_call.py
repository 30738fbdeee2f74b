"""Asks the function rerate_calls to correct the duration of one charged call, or to waive its charge. Only the function
writes to the ledger, so an operator needs just the right to invoke it.
"""

import argparse
import re
import uuid
from typing import Any

from calling_credit.ids import HASHED, call_key
from ops.actor import who
from ops.rerate_calls import ask
from ops.stack import find_stack
from ops.terminal import CommandError, confirm, console, run


def main() -> int:
    """Run `python -m ops.correct_call ACCOUNT CALL STARTED_AT (--seconds N | --waive) --reason TEXT [--yes]`, behind
    `make correct-call`.
    """
    parser = argparse.ArgumentParser(prog="make correct-call", description="Correct or waive one charged call.")
    parser.add_argument("--account", help="ACCOUNT=id")
    parser.add_argument("--call", help="CALL=call_key, as GET /usage shows it, or the call_id")
    parser.add_argument("--started-at", help="STARTED_AT=instant, as GET /usage shows it")
    parser.add_argument("--seconds", type=int, help="SECONDS=the true duration")
    parser.add_argument("--waive", action="store_true", help="WAIVE=1: charge nothing")
    parser.add_argument("--reason", help="REASON=text, stored with the correction")
    parser.add_argument("--yes", action="store_true", help="YES=1: do not ask for confirmation")
    arguments = parser.parse_args()
    missing = [name for name in ("account", "call", "started_at", "reason") if not getattr(arguments, name)]
    if missing or arguments.waive == (arguments.seconds is not None):
        raise CommandError(
            "Name the call, its true duration, and the reason:"
            " make correct-call ACCOUNT=id CALL=call_key STARTED_AT=instant SECONDS=65 REASON=text; or WAIVE=1 in place"
            " of SECONDS."
        )
    stated: dict[str, Any] = {"waive": True} if arguments.waive else {"duration_seconds": arguments.seconds}
    command = {
        "account_id": arguments.account,
        "call_key": key_of(arguments.call),
        "body": {"started_at": arguments.started_at, "reason": arguments.reason, **stated},
        "key": uuid.uuid4().hex,
        **who(),
    }
    stack = find_stack()
    preview = ask(stack, {"correct": command})
    console.print(sentence(preview, arguments.account), markup=False)
    if preview["before"] == preview["after"] and not arguments.waive:
        console.print("The call has this duration already. Nothing is posted.")
        return 0
    if not arguments.yes and not confirm(f"Post this correction in {stack.name}?"):
        return 1
    answer = ask(stack, {"correct": command | {"apply": True}})
    console.print(f"Posted. The balance is {answer['balance']}.", markup=False)
    return 0


def key_of(call: str) -> str:
    """Return the key of a call that is named by its key or by its id."""
    return call if re.fullmatch(f"{HASHED}[0-9a-f]{{32}}", call) else call_key(call)


def sentence(view: dict[str, Any], account_id: str) -> str:
    """Return what a correction changes, in words."""
    before, after = view["before"], view["after"]
    return (
        f"{view['call_key']} of {account_id}, started {view['started_at']}: {before['duration_seconds']} s for"
        f" {before['price']} become {after['duration_seconds']} s for {after['price']}. The balance changes by"
        f" {view['difference']}."
    )


if __name__ == "__main__":
    run(main)
