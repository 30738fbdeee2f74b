"""The record of the operator's switching a rule off."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SwitchedOff:
    """Who of the operator switched the rule off last, why, and when."""

    by: str
    reason: str
    at: str
