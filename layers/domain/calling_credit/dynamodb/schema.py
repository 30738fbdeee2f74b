"""The number that every item carries: which layout of items the release that wrote it uses.

Items of releases before 2.0.0 carry none; they are read like those of number 1.
"""

from typing import Any, Final

SCHEMA: Final = 1
SCHEMA_NAME: Final = "schema"
SCHEMA_VALUE: Final[dict[str, str]] = {"N": str(SCHEMA)}
SET_SCHEMA: Final = "#schema = :schema"
"""The part of a SET that every Update has which may create its item; it needs `SCHEMA_NAMES` and `SCHEMA_VALUES`."""
SCHEMA_NAMES: Final[dict[str, str]] = {"#schema": SCHEMA_NAME}
SCHEMA_VALUES: Final[dict[str, Any]] = {":schema": SCHEMA_VALUE}


def creating(update: dict[str, Any]) -> dict[str, Any]:
    """The parameters of an update that may create its item: it then sets the number too. Changes the parameters."""
    expression = update["UpdateExpression"]
    before, _, assignments = expression.partition("SET ")
    with_schema = f"{before}SET {SET_SCHEMA}, {assignments}" if assignments else f"{expression} SET {SET_SCHEMA}"
    update["UpdateExpression"] = with_schema
    update["ExpressionAttributeNames"] = (update.get("ExpressionAttributeNames") or {}) | SCHEMA_NAMES
    update["ExpressionAttributeValues"] = (update.get("ExpressionAttributeValues") or {}) | SCHEMA_VALUES
    return update
