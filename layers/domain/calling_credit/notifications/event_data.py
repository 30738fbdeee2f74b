"""The data of events: the parts of `data` that differ by type. Depends on neither the table nor the bus."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Money = Annotated[str, Field(pattern=r"^-?[0-9]+\.[0-9]{2,6}$", description="US dollars, such as 25.00 or 0.0123.")]
Instant = Annotated[
    str, Field(pattern=r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$", description="UTC with milliseconds.")
]


class Form(BaseModel):
    """What all forms of data share."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)


class CardShown(Form):
    """A card or bank account as a person knows it. The brand of a bank account is `us_bank_account`."""

    brand: str
    last4: str = Field(max_length=4)


class Failure(Form):
    """The reason why a payment failed: a stable code, and a sentence for the customer."""

    code: str
    message: str


class Paid(Form):
    """A payment whose money is credited: `amount` is the credit, `total` what the card paid. `backup`: a recharge with
    the backup card, after a decline of the rule's.
    """

    topup_id: str
    amount: Money
    tax: Money
    total: Money
    payment_method: CardShown
    backup: bool = False


class NotPaid(Form):
    """A payment that has ended without money: `failed` after a decline, `canceled` without one. `backup`: a recharge
    with the backup card, after the rule's card was declined.
    """

    topup_id: str
    amount: Money
    tax: Money
    total: Money
    payment_method: CardShown
    backup: bool = False
    status: Literal["failed", "canceled"]
    failure: Failure | None


class PaymentShown(Form):
    """A payment as a person knows it: `amount` is what the card paid."""

    topup_id: str
    amount: Money
    created_at: Instant


class Suspended(Form):
    """The reason why automatic recharge is suspended: a stable code, and a sentence for the customer. `payment` is the
    refunded or disputed payment; null for other reasons.
    """

    reason: str
    message: str
    payment_method: CardShown
    payment: PaymentShown | None = None


class Low(Form):
    """The balance after it fell, and the account's own level that it fell below."""

    balance: Money
    low_balance: Money


class Moved(Form):
    """Credit of a payment that was taken back or given back."""

    entry_id: str
    topup_id: str
    amount: Money
    payment_method: CardShown


class Suspected(Form):
    """A payment that was disputed or reported as fraud. `source` is `dispute` or `early_fraud_warning`, `object_id` its
    id at Stripe. `stage` is `opened`, `withdrawn`, or `lost` for a dispute, and `warned` for a warning.
    """

    topup_id: str
    payment_method: CardShown
    source: str
    object_id: str
    stage: str


class Expiring(Form):
    """The card of automatic recharge, and the last month in which it can be charged."""

    payment_method: CardShown
    expires: str = Field(pattern=r"^\d{4}-\d{2}$", description="Year and month, such as 2034-11.")


class NotRated(Form):
    """A finished call; the number it went to is shown as country and last two digits."""

    call_id: str
    line_id: str
    user_id: str | None
    to: str
    started_at: Instant
    duration_seconds: int


class Denied(Form):
    """A call that was not connected, the first for this reason in an hour: a stable code, and words. The number it was
    to go to is shown as country and last two digits.
    """

    call_id: str
    line_id: str
    to: str
    reason: str
    message: str


class Frozen(Form):
    """The actor that froze or unfroze an account: `staff:<sub>`, `client:<client>`, `client:command:<operator>`, or
    `link`.
    """

    by: str


class Limited(Form):
    """The limit that refused a payment or a page for saving a card: the stable code of the answer."""

    reason: str


class Changed(Form):
    """A recorded change: its id, the actor, and the names of the fields that changed. `GET /activity` shows their
    values.
    """

    change_id: str
    by: str = Field(description="`user:`, `staff:`, or `client:` and an id.")
    fields: list[str]


class AddressAsked(Form):
    """The request that a link confirms, and the actor. The account names the address."""

    request_id: str
    by: str = Field(description="`user:` and an id.")


class BouncedMail(Form):
    """A mail that came back. `permanent`: the address receives no ordinary mails until someone enters it again.
    `reason` is SES's subtype. `mailed_event_id` is the event that was mailed; null if the mail does not name it.
    """

    bounce_type: Literal["permanent", "transient"]
    reason: str
    mailed_event_id: str | None


class UnwantedMail(Form):
    """A mail that its recipient marked as spam. The fields are those of a mail that came back."""

    reason: str
    mailed_event_id: str | None


class Loosened(Form):
    """The limits that now allow what they refused, and whether the customer or the operator set them."""

    change_id: str
    by: str = Field(description="`user:`, `staff:`, or `client:` and an id.")
    set_by: Literal["customer", "operator"]
    limits: list[str]


class Repriced(Form):
    """The account's price list (null: the deck alone), its markup on the deck's rates, and from when they apply."""

    change_id: str
    by: str = Field(description="`staff:` or `client:` and an id.")
    price_list: str | None
    markup_percent: str = Field(pattern=r"^-?[0-9]{1,4}\.[0-9]{2}$", description="Such as 12.50.")
    prices_from: Instant


class CallingEnabled(Form):
    """The line whose international calling was turned on."""

    change_id: str
    by: str = Field(description="`user:`, `staff:`, or `client:` and an id.")
    line_id: str


class Adjusted(Form):
    """An adjustment; a positive amount gives credit."""

    adjustment_id: str
    by: str = Field(description="`staff:` or `client:` and an id.")
    amount: Money


class Rise(Form):
    """The largest rise of a country's prices: a call of `call_seconds` costs `next_price` instead of `price` from
    `starts_at` on. `destinations` counts the destinations whose prices rise.
    """

    country: str = Field(pattern=r"^([A-Z]{2}|001)$")
    starts_at: Instant
    call_seconds: int
    price: Money
    next_price: Money
    destinations: int


class RatesRise(Form):
    """The rises that a deck or price list announces in countries that the account called, the largest first. `more`
    counts the countries that are left out.
    """

    change_id: str
    by: str
    changes: list[Rise]
    more: int
