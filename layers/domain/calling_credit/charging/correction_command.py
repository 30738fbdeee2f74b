"""An operator's command to correct a call, as `make correct-call` sends it to the function."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from calling_credit.charging.corrections import CorrectionRequest, parse_correction
from calling_credit.command_fields import read_command
from calling_credit.ids import ID_PATTERN


class CorrectionCommand(BaseModel):
    """One correction. It writes only if `apply` is true. `key` makes a repetition safe; `by` is who ran the command,
    and `host` on which machine.
    """

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    account_id: str = Field(pattern=ID_PATTERN)
    call_key: str
    body: dict[str, Any]
    key: str = Field(min_length=1, max_length=255)
    by: str = Field(min_length=1)
    host: str = ""
    apply: bool = False

    def request(self) -> CorrectionRequest:
        """What the operator states. Raises the errors of `parse_correction`."""
        return parse_correction(self.call_key, self.body)


def parse_command(fields: Any) -> CorrectionCommand:
    """Parse a command.

    Raises:
        InvalidValue: `invalid_request`, with the fields that are wrong.
    """
    return read_command(CorrectionCommand, fields, "correct", "correct-call")
