"""Spell the keys of the one DynamoDB table: every kind of item, its key, and the module that writes it.

One partition holds everything of an account, so its items commit together, and one Query reads its statement.

    PK = ACCOUNT#<account_id>
    SK                                  what                                                written by
    ACCOUNT                             currency, time zone, status, billing emails         accounts.store
    BALANCE                             posted, held, available, headroom micros; nudge     ledger.posting (ADD only)
                                        low_micros (for low-balance events), is_frozen      accounts
    ENTRY#<happened_at>#<cause_id>      one immutable entry of the ledger                   ledger.posting
      …#<call_key>#rerate#<n>#credit    the n-th replacement of a charge, also `#debit`      charging.rerate_run
    DAY#<local_date>#<category>         count, billed seconds, total of the day's entries   the same transaction
    PROOF#<yyyy-mm>                     totals of the month's days as they were last proven audit.checkpoints
    SPENT_DAY#<local_date>              the day by user, line, and country (`breakdown`)    the same transaction
    SPENT#<yyyy-mm>#LINE#<line_id>      what a line costs in a month, or a user (#USER#)    budgets.counters
    KNOWN#<country>, COUNTRIES_INDEXED  a country charged in 12 months; when it was indexed accounts.country_store
    CARD_MONEY                          each card's first payment, and what it has bought   payments.bought_money
    MINUTES#<yyyy-mm>#ACCOUNT#<bundle>  a bundle's included minutes; also #LINE#<id>#<name> accounts.minute_counters
    LOT#<granted_at>#<id>               granted credit, until calls used it or it expires   lots.granting, lots.expiry
    LOT_RETURN#<at>#<cause_id>          charges taken back that are older than a lot        lots.returning
    REDEEMED#<code>, CODE_TRIES#<date>  a redeemed promotion code; tries left of the day    lots.redeeming
    ADJUSTMENT#<id>                     the claim of one Idempotency-Key of an adjustment   ledger.adjustments
    CORRECTION#<id>                     one correction of a call, and the claim of its key  charging.corrections
    LINE#<line_id>                      number, user, international_calling                 accounts.line_store
    USER#<user_id>                      name                                                accounts.user_store
    UNRATED#<happened_at>#<call_key>    a finished call without a price, all its fields      charging.listed_calls
    STRAY#<happened_at>#<call_key>      a charged call on an unknown or disabled line       charging.listed_calls
    SUSPICIOUS#<happened_at>#<call_key> a charged call that lasted hardly believably long   charging.listed_calls
    LINE_MISMATCH#<happened_at>#<key>   a charged call of another line than its number's    charging.listed_calls
    TOPUP#<id>                          one payment: its state and its requests to Stripe    topups.store
    PAYMENT#<created_at>#<topup_id>     points at a TOPUP, so that payments list by time    topups.store
    RECEIPT#<year>#<n>                  the n-th of a year; CREDIT_NOTE#… too; never change receipts.issuing
    RECEIPTS#<year>, CREDIT_NOTES#<year> how many of a year are issued                      receipts.issuing
    HOLD#<call_key>                     credit held for a call: live, released, expired     ledger.hold_store, posting
    CHANGE#<line_id>#<changed_at>#<id>  one immutable change of international calling       accounts.line_store
    DENIAL#                             recently announced denials, and the last one        admission.denials
    DENIED#<at>#<call_key>              a call that was refused, for 30 days                admission.refused_calls
    REFUSED#<call_key>                  the mark that a call's refusal is listed            admission.refused_calls
    MAILED#<mailed_at>#<hash>           a mail sent to one address, for 90 days             notifications.sent_mails
    BOUNCED#<address hash>              an address that mails came back from, or was removed accounts.bounce_store
    EXPORT#<id>                         the claim of one key of an export, for a day        desk.export
    DENIED_DAY#<date>                   how many refused calls of a day are listed, or not  admission.refused_calls
    AUTO_RECHARGE                       the customer's rule and its state                   recharge.store
    BILLING_DETAILS                     legal name, address, tax id, and PO number          tax.details_store
    PAYMENT_LIMITS                      declines, pages, and money of manual payments       payments.limit_store
    BUDGET_REQUEST#<line_id>#<yyyy-mm>  a line's latest request for more budget             .budget_request_store
    LINK#<hash>                         an issued link, by the hash of its token            links.store
    ACTIVITY#<changed_at>#<id>          one immutable change of the account (kind CHANGE)   changes.change
    SIGNED_OUT#<sub>                    until when a user's sign-ins are ended; TTL         accounts.sign_outs
    PK = STAFF#<sub>, SK = SIGNED_OUT   the same of a member of the staff, and ACTIVITY#…   accounts.sign_outs
    GOODWILL#<happened_at>#<call_key>   goodwill given for one call; MOVE#<id>: its claim   charging.goodwill_store
    REFUND#<id>                         a refund of a payment; it holds credit while live   payments.refund_store
    PK = PROMOTION#<code>, SK = PROMOTION  a promotion code, and ACTIVITY#… about it        lots.promotion_store
    PK = APPROVAL#<id>, SK = APPROVAL   a move of money that waits for a second person      moves.approval_store
    PK = STAFF#<sub>, CLIENT#<id>       SK = MOVED#<date>: the rest of a day's limit        ledger.allowances
    PAYMENT_METHOD#<id>#<event>         the mark that a card's event is recorded            payments.card_records
    PAYMENT_METHOD#<id>#default         who made it the default; whether it is recorded     payments.default_method
    RERATING#<run>#<actor>              the mark that a rerating run is recorded            charging.rerate_run
    PK = STRIPE, SK = STRIPE_ACCOUNT    the Stripe account of the stack                     payments.stripe_account
    PK = CARD#<hash>, SK = CARD         tries and block of a card, for the whole stack     payments.card_store
    PK = STRIPE#<object id>, SK = ISSUE an issue about a Stripe object, for operators       payments.issues
    PK = STRIPE#EVENTS, SK = SWEEP      how far events are listed; CALLBACKS: the last one  payments.sweep_store
    PK = LEASE, SK = LEASE#<name>       who runs; POSITION#<name>: where a list continues   dynamodb.leases, .positions
    PK = MAIL, SK = <function>#<hash>   a sent mail; limit#<hash>: the last one of a kind   functions/send_mail
    PK = NUMBER#<e164>, SK = NUMBER     all assignments of a number to lines                accounts.number_store
    PK = NAME#<letter>                  a word of a name, its account, and whose name       accounts.name_index
    PK = MAIL#<address>                 an account with this billing address                accounts.name_index
    PK = ASKED#<hash>, SK = ASKED       when an address was asked to confirm, for a day     accounts.asked_addresses
    PK = CONNECTOR_KEY#<hash>           a connector key, by its hash                        connectors.store
    PK = CONNECTORS, SK = CONNECTOR#…   a name, and the hash of its connector key           connectors.store
    PK = INDEX, SK = INDEX              how far make index-accounts has come                accounts.indexing
    PK = UNREADABLE, SK = <pk>|<sk>     an item that cannot be read, for 30 days            dynamodb.unreadable_store
Items of the sparse index `sweep` also carry `sweep_pk`, `sweep_sk`. Times are UTC with milliseconds; ids have no `#`.
"""

from typing import Any, Final

AFTER: Final = "~"
"""Sorts after every character that a key can hold."""


def account_pk(account_id: str) -> str:
    """Partition of everything an account owns."""
    return f"ACCOUNT#{account_id}"


def account_sk() -> str:
    """The account's own settings."""
    return "ACCOUNT"


def balance_sk() -> str:
    """The running balance."""
    return "BALANCE"


def entry_sk(happened_at: str, cause_id: str) -> str:
    """One ledger entry, by immutable facts of its cause."""
    return f"ENTRY#{happened_at}#{cause_id}"


def cause_of(entry_sort_key: str) -> str:
    """The whole cause in an `ENTRY#…` sort key."""
    return entry_sort_key.split("#", 2)[2]


def call_of(sort_key: str) -> tuple[str, str]:
    """When a call of an `ENTRY#…`, `UNRATED#…` or `STRAY#…` happened, and its id."""
    _, happened_at, cause_id = sort_key.split("#", 2)
    return happened_at, cause_id.split("#", 1)[0]


def after_call(happened_at: str, call_id: str) -> str:
    """Sorts after all present and future entries of a call, and before those of any other."""
    return f"ENTRY#{happened_at}#{call_id}#{AFTER}"


def entry_range(from_instant: str, to_instant: str) -> tuple[str, str]:
    """Bounds of a Query over entries that happened from `from_instant` up to, not including, `to_instant`."""
    return f"ENTRY#{from_instant}", f"ENTRY#{to_instant}"


def day_sk(local_date: str, category: str) -> str:
    """Totals of one local date and category."""
    return f"DAY#{local_date}#{category}"


def day_range(first: str | None, last: str) -> tuple[str, str]:
    """Bounds of a Query over the days `first`..`last`, both inclusive; from the beginning if `first` is None."""
    return f"DAY#{first or ''}", f"DAY#{last}#{AFTER}"


def adjustment_sk(adjustment_id: str) -> str:
    """The claim of one Idempotency-Key."""
    return f"ADJUSTMENT#{adjustment_id}"


def correction_sk(correction_id: str) -> str:
    """One correction, which claims its Idempotency-Key."""
    return f"CORRECTION#{correction_id}"


def line_sk(line_id: str) -> str:
    """One phone line."""
    return f"LINE#{line_id}"


def user_sk(user_id: str) -> str:
    """One person who uses lines."""
    return f"USER#{user_id}"


def line_prefix() -> str:
    """The prefix of all lines' sort keys."""
    return "LINE#"


def user_prefix() -> str:
    """The prefix of all users' sort keys."""
    return "USER#"


def unrated_sk(happened_at: str, call_id: str) -> str:
    """A call without a price yet."""
    return f"UNRATED#{happened_at}#{call_id}"


def stray_sk(happened_at: str, call_id: str) -> str:
    """A charged call on a line that is unknown or has international calling off."""
    return f"STRAY#{happened_at}#{call_id}"


def suspicious_sk(happened_at: str, call_key: str) -> str:
    """A charged call whose duration is hard to believe."""
    return f"SUSPICIOUS#{happened_at}#{call_key}"


def topup_sk(topup_id: str) -> str:
    """One payment."""
    return f"TOPUP#{topup_id}"


def payment_sk(created_at: str, topup_id: str) -> str:
    """A payment's position in the list of payments."""
    return f"PAYMENT#{created_at}#{topup_id}"


def payment_range(from_instant: str | None = None) -> tuple[str, str]:
    """Bounds of a Query over payments made since `from_instant` (the beginning if None)."""
    return f"PAYMENT#{from_instant or ''}", f"PAYMENT#{AFTER}"


def hold_sk(call_id: str) -> str:
    """The hold of one call."""
    return f"HOLD#{call_id}"


def auto_recharge_sk() -> str:
    """The rule of automatic recharge and its state."""
    return "AUTO_RECHARGE"


def link_sk(token_hash: str) -> str:
    """A link that acts without a sign-in, by the hash of its token."""
    return f"LINK#{token_hash}"


def mail_pk() -> str:
    """Partition of sent mails."""
    return "MAIL"


def kind_of(sort_key: str) -> str:
    """The kind of an item: the first word of its sort key, in lower case: `entry`, `day`, `balance`, `topup`, …"""
    return sort_key.split("#", 1)[0].lower()


def id_of(sort_key: str) -> str:
    """The last part of a sort key: the id of a `LINE#…`, `TOPUP#…`, or `ENTRY#…`, the category of a `DAY#…`."""
    return sort_key.rsplit("#", 1)[1]


def happened_at_of(entry_sort_key: str) -> str:
    """The instant in an `ENTRY#…`, `UNRATED#…` or `STRAY#…` sort key."""
    return entry_sort_key.split("#", 2)[1]


def date_of(day_sort_key: str) -> str:
    """The local date in a `DAY#…` sort key."""
    return day_sort_key.split("#", 2)[1]


def account_of(partition_key: str) -> str:
    """The account id of a partition; all of a key that names no account, as only a damaged item has."""
    return partition_key.split("#", 1)[-1]


def recharge_key(account_id: str) -> dict[str, Any]:
    """The item key of automatic recharge."""
    return {"PK": {"S": account_pk(account_id)}, "SK": {"S": auto_recharge_sk()}}


def balance_key(account_id: str) -> dict[str, Any]:
    """The item key of the balance."""
    return {"PK": {"S": account_pk(account_id)}, "SK": {"S": balance_sk()}}
