"""The answers of the stand-in: JSON bodies, pages of lists, and expanded objects."""

import copy
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Final

from local.stripe_stand_in.account import Account
from local.stripe_stand_in.refusals import Fields, Refusal, no_such

DEFAULT_PAGE: Final = 10
MAX_EXPAND_DEPTH: Final = 4


@dataclass(frozen=True, slots=True)
class Answer:
    """A response: status, headers, and the body as bytes."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        """Return the parsed body."""
        return json.loads(self.body)


def json_answer(status: int, content: Fields, headers: dict[str, str] | None = None) -> Answer:
    """Return a JSON answer, indented like Stripe's."""
    body = json.dumps(content, indent=2).encode()
    return Answer(status, {"Content-Type": "application/json", **(headers or {})}, body)


def list_object(items: Iterable[Fields], url: str, *, has_more: bool = False) -> Fields:
    """Return a list object."""
    return {"object": "list", "data": list(items), "has_more": has_more, "url": url}


def page(items: Iterable[Fields], parameters: Fields, url: str) -> Fields:
    """Return the page of `items` (newest first) that limit, starting_after, ending_before, and created select."""
    matches = [item for item in items if _created_within(item, parameters.get("created", {}))]
    limit = parameters.get("limit", DEFAULT_PAGE)
    if after := parameters.get("starting_after"):
        matches = matches[_position(matches, after, "starting_after") + 1 :]
    if before := parameters.get("ending_before"):
        earlier = matches[: _position(matches, before, "ending_before")]
        return list_object(earlier[-limit:], url, has_more=len(earlier) > limit)
    return list_object(matches[:limit], url, has_more=len(matches) > limit)


def expand(account: Account, content: Fields, paths: Iterable[str]) -> Fields:
    """Return a copy in which the ids at these paths are replaced by their objects.

    Raises:
        Refusal: a path names no field or is too deep.
    """
    copied = copy.deepcopy(content)
    for path in paths:
        steps = path.split(".")
        if len(steps) > MAX_EXPAND_DEPTH:
            raise Refusal(400, f"You cannot expand more than {MAX_EXPAND_DEPTH} levels of a property: {path}")
        _expand(account, copied, steps, path)
    return copied


def _expand(account: Account, content: Fields, steps: list[str], path: str) -> None:
    step, rest = steps[0], steps[1:]
    if step not in content:
        content[step] = _includable(account, content, step, path)
    elif isinstance(content[step], str):
        content[step] = _object_named(account, content[step], path)
    below = content[step]
    if not isinstance(below, dict | list | None):
        raise cannot_expand(path)
    if isinstance(below, dict | list) and rest:
        for item in below if isinstance(below, list) else [below]:
            _expand(account, item, rest, path)


def _object_named(account: Account, object_id: str, path: str) -> Fields:
    subject = account.find(object_id)
    if subject is None:
        raise cannot_expand(path)
    return copy.deepcopy(subject)


def _includable(account: Account, content: Fields, step: str, path: str) -> Any:
    """Return a field that only `expand` includes."""
    include = INCLUDABLE.get((content.get("object", ""), step))
    if include is None:
        raise cannot_expand(path)
    return include(account, content)


def _refunds_of(account: Account, charge: Fields) -> Fields:
    refunds = account.newest_first("refund", charge=charge["id"])
    return copy.deepcopy(page(refunds, {}, f"/v1/charges/{charge['id']}/refunds"))


INCLUDABLE: Final[dict[tuple[str, str], Callable[[Account, Fields], Any]]] = {("charge", "refunds"): _refunds_of}


def cannot_expand(path: str) -> Refusal:
    """Return the error for a path that cannot be expanded."""
    message = f"This property cannot be expanded ({path})."
    return Refusal(400, message, param="expand")


def _created_within(item: Fields, bounds: dict[str, int]) -> bool:
    created = item["created"]
    checks = {
        "gt": lambda bound: created > bound,
        "gte": lambda bound: created >= bound,
        "lt": lambda bound: created < bound,
        "lte": lambda bound: created <= bound,
    }
    return all(checks[name](bound) for name, bound in bounds.items())


def _position(items: list[Fields], object_id: str, param: str) -> int:
    for index, item in enumerate(items):
        if item["id"] == object_id:
            return index
    raise no_such("object", object_id, param)
