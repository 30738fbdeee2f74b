"""Rate steps: from a second of the call on, a row has another rate and another increment.

A call is billed in increments, one after another from its beginning; the first one is the row's minimum, if it has one.
Each increment is billed whole, by the rate in force at its first second. So an increment, or a minimum, that crosses
the beginning of a step is billed by the earlier rate, and the step bills what follows. Increments depend only on the
row, so the price never falls with a longer call, and the price of the billed seconds is that of the call.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from calling_credit.errors import InvalidValue
from calling_credit.money import MICROS_PER_DOLLAR, format_money, parse_money

MAX_STEPS: Final = 10
MAX_FROM_SECOND: Final = 604_800
"""The longest call that is charged."""
MAX_INCREMENT_SECONDS: Final = 3_600
MAX_RATE_DOLLARS: Final = 1_000
MAX_STORED_RATE_DOLLARS: Final = 11 * MAX_RATE_DOLLARS
"""The highest rate with the highest markup, 1,000 %."""
FORM: Final = "from_second:rate_per_minute:increment_seconds"
_WHOLE_NUMBER: Final = re.compile(r"[1-9][0-9]{0,6}")
_NEVER: Final = 1 << 62


class RateStep(NamedTuple):
    """From a second of the call on (seconds since the answer), its rate and its increment."""

    from_second: int
    rate_micros_per_minute: int
    increment_seconds: int


Steps = tuple[RateStep, ...]


class InvalidStepsError(ValueError):
    """A text states no rate steps; the message says which part is wrong, and its correction."""


def stored_steps(text: str) -> Steps:
    """Parse the steps of an entry or a hold, whose rates may have a markup. Raises the errors of `parse_steps`."""
    return parse_steps(text, MAX_STORED_RATE_DOLLARS)


def parse_steps(text: str, max_rate_dollars: int = MAX_RATE_DOLLARS) -> Steps:
    """Parse `from_second:rate_per_minute:increment_seconds`, several joined by `;`. An empty text has no steps.

    Raises:
        InvalidStepsError: the text has another form, a value is out of bounds, or the seconds do not rise.
    """
    if not text.strip():
        return ()
    parts = text.split(";")
    if len(parts) > MAX_STEPS:
        raise InvalidStepsError(f"rate_steps can have at most {MAX_STEPS} steps, not {len(parts)}.")
    steps: list[RateStep] = []
    for number, part in enumerate(parts, 1):
        step = _parse_step(part.strip(), f"step {number}", max_rate_dollars)
        if steps and step.from_second <= steps[-1].from_second:
            raise InvalidStepsError(
                f"rate_steps: step {number} begins at second {step.from_second}, but it must begin after step "
                f"{number - 1}, at a second above {steps[-1].from_second}."
            )
        steps.append(step)
    return tuple(steps)


def _parse_step(text: str, name: str, max_rate_dollars: int) -> RateStep:
    cells = text.split(":")
    if len(cells) != 3:
        raise InvalidStepsError(f"rate_steps: {name} must be {FORM}, such as 60:0.0100:1; several are joined by ;.")
    begin, rate, increment = (cell.strip() for cell in cells)
    return RateStep(
        _parse_seconds(begin, f"{name}: from_second", MAX_FROM_SECOND),
        _parse_rate(rate, name, max_rate_dollars),
        _parse_seconds(increment, f"{name}: increment_seconds", MAX_INCREMENT_SECONDS),
    )


def _parse_seconds(text: str, name: str, maximum: int) -> int:
    seconds = int(text) if _WHOLE_NUMBER.fullmatch(text) else 0
    if not 1 <= seconds <= maximum:
        raise InvalidStepsError(f"rate_steps: {name} must be a whole number from 1 to {maximum}.")
    return seconds


def _parse_rate(text: str, name: str, max_rate_dollars: int) -> int:
    try:
        micros = parse_money(text, field="rate_per_minute")
    except InvalidValue:
        detail = f"rate_steps: {name}: rate_per_minute must be a decimal such as 0.0140 with at most 6 decimals."
        raise InvalidStepsError(detail) from None
    if not 0 <= micros <= max_rate_dollars * MICROS_PER_DOLLAR:
        raise InvalidStepsError(f"rate_steps: {name}: rate_per_minute must be from 0 to {max_rate_dollars:,} dollars.")
    return micros


def steps_text(steps: Iterable[RateStep]) -> str:
    """Return the text of steps, as decks, entries, and holds store it; empty without any."""
    return ";".join(
        f"{step.from_second}:{format_money(step.rate_micros_per_minute)}:{step.increment_seconds}" for step in steps
    )


def steps_view(steps: Iterable[RateStep]) -> list[dict[str, int | str]]:
    """Return steps in the form of the API."""
    return [
        {
            "from_second": step.from_second,
            "rate_per_minute": format_money(step.rate_micros_per_minute),
            "increment_seconds": step.increment_seconds,
        }
        for step in steps
    ]


def billed_parts(duration: int, minimum: int, increment: int, steps: Sequence[RateStep]) -> list[int]:
    """Return the billed seconds of a call by the row's own rate and by that of each step; all 0 for 0 seconds."""
    if duration == 0:
        return [0] * (1 + len(steps))
    end = min(duration, steps[0].from_second) if steps else duration
    position = minimum + -(-max(0, end - minimum) // increment) * increment
    parts = [position]
    for number, step in enumerate(steps, 1):
        end = min(duration, steps[number].from_second) if number < len(steps) else duration
        billed = -(-max(0, end - position) // step.increment_seconds) * step.increment_seconds
        parts.append(billed)
        position += billed
    return parts


def longest_call(
    sixtieths: int, rate: int, minimum: int, increment: int, steps: Sequence[RateStep], maximum: int
) -> int:
    """Return the longest call, up to `maximum` seconds, whose billed seconds cost at most this much, without the fee; 0
    if it pays for no call. Amounts are in sixtieths of a micro-dollar, rates in micro-dollars a minute.
    """
    position, left = 0, sixtieths
    if left < rate * minimum:
        return 0
    if minimum:
        position, left = minimum, left - rate * minimum
    begins = [*(step.from_second for step in steps), _NEVER]
    terms = [(rate, increment), *((step.rate_micros_per_minute, step.increment_seconds) for step in steps)]
    for (price, length), end in zip(terms, begins, strict=True):
        count = max(0, -(-(min(end, maximum) - position) // length))
        affordable = count if price == 0 else min(count, left // (price * length))
        position, left = position + affordable * length, left - affordable * length * price
        if affordable < count:
            break
    return min(maximum, position)
