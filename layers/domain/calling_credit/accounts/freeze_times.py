"""When an account was unfrozen."""

from collections.abc import Mapping
from typing import Any


def last_unfreezing(item: Mapping[str, Any]) -> str | None:
    """When an account was last unfrozen; None before the first time. Freeze links handed out up to then do not act.
    Version 1.0.0 stored `unfrozen_at` only, until the next freeze.
    """
    return max((item[name] for name in ("freeze_links_after", "unfrozen_at") if name in item), default=None)
