"""The content of `active.json`: which deck, area codes, and price lists of short codes are in force from when.

Reads and writes no object; `deck_store` does.
"""

from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

from calling_credit.rates.timeline import HISTORY, START_OF_TIME, DeckInForce, put_in_force

Stored = TypeVar("Stored", "AddedAreaCode", "ShortCodeList", DeckInForce)


@dataclass(frozen=True, slots=True)
class AddedAreaCode:
    """An area code of +1 that is newer than the tables: three digits, its country, and who added it when."""

    code: str
    country: str
    added_at: str
    added_by: str = ""


@dataclass(frozen=True, slots=True)
class ShortCodeList:
    """The key of a price list of short codes, and the instant from which it prices calls, until the next list's."""

    key: str
    in_force_from: str


@dataclass(frozen=True, slots=True)
class ActivePointer:
    """The content of `active.json`, which every function checks every 20 seconds.

    `since` is when the deck was requested, `activated_at` when it was activated. `previous` lists the decks before it,
    latest first. `categories` lists the categories under which calls were charged by it and by earlier decks.
    `in_force` lists which deck prices calls from when, latest first; never empty. `area_codes` are included below every
    deck. `short_code_lists` lists the price lists of short codes, latest first. `etag` is not stored.
    """

    version: str
    key: str
    sha256: str
    activated_at: str
    since: str
    previous: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    in_force: tuple[DeckInForce, ...] = ()
    area_codes: tuple[AddedAreaCode, ...] = ()
    short_code_lists: tuple[ShortCodeList, ...] = ()
    etag: str = ""

    @property
    def compiled_sha256(self) -> str:
        """The hash of this deck's compiled form; empty if it is not compiled."""
        return self.in_force[0].compiled_sha256

    @property
    def short_codes(self) -> str:
        """The key of the latest price list of short codes; empty without one."""
        return self.short_code_lists[0].key if self.short_code_lists else ""

    @property
    def history(self) -> tuple[str, ...]:
        """This deck and the decks before it, latest first."""
        return (self.version, *self.previous)

    @property
    def area_codes_by_prefix(self) -> dict[str, str]:
        """The countries of added area codes by prefix (`1436`)."""
        return {f"1{added.code}": added.country for added in self.area_codes}


def replacing(
    pointer: ActivePointer | None, active: ActivePointer, now: datetime, lead: timedelta, history: timedelta = HISTORY
) -> ActivePointer:
    """Return a pointer that puts its deck in force a lead time from now and keeps what the replaced one knows, of
    replaced decks for as long as `history`.
    """
    if pointer is None:
        return active
    return replace(
        active,
        in_force=put_in_force(pointer.in_force, active.in_force[0], now, lead, history),
        area_codes=pointer.area_codes,
        short_code_lists=pointer.short_code_lists,
    )


def pointer_from(content: dict[str, Any], etag: str) -> ActivePointer:
    """Return the pointer of a stored object, without fields that another release added. A pointer of version 1.0.0
    names only its deck, which is in force for every call.

    Raises:
        ValueError, TypeError, KeyError, AttributeError: The content is no pointer.
    """
    content = {"since": content["activated_at"], **content, "etag": etag}
    for name in ("previous", "categories"):
        content[name] = tuple(content.get(name, ()))
    always = {"version": content["version"], "in_force_from": START_OF_TIME, "sha256": content["sha256"]}
    content["in_force"] = tuple(_known(DeckInForce, deck) for deck in content.get("in_force") or (always,))
    content["area_codes"] = tuple(_known(AddedAreaCode, code) for code in content.get("area_codes", ()))
    lists = content.get("short_code_lists", ())
    if not lists and content.get("short_codes"):  # An older pointer names one list, which prices every call.
        lists = ({"key": content["short_codes"], "in_force_from": START_OF_TIME},)
    content["short_code_lists"] = tuple(_known(ShortCodeList, one) for one in lists)
    names = {field.name for field in fields(ActivePointer)}
    return ActivePointer(**{name: value for name, value in content.items() if name in names})


def _known(kind: type[Stored], content: dict[str, str]) -> Stored:
    """Return a value from its stored fields, without those that another release added."""
    names = {field.name for field in fields(kind)}
    return kind(**{name: value for name, value in content.items() if name in names})
