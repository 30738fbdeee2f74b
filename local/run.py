"""`make run`: starts the local stack, tells its story, and stays up until it is told to end. Knows how to begin and to
end well; what the stack is and what the story tells is known elsewhere.
"""

import signal
import sys
import time
from types import FrameType
from typing import NoReturn

from rich.console import Console

from local.deploy import DeployError
from local.emulator import EmulatorError
from local.http_api import ApiError
from local.progress import Progress
from local.settings import Settings, SettingsError, settings_from_environment
from local.stack import Stack, StackError, start
from local.story import tell, tell_addresses

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    """Run until a signal (0), or until something goes wrong (1); a setting that cannot be is 2."""
    # Set even where they were ignored, as a shell does for what it starts in the background.
    for number in ENDING_SIGNALS:
        signal.signal(number, _end)
    console = terminal()
    complaints = Console(stderr=True, highlight=False)
    try:
        run(settings_from_environment(), Progress(console))
    except SettingsError as error:
        complaints.print(str(error), style="red", markup=False, soft_wrap=True)
        return 2
    except (DeployError, EmulatorError, ApiError, StackError) as error:
        complaints.print(str(error), style="red", markup=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        console.print("Ended.")
        return 0


def terminal() -> Console:
    """The terminal, or, where there is none, lines wide enough for the story's tables."""
    console = Console(highlight=False)
    return console if console.is_terminal else Console(highlight=False, width=120)


def run(settings: Settings, progress: Progress) -> NoReturn:
    """Start, tell, and stay up; returns only by an exception."""
    stack: Stack | None = None
    try:
        stack = start(settings, progress)
        tell(stack, progress)
        stack.wait_until_rated()
        stack.wait_until_callbacks_are_delivered()
        stack.publish_description()
        tell_addresses(stack, progress.console)
        while True:
            stack.emulator.require_alive()
            time.sleep(0.5)
    finally:
        for number in ENDING_SIGNALS:
            signal.signal(number, signal.SIG_IGN)  # Ending takes a moment; a second Ctrl-C must not leave half of it.
        if stack is not None:
            stack.stop()


def _end(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
