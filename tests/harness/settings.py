"""The numbers that the environment may set for the tests. A mistyped one ends the run with a sentence."""

import os

import pytest


def number_setting(name: str, default: float, lowest: float, highest: float) -> float:
    """Return the number in an environment variable, or its default; else stop the run with exit code 2."""
    text = os.environ.get(name, str(default))
    try:
        value = float(text)
    except ValueError:
        value = float("nan")
    if not lowest <= value <= highest:
        stop(f"{name}={text} is not a number from {lowest:g} to {highest:g}; say {name}={default:g}, for example.")
    return value


def whole_setting(name: str, default: int, lowest: int = 0, highest: int = 10**9) -> int:
    """Return the whole number in an environment variable, or its default; else stop the run with exit code 2."""
    text = os.environ.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) <= 10 and lowest <= int(text) <= highest):
        stop(f"{name}={text} is not a whole number from {lowest} to {highest}; say {name}={default}, for example.")
    return int(text)


def stop(reason: str) -> None:
    """End the run before any test. `make faults` sets FAULTS_SEED, FAULTS_SHARE, and FAULTS_PAIRS by shorter names."""
    short = {"FAULTS_SEED": "SEED", "FAULTS_SHARE": "SHARE", "FAULTS_PAIRS": "N"}
    name = reason.partition("=")[0]
    pytest.exit(reason.replace(name, short[name]) if name in short else reason, returncode=2)
