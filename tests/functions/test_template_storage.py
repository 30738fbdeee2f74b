"""The ledger table and the rate decks, asserted on the template."""

from calling_credit.charging import raw_archive
from calling_credit.desk import export_bucket
from calling_credit.rates import deck_store
from calling_credit.rates.list_names import LISTS
from tests.functions.template_resources import RESOURCES, TEMPLATE, of_type, only, statements, translated, words


def test_uploaded_deck_invokes_publishing_and_activated_deck_rerating() -> None:
    bucket = RESOURCES["DeckBucket"]["Properties"]
    assert bucket["NotificationConfiguration"] == {"EventBridgeConfiguration": {"EventBridgeEnabled": True}}
    pattern = {"source": ["aws.s3"], "detail-type": ["Object Created"]}
    for function, event, key in (
        ("PublishRatesFunction", "Dropped", {"prefix": deck_store.INCOMING}),
        ("RerateCallsFunction", "Activated", deck_store.ACTIVE_KEY),
    ):
        found = RESOURCES[function]["Properties"]["Events"][event]
        detail = {"bucket": {"name": [{"Ref": "DeckBucket"}]}, "object": {"key": [key]}}
        assert (found["Type"], found["Properties"]["Pattern"]) == ("EventBridgeRule", pattern | {"detail": detail})


def test_schedule_compiles_an_active_deck_whose_compiled_form_is_lost() -> None:
    event = RESOURCES["PublishRatesFunction"]["Properties"]["Events"]["Compiling"]
    assert (event["Type"], event["Properties"]["ScheduleExpression"]) == ("ScheduleV2", "rate(15 minutes)")


def test_publisher_may_write_decks_reports_and_pointer_but_no_upload() -> None:
    writers = {folder: one for folder, one in statements() if "s3:PutObject" in list(words(one["Action"]))}
    statement = writers.pop("publish_rates")
    written = list(words(statement["Resource"]))
    assert [text.partition("${DeckBucket.Arn}/")[2] for text in written] == [
        f"{deck_store.DECKS}*",
        f"{deck_store.COMPILED}*",
        f"{deck_store.REPORTS}*",
        deck_store.ACTIVE_KEY,
        f"{LISTS}*",
    ]
    for folder in ("auto_recharge", "publish_events"):  # Into the bucket of failures.
        writers.pop(folder)
    assert list(words(writers.pop("rate_calls")["Resource"])) == [f"${{ArchiveBucket.Arn}}/{raw_archive.RAW}*"]
    [export] = words(writers.pop("keep_accounts")["Resource"])
    assert (export.partition("${DeckBucket.Arn}/")[2], writers) == (f"{export_bucket.EXPORTS}*", {})


def test_the_bucket_deletes_exports_after_a_day() -> None:
    [rule] = RESOURCES["DeckBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    assert (rule["Prefix"], rule["Status"]) == (export_bucket.EXPORTS, "Enabled")
    assert (rule["ExpirationInDays"], rule["NoncurrentVersionExpiration"]["NoncurrentDays"]) == (1, 1)


def test_ledger_outlives_the_stack_and_can_be_restored() -> None:
    [ledger] = of_type("AWS::DynamoDB::Table").values()
    assert ledger["DeletionPolicy"] == ledger["UpdateReplacePolicy"] == "Retain"
    properties = ledger["Properties"]
    assert properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert properties["DeletionProtectionEnabled"] == {"Fn::If": ["IsLocal", False, True]}
    assert properties["StreamSpecification"] == {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    assert properties["BillingMode"] == "PAY_PER_REQUEST"


def test_table_has_pk_and_sk_and_one_sparse_index() -> None:
    properties = only("AWS::DynamoDB::Table")
    item_keys = {key["KeyType"]: key["AttributeName"] for key in properties["KeySchema"]}
    assert item_keys == {"HASH": "PK", "RANGE": "SK"}
    [index] = properties["GlobalSecondaryIndexes"]
    assert (index["IndexName"], index["Projection"]) == ("sweep", {"ProjectionType": "ALL"})
    assert [key["AttributeName"] for key in index["KeySchema"]] == ["sweep_pk", "sweep_sk"]


def test_rate_decks_and_calls_outlive_the_stack_and_are_not_public() -> None:
    for name in ("DeckBucket", "ArchiveBucket"):
        bucket = RESOURCES[name]
        assert bucket["DeletionPolicy"] == bucket["UpdateReplacePolicy"] == "Retain"
        access = bucket["Properties"]["PublicAccessBlockConfiguration"]
        assert (len(access), set(access.values())) == (4, {True})
        [encryption] = bucket["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert encryption == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}


def test_the_raw_archive_is_locked_for_the_days_of_a_parameter() -> None:
    bucket = RESOURCES["ArchiveBucket"]["Properties"]
    retention = {"Mode": "GOVERNANCE", "Days": {"Ref": "ArchiveLockDays"}}
    lock = {"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": retention}}
    assert bucket["ObjectLockConfiguration"] == {"Fn::If": ["LocksArchive", lock, {"Ref": "AWS::NoValue"}]}
    assert TEMPLATE["Conditions"]["LocksArchive"] == {"Fn::Not": [{"Fn::Equals": [{"Ref": "ArchiveLockDays"}, 0]}]}
    assert (bucket["ObjectLockEnabled"], bucket["VersioningConfiguration"]) == (True, {"Status": "Enabled"})


def test_the_raw_archive_moves_to_cheaper_storage_and_ends() -> None:
    [rule] = RESOURCES["ArchiveBucket"]["Properties"]["LifecycleConfiguration"]["Rules"]
    [transition] = rule["Transitions"]
    assert (rule["Status"], rule["Prefix"], rule["ExpirationInDays"]) == (
        "Enabled",
        raw_archive.RAW,
        {"Ref": "ArchiveDays"},
    )
    assert transition["TransitionInDays"] < TEMPLATE["Parameters"]["ArchiveDays"]["MinValue"]


def test_rating_may_add_to_the_raw_archive_and_nothing_else() -> None:
    [(folder, statement)] = [one for one in statements() if "ArchiveBucket" in str(one[1]["Resource"])]
    assert (folder, statement["Action"]) == ("rate_calls", "s3:PutObject")


def test_queues_and_buckets_refuse_plain_http() -> None:
    found = {}
    for name, one in translated().items():
        if one["Type"] in ("AWS::SQS::QueuePolicy", "AWS::S3::BucketPolicy"):
            [statement, *_] = one["Properties"]["PolicyDocument"]["Statement"]
            [guarded] = one["Properties"].get("Queues") or [one["Properties"]["Bucket"]]
            condition, statement, _ = statement.get("Fn::If", [one.get("Condition"), statement, None])
            assert condition == "IsOnAws", "the local stack has no TLS"
            assert [statement[name] for name in ("Effect", "Principal")] == ["Deny", "*"]
            assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
            service = "sqs" if "Queue" in name else "s3"
            assert statement["Action"] == f"{service}:*"
            assert {"Fn::GetAtt": [guarded["Ref"], "Arn"]} in (statement["Resource"], *statement["Resource"])
            found[guarded["Ref"]] = service
    kinds = {"AWS::SQS::Queue": "sqs", "AWS::S3::Bucket": "s3"}
    assert found == {name: kinds[one["Type"]] for name, one in translated().items() if one["Type"] in kinds}


def test_rules_of_the_bus_alone_fill_the_mail_queues() -> None:
    allowed = {
        name: one["Properties"]["PolicyDocument"]["Statement"][1:]
        for name, one in translated().items()
        if one["Type"] == "AWS::SQS::QueuePolicy"
    }
    filled = {name.removesuffix("Policy"): more for name, more in allowed.items() if more and "Failure" not in name}
    assert set(filled) == {"MailQueue", "UrgentMailQueue", "MailDeadLetterQueue"}
    for queue, [statement] in filled.items():
        assert (statement["Effect"], statement["Action"]) == ("Allow", "sqs:SendMessage")
        assert statement["Principal"] == {"Service": "events.amazonaws.com"}
        assert statement["Resource"] == {"Fn::GetAtt": [queue, "Arn"]}
        [source] = words(statement["Condition"]["ArnLike"])
        assert source.endswith(":rule/${EventBus}/*")
