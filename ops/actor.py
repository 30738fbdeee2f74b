"""The operator who runs a command, as the actor of what it changes."""

import getpass
import socket

from calling_credit.changes.actor import Actor, command_actor


def this_operator() -> Actor:
    """Return the user of the operating system, on this machine."""
    return command_actor(getpass.getuser(), socket.gethostname())


def who() -> dict[str, str]:
    """Return the same user as the fields of a function's command."""
    return {"by": getpass.getuser(), "host": socket.gethostname()}
