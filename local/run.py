"""`make run`: starts the local stack, tells its story, and stays up until a signal ends it. Does not depend on the
content of the stack or the story.
"""

import signal
import sys
import time
import traceback
from types import FrameType
from typing import Final, NoReturn

from rich.console import Console

from local.clients import BUSY_ADVICE, TIMEOUT_SECONDS
from local.errors import LocalError
from local.progress import Progress
from local.settings import Settings, settings_from_environment
from local.stack import Stack
from local.start import start
from local.story import print_addresses, tell_story
from ops.project import SettingsError, local_folder

ENDING_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    """Run until a signal (0) or an error (1); an invalid setting is 2."""
    # A shell makes a background process ignore some of them.
    for number in ENDING_SIGNALS:
        signal.signal(number, _end)
    console = terminal()
    error_console = Console(stderr=True, highlight=False)
    try:
        run(settings_from_environment(), Progress(console))
    except (SettingsError, LocalError) as error:
        error_console.print(str(error), style="red", markup=False, soft_wrap=True)
        return 2 if isinstance(error, SettingsError) else 1
    except KeyboardInterrupt:
        console.print("Ended.")
        return 0
    except Exception as error:  # noqa: BLE001 - the user gets a sentence, the log the traceback
        error_console.print(unexpected(error), style="red", markup=False, soft_wrap=True)
        return 1


def unexpected(error: Exception) -> str:
    """Write the traceback of an unexpected error to the log; return the sentence for the user."""
    log = local_folder() / "run.log"
    reason = f"{type(error).__name__}: {error}".splitlines()[0]
    try:
        log.parent.mkdir(parents=True, exist_ok=True)
        log.write_text("".join(traceback.format_exception(error)), encoding="utf-8")
    except OSError:
        return f"make run failed unexpectedly ({reason}). {BUSY_ADVICE}"
    return f"make run failed unexpectedly ({reason}). The details are in {log}. {BUSY_ADVICE}"


def terminal() -> Console:
    """Return a console on the terminal; without one, its lines are wide enough for the story's tables."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=120)


def run(settings: Settings, progress: Progress) -> NoReturn:
    """Start, tell the story, and stay up; only an exception ends it."""
    stack: Stack | None = None
    try:
        stack = start(settings, progress, retry_for=TIMEOUT_SECONDS)
        progress.console.print(f"The Billing page answers at [bold]{settings.api_url}/[/bold]", highlight=False)
        tell_story(stack, progress)
        stack.wait_until_rated()
        stack.wait_until_callbacks_are_delivered()
        print_addresses(stack, progress.console)
        stack.publish_description()  # Last: a program that waits for this file finds the whole story finished.
        while True:
            stack.emulator.require_alive()
            time.sleep(0.5)
    finally:
        for number in ENDING_SIGNALS:
            signal.signal(number, signal.SIG_IGN)  # A second Ctrl-C must not interrupt the cleanup.
        if stack is not None:
            stack.stop()


def _end(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
