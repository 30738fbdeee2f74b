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
SCHEMA_BYTES: Final = len(SCHEMA_NAME) + 2
"""How many bytes of its item the number takes."""
