"""Writes the JSON Schema of each event on the bus to docs/events/, made from the very models that events are made of
(`make schema`).
"""

import json
from pathlib import Path
from typing import Any, Final

from calling_credit.notifications.events import ALL, Announcement

FOLDER: Final = Path(__file__).resolve().parents[1] / "docs" / "events"


def schema(form: type[Announcement]) -> dict[str, Any]:
    """The schema (draft 2020-12) of the `detail` of one type of event."""
    made = form.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **made}


def path(form: type[Announcement]) -> Path:
    """Where a type's schema is published."""
    return FOLDER / f"{form.__name__}.schema.json"


def main() -> None:
    """Write them all."""
    FOLDER.mkdir(exist_ok=True)
    for form in ALL:
        path(form).write_text(json.dumps(schema(form), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
