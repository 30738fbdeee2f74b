"""The data of the event about a beginning tax."""

from pydantic import Field

from calling_credit.notifications.event_data import CardShown, Form, Instant, Money


class TaxBegins(Form):
    """From when automatic recharge is taxed, and what a recharge of the rule's amount costs then. `percent`, `tax`, and
    `total` are null if the tax cannot be calculated without correct billing details.
    """

    payment_method: CardShown
    starts_at: Instant
    amount: Money
    percent: str | None = Field(description="The rate, such as 8.875.")
    tax: Money | None
    total: Money | None
