"""The errors of the local stack.

    LocalError
    ├── ApiError        the HTTP API refused a request or did not answer
    ├── DeployError     the application cannot be built or deployed
    ├── EmulatorError   the emulator did not start, or it ended
    └── StackError      the stack runs, but not as expected

A setting that cannot work is a `SettingsError` of ops.project.
"""


class LocalError(Exception):
    """The local stack cannot continue; the message says why and what to do."""


class ApiError(LocalError):
    """The API refused a request or did not answer; the message has the status and the answer."""


class DeployError(LocalError):
    """The application cannot be built or deployed."""


class EmulatorError(LocalError):
    """The emulator did not start, or it ended; the message names its log."""


class StackError(LocalError):
    """The stack runs, but not as expected."""
