"""Restores the ledger table to a point in time beside the live one, gives the copy what a restore leaves off, and
deletes it. The live table is only read.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from botocore.exceptions import ClientError

from calling_credit import clock
from calling_credit.dynamodb.errors import code_of
from calling_credit.instants import format_instant
from ops.stack import FoundStack
from ops.terminal import CommandError, console, progress_bar

POLL_SECONDS: Final = 5.0
MAX_WAIT: Final = timedelta(hours=12)
TTL_ATTRIBUTE: Final = "expires_at"
OLDEST: Final = timedelta(days=35)
"""How far back DynamoDB restores a table."""
_GONE: Final = "ResourceNotFoundException"
_EXISTS: Final = frozenset({"TableAlreadyExistsException", "ResourceInUseException"})
_IN_WORK: Final = frozenset({"CREATING", "UPDATING"})
_NOT_NOW: Final = frozenset({"ResourceInUseException", "ContinuousBackupsUnavailableException", "ValidationException"})
"""The answers to a change that was made already, because an answer was lost, or that is possible a little later."""
_TRIES: Final = 60
_TRIES_TO_SEE: Final = 6


class RestoredTable:
    """A copy of the ledger table as of a moment. `name` is its own."""

    def __init__(self, stack: FoundStack, name: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self.name = name
        self._stack = stack
        self._client = stack.client("dynamodb")
        self._sleep = sleep
        self.is_begun = False
        self.is_answered = False

    def check_moment(self, at: datetime) -> None:
        """Check that the live table can be restored to a moment. The emulator, which restores the table in its current
        state, has no point-in-time recovery to ask.

        Raises:
            CommandError: it can not; the message names the possible moments.
        """
        now = clock.now()
        if not now - OLDEST <= at <= now:
            raise CommandError(f"AT must be from {format_instant(now - OLDEST)} to {format_instant(now)}.")
        if self._stack.is_local:
            return
        answer = self._client.describe_continuous_backups(TableName=self._stack.table_name)
        recovery = answer["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
        if recovery.get("PointInTimeRecoveryStatus") != "ENABLED":
            raise CommandError(f"{self._stack.table_name} has no point-in-time recovery. Turn it on first.")
        first, last = recovery.get("EarliestRestorableDateTime"), recovery.get("LatestRestorableDateTime")
        if first and last and not first <= at <= last:
            raise CommandError(f"AT must be from {format_instant(first)} to {format_instant(last)}.")

    def restore(self, at: datetime) -> None:
        """Restore, and wait until the copy can be used. With `is_begun`, the copy was asked for and belongs to this
        command; with `is_answered`, it was there.

        Raises:
            CommandError: another table has this name; it is left alone.
        """
        if self._describe() is not None:
            raise CommandError(f"The table {self.name} exists already. Run the drill again; it takes another name.")
        self.is_begun = True
        try:
            self._client.restore_table_to_point_in_time(
                SourceTableName=self._stack.table_name, TargetTableName=self.name, RestoreDateTime=at
            )
        except ClientError as error:
            if code_of(error) not in _EXISTS:  # The request was sent twice, and its first answer was lost.
                self.is_begun = self._describe() is not None
                raise
        self.is_answered = True
        self._wait("Restoring", self._is_active)

    def complete(self) -> str:
        """Turn on what a restore leaves off: stream, expiry, point-in-time recovery, and protection against deletion.
        Return the ARN of the stream. Settings that are on stay on.
        """
        name = self.name
        stream = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
        self._change(
            lambda: bool((self._describe() or {}).get("StreamSpecification", {}).get("StreamEnabled")),
            lambda: self._client.update_table(TableName=name, StreamSpecification=stream),
        )
        expiry = {"Enabled": True, "AttributeName": TTL_ATTRIBUTE}
        self._change(
            self._expires, lambda: self._client.update_time_to_live(TableName=name, TimeToLiveSpecification=expiry)
        )
        recovery = {"PointInTimeRecoveryEnabled": True}
        self._change(
            self._recovers,
            lambda: self._client.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification=recovery),
        )
        self._protect(is_protected=True)
        return str((self._describe() or {}).get("LatestStreamArn", ""))

    def delete(self) -> bool:
        """Delete the copy, and wait until it is gone; return whether there was one. A copy that is still being restored
        is deleted after that. One whose request got no answer may need some seconds to appear.
        """
        for _ in range(1 if self.is_answered else _TRIES_TO_SEE):
            if self._state():
                break
            self._sleep(POLL_SECONDS)
        else:
            return False
        self._wait("Waiting until the copy can be deleted", lambda: not self._is_in_work())
        if self._state() not in ("", "DELETING"):
            self._protect(is_protected=False)
            self._change(
                lambda: self._state() in ("", "DELETING"), lambda: self._client.delete_table(TableName=self.name)
            )
        self._wait("Deleting the copy", lambda: not self._state())
        return True

    def commands_to_delete(self) -> list[str]:
        """Return the commands that delete the copy by hand."""
        off = f"aws dynamodb update-table --table-name {self.name} --no-deletion-protection-enabled"
        return [off, f"aws dynamodb delete-table --table-name {self.name}"]

    def _protect(self, *, is_protected: bool) -> None:
        self._change(
            lambda: (self._describe() or {}).get("DeletionProtectionEnabled", False) is is_protected,
            lambda: self._client.update_table(TableName=self.name, DeletionProtectionEnabled=is_protected),
        )

    def _change(self, is_made: Callable[[], bool], request: Callable[[], object]) -> None:
        """Make a change that is not made yet, and wait until it is. A lost answer, or a table that cannot be changed
        yet, is no failure.
        """
        for attempt in range(_TRIES):
            if is_made():
                return
            try:
                request()
            except ClientError as error:
                if code_of(error) not in _NOT_NOW or attempt == _TRIES - 1:
                    raise
                self._sleep(POLL_SECONDS)
                self._wait("Changing the copy", lambda: not self._is_in_work())
            else:
                self._wait("Changing the copy", lambda: not self._is_in_work())
                return

    def _expires(self) -> bool:
        expiry = self._client.describe_time_to_live(TableName=self.name)["TimeToLiveDescription"]
        return str(expiry["TimeToLiveStatus"]) in ("ENABLED", "ENABLING")

    def _recovers(self) -> bool:
        backups = self._client.describe_continuous_backups(TableName=self.name)["ContinuousBackupsDescription"]
        recovery = backups.get("PointInTimeRecoveryDescription", {})
        return bool(recovery.get("PointInTimeRecoveryStatus") == "ENABLED")

    def _state(self) -> str:
        """The state of the table; empty without one."""
        return str((self._describe() or {}).get("TableStatus", ""))

    def _is_in_work(self) -> bool:
        table = self._describe() or {}
        indexes = table.get("GlobalSecondaryIndexes", [])
        return bool(_IN_WORK & {table.get("TableStatus"), *(one.get("IndexStatus") for one in indexes)})

    def _describe(self) -> dict[str, Any] | None:
        try:
            table: dict[str, Any] = self._client.describe_table(TableName=self.name)["Table"]
        except ClientError as error:
            if error.response["Error"]["Code"] != _GONE:
                raise
            return None
        return table

    def _is_active(self) -> bool:
        table = self._describe()
        indexes = [] if table is None else table.get("GlobalSecondaryIndexes", [])
        states = [] if table is None else [table["TableStatus"], *(one.get("IndexStatus", "ACTIVE") for one in indexes)]
        return bool(states) and set(states) == {"ACTIVE"}

    def _wait(self, title: str, is_done: Callable[[], bool]) -> None:
        began = time.monotonic()
        with progress_bar(f"{title} (minutes)", None) as move:
            while not is_done():
                waited = time.monotonic() - began
                if waited > MAX_WAIT.total_seconds():
                    raise CommandError(f"{self.name} was not ready after {MAX_WAIT.total_seconds() / 3600:.0f} hours.")
                move(int(waited / 60))
                self._sleep(min(POLL_SECONDS, 0.1 + waited / 10))


def say_what_remains(table: RestoredTable) -> None:
    """Print how to delete a copy that remains, which costs money until then."""
    print_commands(table, f"The copy {table.name} remains, and costs money. To delete it when it is active, run:")


def say_what_may_appear(table: RestoredTable) -> None:
    """Print how to delete a copy that was not found, although it was asked for and the answer was lost."""
    print_commands(table, f"There is no copy {table.name} now. If it appears in an hour, delete it when it is active:")


def print_commands(table: RestoredTable, reason: str) -> None:
    """Print why and how to delete a copy by hand."""
    console.print(reason, markup=False, soft_wrap=True)
    for command in table.commands_to_delete():
        console.print(f"  {command}", markup=False, soft_wrap=True)
