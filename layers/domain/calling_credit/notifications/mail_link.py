"""The link in a mail, which acts without a sign-in."""

from dataclasses import dataclass

from calling_credit.languages import DEFAULT_LANGUAGE


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A link that confirms a waiting payment, raises a budget, or freezes the account, and when it expires (RFC 3339,
    UTC).
    """

    address: str
    expires_at: str

    def address_in(self, language: str) -> str:
        """The address whose page is in a language. All recipients share the link; its address carries the language."""
        return self.address if language == DEFAULT_LANGUAGE else f"{self.address}?language={language}"
