"""Reads the regular expressions of a numbering plan as finite automata, so that a program can follow prefixes digit by
digit. Does not depend on countries, number types, prices, or files.
"""

DIGITS = "0123456789"
_ANY = frozenset(DIGITS)


class Pattern:
    """One regular expression over digits (groups, alternatives, classes, repeats), followed digit by digit.

    A state is a number; 0 means that no further digits can lead to a match.

    Raises:
        ValueError: the expression uses other syntax.
    """

    def __init__(self, expression: str) -> None:
        self._text = expression
        self._at = 0
        self._digits: list[dict[int, frozenset[str]]] = []
        self._empty: list[set[int]] = []
        first, self._last = self._alternatives()
        if self._at != len(expression):
            raise ValueError(f"cannot read the pattern {expression!r} from character {self._at}")
        self._positions: list[frozenset[int]] = []
        self._states: dict[frozenset[int], int] = {}
        self._steps: list[dict[str, int]] = []
        self._state(frozenset())
        self.start = self._state(self._closure({first}))

    def step(self, state: int, digit: str) -> int:
        """Return the state after one more digit."""
        target = self._steps[state].get(digit)
        if target is None:
            nodes = self._positions[state]
            reached = {to for node in nodes for to, digits in self._digits[node].items() if digit in digits}
            target = self._steps[state][digit] = self._state(self._closure(reached))
        return target

    def accepts(self, state: int) -> bool:
        """Return whether the digits that led to the state are a complete match."""
        return self._last in self._positions[state]

    def _state(self, nodes: frozenset[int]) -> int:
        if nodes not in self._states:
            self._states[nodes] = len(self._positions)
            self._positions.append(nodes)
            self._steps.append({})
        return self._states[nodes]

    def _node(self) -> int:
        self._digits.append({})
        self._empty.append(set())
        return len(self._digits) - 1

    def _closure(self, nodes: set[int]) -> frozenset[int]:
        waiting = list(nodes)
        closure = set(nodes)
        while waiting:
            for to in self._empty[waiting.pop()] - closure:
                closure.add(to)
                waiting.append(to)
        return frozenset(closure)

    def _next(self) -> str:
        return self._text[self._at : self._at + 1]

    def _alternatives(self) -> tuple[int, int]:
        first, last = self._node(), self._node()
        while True:
            start, end = self._sequence()
            self._empty[first].add(start)
            self._empty[end].add(last)
            if self._next() != "|":
                return first, last
            self._at += 1

    def _sequence(self) -> tuple[int, int]:
        first = last = self._node()
        while self._next() not in ("", "|", ")"):
            began = self._at
            start, end = self._atom()
            ended = self._at
            low, high = self._repeats()
            after = self._at
            for copy in range(1, high + 1):
                if copy > 1:
                    self._at = began
                    start, end = self._atom()
                if self._at != ended and copy > 1:
                    raise ValueError(f"cannot repeat a part of {self._text!r}")
                self._empty[last].add(start)
                if copy > low:
                    self._empty[start].add(end)
                last = end
            self._at = after
        return first, last

    def _repeats(self) -> tuple[int, int]:
        if self._next() == "?":
            self._at += 1
            return 0, 1
        if self._next() != "{":
            return 1, 1
        close = self._text.index("}", self._at)
        low, _, high = self._text[self._at + 1 : close].partition(",")
        self._at = close + 1
        return int(low), int(high or low)

    def _atom(self) -> tuple[int, int]:
        character = self._next()
        self._at += 1
        if character == "(":
            if self._text.startswith("?:", self._at):
                self._at += 2
            inside = self._alternatives()
            if self._next() != ")":
                raise ValueError(f"a group of {self._text!r} does not end")
            self._at += 1
            return inside
        first, last = self._node(), self._node()
        self._digits[first][last] = self._digit_class(character)
        return first, last

    def _digit_class(self, character: str) -> frozenset[str]:
        if character in DIGITS:
            return frozenset(character)
        if character == "\\" and self._next() == "d":
            self._at += 1
            return _ANY
        if character != "[":
            raise ValueError(f"the pattern {self._text!r} uses {character!r}, which this module cannot read")
        close = self._text.index("]", self._at)
        body, self._at = self._text[self._at : close], close + 1
        members: set[str] = set()
        for position, member in enumerate(body):
            if member == "-":
                members.update(DIGITS[int(body[position - 1]) : int(body[position + 1]) + 1])
            else:
                members.add(member)
        return frozenset(members)
