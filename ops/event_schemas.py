"""Writes the JSON Schema of each event on the bus to docs/events/, generated from the models of the events
(`make schema`).
"""

import json
from pathlib import Path
from typing import Any, Final

from calling_credit.notifications.announcement import Announcement
from calling_credit.notifications.events import ALL
from ops.project import ROOT

FOLDER: Final = ROOT / "docs" / "events"


def schema(model: type[Announcement]) -> dict[str, Any]:
    """Return the schema (draft 2020-12) of the `detail` of one event type."""
    model_schema = model.model_json_schema(mode="serialization")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **model_schema}


def path(model: type[Announcement]) -> Path:
    """Return the file of an event type's schema."""
    return FOLDER / f"{model.__name__}.schema.json"


def main() -> None:
    """Write every schema."""
    FOLDER.mkdir(exist_ok=True)
    for model in ALL:
        path(model).write_text(json.dumps(schema(model), indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
