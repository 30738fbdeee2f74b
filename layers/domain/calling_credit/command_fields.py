"""Checks of the requests that an operator's commands send to a function."""

from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from calling_credit.errors import InvalidValue, ProblemCode

Command = TypeVar("Command", bound=BaseModel)


def read_command(model: type[Command], fields: Any, name: str, target: str) -> Command:
    """Return the request that an operator's command sends under `name`; `target` is the command's make target.

    Raises:
        InvalidValue: `invalid_request`, with the fields that are wrong.
    """
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        wrong = sorted({str(problem["loc"][0]) if problem["loc"] else name for problem in error.errors()})
        detail = f"{', '.join(wrong)} must be as make {target} sends it; run the command instead."
        raise InvalidValue(ProblemCode.INVALID_REQUEST, detail) from error
