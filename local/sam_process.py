"""A process that loads `sam` while the build is made, and runs it when the parent writes its arguments, a JSON list, to
standard input: `python -m local.sam_process`. Its clients wait longer than sam's usual minute.
"""

import json
import sys
from importlib import import_module
from typing import Any, Final

from botocore.config import Config

from local.clients import TIMEOUT_SECONDS

SLOW_IMPORTS: Final = (
    "samcli.commands.deploy.command",
    "samcli.commands.deploy.deploy_context",
    "samcli.commands.package.package_context",
)


def main() -> None:
    """Load sam, wait for its arguments, run it; end quietly if the parent ends first."""
    defaults: Any = Config.OPTION_DEFAULTS
    defaults.update(read_timeout=TIMEOUT_SECONDS, connect_timeout=TIMEOUT_SECONDS)
    cli = import_module("samcli.cli.main").cli
    for name in SLOW_IMPORTS:
        import_module(name)
    if line := sys.stdin.readline():
        sys.argv[1:] = json.loads(line)
        cli(prog_name="sam")


if __name__ == "__main__":
    main()
