"""Secrets of AWS Secrets Manager, cached for five minutes, and their previous versions.

A secret signs and is used with its current version. Its previous version still verifies, so that what was signed before
a rotation stays valid. A value that leaked must therefore be replaced twice (docs/runbook.md, "A key leaked").
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from calling_credit.aws import SECRET_ERRORS, read_secret
from calling_credit.clock import ReadAt

CACHED_FOR: Final = timedelta(minutes=5)
"""How long a warm function uses a version before it asks for it again."""
REREAD_EVERY: Final = timedelta(minutes=1)
"""How often a signature that no version verifies makes a function read the secret again. The routes are public."""
CURRENT: Final = "AWSCURRENT"
PREVIOUS: Final = "AWSPREVIOUS"


@dataclass(slots=True)
class _Version:
    """The text of a version (None: the secret has no such version), and when it was read (None: it is outdated)."""

    text: str | None
    read_at: ReadAt | None

    def is_fresh(self, lifetime: timedelta) -> bool:
        return self.read_at is not None and self.read_at.is_within(lifetime)


_versions: dict[tuple[str, str], _Version] = {}


def current_secret(arn: str) -> str:
    """Return the current version, which alone signs.

    Raises:
        ClientError, BotoCoreError: Secrets Manager did not answer, and no version was read before.
    """
    return _read(arn, CURRENT) or ""


def secret_versions(arn: str) -> Iterator[str]:
    """Yield the versions that verify a signature, each as late as possible: the current one, the previous one, and, at
    most once a minute, those that have been stored since.

    Raises:
        ClientError, BotoCoreError: Secrets Manager did not answer, and no version was read before.
    """
    known = {""}
    for lifetime in (CACHED_FOR, REREAD_EVERY):
        for stage in (CURRENT, PREVIOUS):
            text = _read(arn, stage, lifetime) or ""
            if text not in known:
                known.add(text)
                yield text


def forget_secrets() -> None:
    """Read every secret again at its next use. The old values remain for the case that Secrets Manager fails."""
    for version in _versions.values():
        version.read_at = None


def drop_secrets() -> None:
    """Hold no secret, as a process that has just started. No outage of Secrets Manager brings an old value back."""
    _versions.clear()


def _read(arn: str, stage: str, lifetime: timedelta = CACHED_FOR) -> str | None:
    known = _versions.get((arn, stage))
    if known is not None and known.is_fresh(lifetime):
        return known.text
    try:
        text = read_secret(arn, stage)
    except SECRET_ERRORS:
        if known is None:
            raise
        text = known.text  # An outage of Secrets Manager stops nothing that a version read before can do.
    _versions[arn, stage] = _Version(text, ReadAt())
    return text
