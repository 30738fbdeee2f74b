"""The explanation of one error code in the documentation."""

from dataclasses import dataclass

from calling_credit.errors import ProblemCode


@dataclass(frozen=True, slots=True)
class Explanation:
    """One code, its status, its meaning, and what the caller can do."""

    code: ProblemCode
    status: int
    meaning: str
    remedy: str

    @property
    def has_retry_after(self) -> bool:
        """Whether answers with this code have the header Retry-After."""
        return self.status in (429, 503) or self.code is ProblemCode.IN_PROGRESS
