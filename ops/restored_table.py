"""Restores the ledger table to a point in time beside the live one, gives the copy what a restore leaves off, and
deletes it. The live table is only read.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, Final

from botocore.exceptions import ClientError

from calling_credit.instants import format_instant
from ops.stack import FoundStack
from ops.terminal import CommandError, console, progress_bar

POLL_SECONDS: Final = 5.0
MAX_WAIT: Final = timedelta(hours=12)
TTL_ATTRIBUTE: Final = "expires_at"
_GONE: Final = "ResourceNotFoundException"


class RestoredTable:
    """A copy of the ledger table as of a moment. `name` is its own."""

    def __init__(self, stack: FoundStack, name: str, sleep: Callable[[float], None] = time.sleep) -> None:
        self.name = name
        self._stack = stack
        self._client = stack.client("dynamodb")
        self._sleep = sleep
        self.is_begun = False

    def check_moment(self, at: datetime) -> None:
        """Check that the live table can be restored to a moment. The emulator, which restores the table in its current
        state, has no point-in-time recovery to ask.

        Raises:
            CommandError: it can not; the message names the possible moments.
        """
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
        """Restore, and wait until the copy can be used."""
        self._client.restore_table_to_point_in_time(
            SourceTableName=self._stack.table_name, TargetTableName=self.name, RestoreDateTime=at
        )
        self.is_begun = True
        self._wait("Restoring", self._is_active)

    def complete(self) -> str:
        """Turn on what a restore leaves off: stream, expiry, point-in-time recovery, and protection against deletion.
        Return the ARN of the stream. Settings that are on stay on.
        """
        table = self._describe()
        if not (table or {}).get("StreamSpecification", {}).get("StreamEnabled"):
            stream = {"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"}
            self._client.update_table(TableName=self.name, StreamSpecification=stream)
            self._wait("Turning on the stream", self._is_active)
        status = self._client.describe_time_to_live(TableName=self.name)["TimeToLiveDescription"]["TimeToLiveStatus"]
        if status not in ("ENABLED", "ENABLING"):
            setting = {"Enabled": True, "AttributeName": TTL_ATTRIBUTE}
            self._client.update_time_to_live(TableName=self.name, TimeToLiveSpecification=setting)
        self._client.update_continuous_backups(
            TableName=self.name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True}
        )
        self._protect(is_protected=True)
        return str((self._describe() or {}).get("LatestStreamArn", ""))

    def delete(self) -> None:
        """Delete the copy, and wait until it is gone."""
        if self._describe() is None:
            return
        self._protect(is_protected=False)
        self._client.delete_table(TableName=self.name)
        self._wait("Deleting the copy", lambda: self._describe() is None)

    def commands_to_delete(self) -> list[str]:
        """Return the commands that delete the copy by hand."""
        off = f"aws dynamodb update-table --table-name {self.name} --no-deletion-protection-enabled"
        return [off, f"aws dynamodb delete-table --table-name {self.name}"]

    def _protect(self, *, is_protected: bool) -> None:
        self._client.update_table(TableName=self.name, DeletionProtectionEnabled=is_protected)
        self._wait("Setting the protection", self._is_active)

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
    console.print(f"The copy {table.name} remains, and costs money. To delete it when it is active, run:", markup=False)
    for command in table.commands_to_delete():
        console.print(f"  {command}", markup=False, soft_wrap=True)
