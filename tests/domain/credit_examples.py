"""Items of budgets, documents of payments, and granted credit, which make events."""

from typing import Any

AT = "2026-11-23T12:00:00.000Z"
PK = "ACCOUNT#acct_1"
CARD = {"brand": "visa", "last4": "4242"}
LOT: dict[str, Any] = {
    "PK": PK,
    "SK": "LOT#2026-11-01T12:00:00.000Z#adj_1",
    "lot_id": "adj_1",
    "kind": "granted",
    "amount_micros": 30_000_000,
    "charged_at_grant": 0,
    "ends_at": "2026-11-30T12:00:00.000Z",
}
SPENT: dict[str, Any] = {
    "PK": "ACCOUNT#acct_1",
    "SK": "SPENT#2026-11#LINE#line_1",
    "limit_micros": 20_000_000,
    "spent_micros": 15_999_999,
    "left_micros": 4_000_001,
}
INCREASE: dict[str, Any] = {
    "request_id": "line_1-2026-11-1",
    "line_id": "line_1",
    "month": "2026-11",
    "increases": [{"budget": "line", "amount": "20.00", "limit": "20.00"}],
}
RECEIPT: dict[str, Any] = {
    "PK": PK,
    "SK": "RECEIPT#2026#000001",
    "topup_id": "tu_1",
    "at": AT,
    "local_date": "2026-11-23",
    "issued_at": AT,
    "net_micros": 86_960_000,
    "tax_micros": 13_040_000,
    "gross_micros": 100_000_000,
    "seller": "{}",
    "billing": '{"legal_name":"Secret Inc."}',
    **CARD,
}
NOTE = RECEIPT | {
    "SK": "CREDIT_NOTE#2026#000001",
    "reversal_id": "tu_1.rev.1",
    "receipt": "2026#000001",
    "cause": "refund",
}
