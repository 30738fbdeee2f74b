"""The peer's side, which runs in the virtual environment of the peer and imports nothing of this application.

Each call is one transaction of django-hordak with two legs, as its documentation shows, and a row with the unique id of
the call, in one transaction of PostgreSQL. The unique id is its only idempotency. The price of each call is given.

    python peer.py prepare ACCOUNTS        creates the tables and the accounts
    python peer.py deliver FILE            waits for a line on standard input, then charges the calls of FILE (lines of
                                           {call_id, account_id, price}), and prints a JSON object of counts
    python peer.py balances                prints the sum of all charges, and their number
"""

import json
import os
import sys
import time
from collections import Counter
from decimal import Decimal

import django
from django.conf import settings

settings.configure(
    DATABASES={
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": "postgres",
            "USER": "bench",
            "HOST": os.environ["PEER_SOCKETS"],
            "CONN_MAX_AGE": None,
        }
    },
    INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", "mptt", "djmoney", "hordak"],
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    HORDAK_DECIMAL_PLACES=6,
    HORDAK_INTERNAL_CURRENCY="USD",
    HORDAK_CURRENCIES=["USD"],
    DEFAULT_CURRENCY="USD",
    CURRENCIES=["USD"],
    USE_TZ=True,
    SECRET_KEY="bench",
)
django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import IntegrityError, connection, models, transaction  # noqa: E402
from hordak.models import Account, AccountType, Leg, Transaction  # noqa: E402
from moneyed import Money  # noqa: E402


class Charge(models.Model):
    """A charged call: the unique key that makes a second delivery fail."""

    call_id = models.CharField(max_length=64, unique=True)
    transaction = models.ForeignKey(Transaction, on_delete=models.CASCADE)

    class Meta:
        app_label = "hordak"
        db_table = "charged_call"


def prepare(accounts: int) -> None:
    """Create the tables, an account of revenue, and the customers' accounts."""
    call_command("migrate", verbosity=0)
    with connection.schema_editor() as editor:
        editor.create_model(Charge)
    Account.objects.create(name="Calls", code="calls", type=AccountType.income, currencies=["USD"])
    for index in range(accounts):
        Account.objects.create(
            name=f"acct_{index:04d}", code=f"{index:04d}", type=AccountType.liability, currencies=["USD"]
        )


def charge(call: dict[str, str], accounts: dict[str, Account]) -> None:
    """Charge one call."""
    price = Money(Decimal(call["price"]), "USD")
    with transaction.atomic():
        entry = Transaction.objects.create(description=call["call_id"])
        Charge.objects.create(call_id=call["call_id"], transaction=entry)
        Leg.objects.create(transaction=entry, account=accounts[call["account_id"]], debit=price)
        Leg.objects.create(transaction=entry, account=accounts["Calls"], credit=price)


def deliver(path: str) -> None:
    """Charge the calls of a file."""
    with open(path, encoding="utf-8") as file:  # noqa: PTH123 - nothing but open is needed
        bodies = file.readlines()
    accounts = {account.name: account for account in Account.objects.all()}
    counts: Counter[str] = Counter()

    def count(execute: object, sql: str, *rest: object) -> object:
        counts["requests"] += 1
        return execute(sql, *rest)  # type: ignore[operator]

    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    wall, cpu = time.monotonic(), time.process_time()
    with connection.execute_wrapper(count):
        for body in bodies:
            try:
                charge(json.loads(body), accounts)
                counts["posted"] += 1
            except IntegrityError:
                counts["refused"] += 1
    counts["requests"] += 2 * len(bodies)  # BEGIN and COMMIT or ROLLBACK, which the wrapper does not see.
    seconds = {"wall": time.monotonic() - wall, "cpu": time.process_time() - cpu}
    sys.stdout.write(json.dumps(counts | seconds) + "\n")


def balances() -> None:
    """Print the number of charges, and their sum in micro-dollars."""
    total = Leg.objects.filter(account__name="Calls").aggregate(total=models.Sum("credit"))["total"] or 0
    sys.stdout.write(json.dumps({"entries": Charge.objects.count(), "micros": int(total * 1_000_000)}) + "\n")


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    if command == "prepare":
        prepare(int(arguments[0]))
    elif command == "deliver":
        deliver(arguments[0])
    else:
        balances()
