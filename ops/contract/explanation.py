"""What the documentation says of one error code."""

from dataclasses import dataclass

from calling_credit.errors import ProblemCode


@dataclass(frozen=True, slots=True)
class Explanation:
    """One code and its explanation."""

    code: ProblemCode
    status: int
    meaning: str
    remedy: str

    @property
    def has_retry_after(self) -> bool:
        """Whether its answers carry Retry-After."""
        return self.status == 503 or self.code is ProblemCode.IN_PROGRESS
