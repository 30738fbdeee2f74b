"""Facts about accounts and lines that one batch of calls is posted by."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from calling_credit.accounts.bundles import OwnBundle
from calling_credit.accounts.limits import Limits
from calling_credit.budgets.spending import Budgets
from calling_credit.rates.price_terms import PriceTerms


@dataclass(frozen=True, slots=True)
class Facts:
    """Facts for one batch: each existing account's time zone, the (account, line) pairs that may call abroad, the
    numbers of the existing lines by account and line, the instants from which on lines are closed, the accounts with
    daily sums by user, line, and country, and the last change of each line. `unreadable` are the (account, line) pairs
    of which an item cannot be read, so that their calls have no price. `price_terms` are the terms, latest first, of
    the accounts that have some.
    """

    time_zones: dict[str, str]
    enabled_lines: frozenset[tuple[str, str]]
    numbers: dict[tuple[str, str], str]
    closings: dict[tuple[str, str], str] = field(default_factory=dict)
    with_breakdown: frozenset[str] = frozenset()
    changes: dict[tuple[str, str], str] = field(default_factory=dict)
    unreadable: frozenset[tuple[str, str]] = frozenset()
    bundles: dict[tuple[str, str], tuple[OwnBundle, ...]] = field(default_factory=dict)
    """The bundles of included minutes of lines that have some, by account and line."""
    price_terms: Mapping[str, Sequence[PriceTerms]] = field(default_factory=dict)
    budgets: Budgets = field(default_factory=Budgets)
    """The budgets of lines, and of the users of accounts that have such."""
    capped: Mapping[str, Limits] = field(default_factory=dict)
    """The limits that apply to the accounts with a cap."""
    users: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """The users of the lines, by account and line."""

    @property
    def with_country_cap(self) -> frozenset[str]:
        """The accounts with a first_country_cap, whose known countries posting keeps known."""
        return frozenset(name for name, one in self.capped.items() if one.first_country_cap_micros is not None)

    def user_of(self, account_id: str, line_id: str, named: str | None, began_at: str) -> str | None:
        """The user of a call: the one that its event or hold names, else the user of its line, unless the line was
        changed after the call began and may have had another user.
        """
        line = (account_id, line_id)
        return named or (self.users.get(line) if self.changes.get(line, "") <= began_at else None)
