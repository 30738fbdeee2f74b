"""Creates, revokes, and lists the keys of connectors: switches that can send only a fixed header."""

import argparse
from base64 import b64encode

from rich.table import Table

from calling_credit import clock
from calling_credit.connectors.key import MAX_PER_MINUTE, ConnectorKey, parse_settings
from calling_credit.connectors.store import ConnectorKeyStore
from ops.actor import this_operator
from ops.stack import FoundStack, find_stack
from ops.terminal import CommandError, confirm, console, run


def main() -> int:
    """Run `python -m ops.connector_key [--name NAME [--zone ZONE] [--per-minute N] | --revoke NAME] [--yes]`, behind
    `make connector-key`.
    """
    parser = argparse.ArgumentParser(prog="make connector-key", description="Create, revoke, or list connector keys.")
    parser.add_argument("--name", help="NAME=sbc-1 creates a key")
    parser.add_argument("--zone", default="", help="ZONE=America/New_York: the zone of the switch's times without one")
    parser.add_argument("--per-minute", default="", help=f"PER_MINUTE=600 requests, at most {MAX_PER_MINUTE}")
    parser.add_argument("--revoke", help="REVOKE=sbc-1 ends a key within a minute")
    parser.add_argument("--yes", action="store_true", help="YES=1: do not ask for confirmation")
    arguments = parser.parse_args()
    if arguments.revoke and (arguments.name or arguments.zone or arguments.per_minute):
        raise CommandError("REVOKE= stands alone: make connector-key REVOKE=sbc-1")
    if not arguments.name and (arguments.zone or arguments.per_minute):
        raise CommandError("Name the key: make connector-key NAME=sbc-1 [ZONE=] [PER_MINUTE=]")
    stack = find_stack()
    store = ConnectorKeyStore(stack.client("dynamodb"), stack.table_name)
    if arguments.revoke:
        return revoke(stack, store, arguments.revoke, is_confirmed=arguments.yes)
    if arguments.name:
        return create(stack, store, arguments.name, arguments.zone, arguments.per_minute)
    print_keys(stack, store.list_keys())
    return 0


def create(stack: FoundStack, store: ConnectorKeyStore, name: str, zone: str, per_minute: str) -> int:
    """Create a key and print it, once, with the header that carries it."""
    settings = parse_settings(name, zone, per_minute)
    key = store.create(settings, this_operator(), clock.now())
    basic = b64encode(f"{name}:{key}".encode()).decode()
    console.print(f"Key {name} of {stack.name}. It is not shown again; the stack keeps only its hash.\n", markup=False)
    for line in (key, f"Authorization: Bearer {key}", f"Authorization: Basic {basic}"):
        console.print(line, markup=False, soft_wrap=True)
    times = f"Times without a zone are read in {zone}." if zone else "Times without a zone are refused."
    console.print(f"\nIt may send {settings.per_minute} requests a minute. {times}", markup=False)
    return 0


def revoke(stack: FoundStack, store: ConnectorKeyStore, name: str, *, is_confirmed: bool) -> int:
    """Revoke a key; a revoked one stays as it is."""
    if not is_confirmed and not confirm(
        f"Revoke the key {name} of {stack.name}? Its switch is refused within a minute."
    ):
        return 1
    now = clock.now()
    key = store.revoke(name, this_operator(), now)
    console.print(
        f"{name} was revoked at {key.revoked_at}. API Gateway refuses it within a minute of that.", markup=False
    )
    return 0


def print_keys(stack: FoundStack, keys: list[ConnectorKey]) -> None:
    """List the last key of each name."""
    if not keys:
        console.print(f"{stack.name} has no connector keys. Create one: make connector-key NAME=sbc-1", markup=False)
        return
    table = Table(box=None, header_style="bold")
    for title in ("name", "created", "last use", "from address", "zone", "per minute", "revoked"):
        table.add_column(title, justify="right" if title == "per minute" else "left")
    for key in keys:
        settings, dash = key.settings, "-"
        table.add_row(
            settings.name,
            key.created_at,
            key.last_used_at or dash,
            key.last_address or dash,
            settings.zone or dash,
            str(settings.per_minute),
            key.revoked_at or dash,
        )
    console.print(table)


if __name__ == "__main__":
    run(main)
