"""The filter of a Query over entries: which of them DynamoDB returns. Does not read the table."""

from collections.abc import Iterable
from typing import Any

from calling_credit.dynamodb.attributes import to_attribute
from calling_credit.instants import Period


class EntryFilter:
    """Conditions that an entry must meet, all of them. A condition is one term, or several of which one must hold."""

    def __init__(self) -> None:
        self._conditions: list[str] = []
        self._names: dict[str, str] = {}
        self._values: dict[str, str] = {}

    def of_period(self, period: Period) -> "EntryFilter":
        """Require a local date of the period; return the filter."""
        first, last = self._value(period.first.isoformat()), self._value(period.last.isoformat())
        self.require(f"{self._name('local_date')} BETWEEN {first} AND {last}")
        return self

    def require(self, *terms: str) -> None:
        """Require that one of these terms holds. Without terms, no entry matches."""
        self._conditions.append(f"({' OR '.join(terms)})" if terms else self.one_of("kind", ["none"]))

    def one_of(self, name: str, values: Iterable[str]) -> str:
        """The term that an attribute has one of at most 100 values."""
        return f"{self._name(name)} IN ({', '.join(map(self._value, values))})"

    def contains(self, name: str, text: str) -> str:
        """The term that an attribute contains a text, in this spelling."""
        return f"contains({self._name(name)}, {self._value(text)})"

    def parameters(self) -> dict[str, Any]:
        """The parameters of a Query; add the values of the key condition."""
        values = {placeholder: to_attribute(value) for value, placeholder in self._values.items()}
        return {
            "FilterExpression": " AND ".join(self._conditions),
            "ExpressionAttributeNames": dict(self._names),
            "ExpressionAttributeValues": values,
        }

    def _name(self, name: str) -> str:
        placeholder = f"#{name}"
        self._names[placeholder] = name
        return placeholder

    def _value(self, value: str) -> str:
        return self._values.setdefault(value, f":v{len(self._values)}")
