"""The partitions, indexes, and secrets that each function may use."""

NAMED = "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${LedgerTableName}"
TABLE = {"Fn::If": ["CreatesTable", {"Fn::GetAtt": ["LedgerTable", "Arn"]}, {"Fn::Sub": NAMED}]}
INDEX = {"Fn::If": ["CreatesTable", {"Fn::Sub": "${LedgerTable.Arn}/index/sweep"}, {"Fn::Sub": f"{NAMED}/index/sweep"}]}
STREAM = {"Fn::If": ["CreatesTable", {"Fn::GetAtt": ["LedgerTable", "StreamArn"]}, {"Ref": "LedgerStreamArn"}]}
WRITES = {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"}
READS = {"dynamodb:BatchGetItem", "dynamodb:ConditionCheckItem", "dynamodb:GetItem", "dynamodb:Query"}
PAYMENTS, COUNTERS = {"ACCOUNT#*", "CARD#*", "STRIPE", "STRIPE#*"}, {"CLIENT#*", "STAFF#*"}
MOVES = {"APPROVAL#*", *COUNTERS}
LISTED = "UNREADABLE"
"""The partition in which a function lists items that it cannot read."""
WRITTEN = {
    "rate_calls": {"ACCOUNT#*", LISTED},
    "authorize_call": {"ACCOUNT#*"},
    "check_connector_key": {"CONNECTOR_KEY#*"},
    "expire_holds": {"ACCOUNT#*", "LEASE", LISTED},
    "rerate_calls": {"ACCOUNT#*", "LEASE", LISTED},
    "publish_rates": {"ACCOUNT#*", "LEASE"},
    "change_settings": {"ACCOUNT#*", "ASKED#*", "MAIL#*", "STRIPE"},
    "manage_accounts": {"ACCOUNT#*", "CARD#*", "MAIL#*", "NAME#*", "NUMBER#*", *MOVES},
    "move_credit": {"ACCOUNT#*", "CARD#*", "STRIPE#*", *MOVES},
    "add_funds": PAYMENTS,
    "auto_recharge": PAYMENTS | {LISTED},
    "follow_links": PAYMENTS | {"MAIL#*"},
    "stripe_webhook": PAYMENTS | COUNTERS,
    "reconcile_payments": PAYMENTS | COUNTERS | {"LEASE", LISTED},
    "prove_ledger": {"LEASE"},
    "prove_accounts": {"ACCOUNT#*", "STRIPE#*", LISTED},
    "publish_events": {LISTED},
    "send_mail": {"ACCOUNT#*", "MAIL", LISTED},
    "record_bounces": {"ACCOUNT#*", LISTED},
    "shorten_numbers": {"ACCOUNT#*", "LEASE"},
    "keep_accounts": {"ACCOUNT#*", "MAIL#*", "NAME#*", "NUMBER#*"},
}
"""The partitions that each writer of the table may write."""
OF_NAMES = {"MAIL#*", "NAME#*"}
DELETED = {
    **{folder: {"LEASE"} for folder in ("expire_holds", "reconcile_payments", "rerate_calls")},
    "send_mail": {"MAIL"},
    "change_settings": {"MAIL#*"},
    "manage_accounts": OF_NAMES,
    "keep_accounts": OF_NAMES | {"NUMBER#*"},
}  # Never an account's item.
INDEXED = {
    "expire_holds": {"HOLD#*", "SPENDING#*"},
    "prove_ledger": {"ACCOUNT#*"},
    "prove_accounts": {"HOLD#*"},
    "publish_rates": {"ACCOUNT#*"},
    "move_credit": {"APPROVAL#*"},
    "reconcile_payments": {"RECHARGE#*", "REFUND#*", "SUSPICIOUS#*", "TOPUP#*"},
    "rerate_calls": {"UNRATED#*"},
    "read_accounts": {"ACCOUNT#*", "ISSUE#*"},
    "shorten_numbers": {"ACCOUNT#*"},
}
"""The kinds of item that each function may find in the index."""
SECRETS = {
    "list_usage": {"CursorSecret"},
    "read_accounts": {"CursorSecret", "StripeSecret"},
    "add_funds": {"CursorSecret", "StripeSecret"},
    "follow_links": {"CursorSecret", "StripeSecret"},
    "send_mail": {"CursorSecret"},
    "change_settings": {"StripeSecret"},
    "auto_recharge": {"StripeSecret"},
    "prove_ledger": {"StripeSecret"},
    "prove_accounts": {"StripeSecret"},
    **{folder: {"StripeSecret"} for folder in ("move_credit", "reconcile_payments")},
    "stripe_webhook": {"StripeSecret", "StripeWebhookSecret"},
}
"""The secrets that each function reads."""
WITHOUT_DATA = {
    "billing_page": set[str](),
    "public_rates": {"s3:GetObject", "s3:ListBucket"},
    "check_release": {
        "s3:GetObject",
        "s3:ListBucket",
        "lambda:InvokeFunction",
        "lambda:ListVersionsByFunction",
        "ssm:GetParameter",
        "codedeploy:PutLifecycleEventHookExecutionStatus",
    },
}
