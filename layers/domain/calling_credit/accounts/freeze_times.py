"""When an account was frozen and unfrozen, by its item."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any


def last_unfreezing(item: Mapping[str, Any]) -> str | None:
    """When an account was last unfrozen; None before the first time. Freeze links handed out up to then do not act.
    Version 1.0.0 stored `unfrozen_at` only, until the next freeze.
    """
    return max((item[name] for name in ("freeze_links_after", "unfrozen_at") if name in item), default=None)


def was_open_while_frozen(item: Mapping[str, Any], opened_at: int, ended_at: int) -> bool:
    """Whether what was opened and ended at these times was open during the account's present freeze, or its last one.
    The times are Stripe's whole seconds. In the second of a freeze, the account counts as frozen; in the second of an
    unfreezing, what is opened counts as opened afterwards, because nothing is opened while the account is frozen.
    """
    if "frozen_at" in item and ended_at >= _second(item["frozen_at"]):
        return True
    frozen_at, unfrozen_at = item.get("last_frozen_at"), last_unfreezing(item)
    if frozen_at is None or unfrozen_at is None:
        return False
    return ended_at >= _second(frozen_at) and opened_at < _second(unfrozen_at)


def _second(instant: str) -> int:
    return int(datetime.fromisoformat(instant).timestamp())
