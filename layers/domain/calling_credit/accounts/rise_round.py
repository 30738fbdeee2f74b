"""How far a round of announced rises has come, as it is stored between two runs. Does not read the table."""

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from calling_credit.dynamodb.positions import is_place
from calling_credit.dynamodb.sweep_keys import SWEEP_SHARDS
from calling_credit.instants import format_instant
from calling_credit.rates.price_terms import PriceTerms

Versions = Mapping[str, str]
"""Versions by the name of their list; "" is the deck."""


@dataclass(frozen=True, slots=True)
class Round:
    """A round: the versions that were announced to all accounts before it (`done`), those that it announces (`target`),
    and how far it has come. Without `target`, no round runs.

    `skipped`: the price lists that could not be read when this round came to their accounts. `owed`: for each list that
    could not be read in an earlier round, what its accounts were told before; `owed_at`: when that round ended.
    """

    done: Versions = field(default_factory=dict)
    target: Versions = field(default_factory=dict)
    shard: int = 0
    after: str = ""
    skipped: tuple[str, ...] = ()
    owed: Mapping[str, Versions] = field(default_factory=dict)
    owed_at: str = ""

    def following(self, versions: Versions, unknown: Collection[str]) -> "Round":
        """Return the round for the active versions: this one if it announces them, else a new one. A list whose active
        version is unknown keeps the version that was announced.
        """
        versions = {name: self.done[name] for name in unknown if name in self.done} | dict(versions)
        if self.target == versions or (not self.target and self.done == versions):
            return self
        return Round(self.done, versions, owed=self.owed, owed_at=self.owed_at)

    def again(self) -> "Round":
        """Return a round for accounts that are owed announcements, after one that has ended."""
        return Round(self.done, self.done, owed=self.owed, owed_at=self.owed_at)

    def skip(self, names: Collection[str]) -> "Round":
        """Return the round with more lists that could not be read."""
        return replace(self, skipped=tuple(sorted({*self.skipped, *names})))

    def owed_list(self, terms: Sequence[PriceTerms]) -> str | None:
        """Return the list to whose accounts an account belonged when they were skipped: its own, or the one before, if
        it got another one since. None if it was told.
        """
        names = [one.price_list for one in terms[: 2 if terms and terms[0].since > self.owed_at else 1]]
        return next((name for name in names if name in self.owed), None)

    def is_due(self, now: datetime) -> bool:
        """Whether a day has passed since accounts were skipped, so that some may have another list."""
        return bool(self.owed) and self.owed_at <= format_instant(now - timedelta(days=1))

    def ended(self, now: datetime) -> "Round":
        """Return the round to store after the last account. Of what a list owes, the versions of the deck and of the
        list itself count, so a thousand lists fit into one item.
        """
        owed = {name: self.owed.get(name, self.done) for name in self.skipped}
        owed = {name: _only(of_list, ("", name)) for name, of_list in owed.items()}
        return Round(self.target, owed=owed, owed_at=format_instant(now) if owed else "")

    @property
    def is_over(self) -> bool:
        """Whether every account was told of the target."""
        return not self.target or self.shard >= SWEEP_SHARDS

    def text(self) -> str:
        """Return the form in which a position is stored."""
        return json.dumps(asdict(self))


def stored_round(position: str | None) -> Round:
    """Return the round of a stored position. One that cannot be read begins again, which only repeats work."""
    beginning = Round()
    try:
        stored = Round(**json.loads(position or "{}"))
        stored = replace(stored, skipped=tuple(stored.skipped))
    except (RecursionError, TypeError, ValueError):
        return beginning
    are_versions = _are_versions(stored.done) and _are_versions(stored.target)
    are_lists = (
        _are_texts(stored.skipped) and isinstance(stored.owed, dict) and all(map(_are_versions, stored.owed.values()))
    )
    is_place_known = type(stored.shard) is int and 0 <= stored.shard <= SWEEP_SHARDS and isinstance(stored.after, str)
    is_place_known = is_place_known and isinstance(stored.owed_at, str)
    is_known = are_versions and are_lists and is_place_known and (not stored.after or is_place(stored.after))
    return stored if is_known else beginning


def _only(versions: Versions, names: Collection[str]) -> Versions:
    return {name: version for name, version in versions.items() if name in names}


def _are_versions(value: Any) -> bool:
    return isinstance(value, dict) and _are_texts(value.values())


def _are_texts(values: Collection[Any]) -> bool:
    return all(isinstance(one, str) for one in values)
