"""An operator's upgrade from version 1.0.0 on an emulator of its own: deploy the release, use it, deploy this version,
and roll back to the release.

`python -m tests.stack.upgrade FOLDER` prints nothing if everything holds. It runs in a process of its own, because a
stack takes the AWS settings of its process.
"""

import os
import shutil
import subprocess
import sys
import tarfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import boto3
from rich.console import Console

from local.build import LOCK, build
from local.clients import use_aws_settings
from local.deploy import Deployment
from local.emulator import Emulator
from local.http_api import HttpApi
from local.mailbox import Mailbox
from local.progress import Progress
from local.seed import ADMIN, PASSWORD, Person, create_sign_in
from local.settings import Settings
from ops.project import LOCAL_STACK_NAME, ROOT
from tests.conftest import free_port
from tests.stack.mixed_releases import MixedReleases

RELEASE = ROOT / "tests" / "fixtures" / "releases" / "v1.0.0.tar.gz"
ACCOUNT, EMAIL = "acct_old", "ada@old.example"
PATH = f"/accounts/{ACCOUNT}"
LINE = {"number": "+14155550100", "user_id": "user_1", "international_calling": True}
CREDIT = {"amount": "25.00", "reason": "Opening credit"}
CALL = {"account_id": ACCOUNT, "line_id": "line_1", "to": "911"}


def unpack(folder: Path) -> Path:
    """Return the sources of the release, with the libraries of this environment."""
    with tarfile.open(RELEASE) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", lambda member, _: member)  # Python 3.11.2 has none.
        archive.extractall(folder)
    [sources] = folder.iterdir()
    shutil.copy(ROOT / LOCK, sources / LOCK)
    return sources


class Upgrade:
    """The emulator, and what was deployed on it last."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.api = HttpApi(settings.endpoint_url, settings.api_host, retry_for=60.0)
        self.outputs: dict[str, str] = {}

    def deploy(self, template: Path) -> None:
        """Deploy a build over the stack."""
        deployment = Deployment(self.settings)
        deployment.prepare()
        with Progress(Console(), quiet=True).step("Deploying") as step:
            self.outputs = deployment.run(template, step)
        deployment.stop()

    def client(self, output: str) -> tuple[str, str]:
        """Return id and secret of the client that an output names."""
        described = boto3.client("cognito-idp").describe_user_pool_client(
            UserPoolId=self.outputs["UserPoolId"], ClientId=self.outputs[output]
        )["UserPoolClient"]
        return described["ClientId"], described["ClientSecret"]

    def status(self, method: str, path: str, token: str, body: Any, **headers: str) -> int:
        """Return the status of a request."""
        return self.api.request(method, path, token, json=body, headers=headers).status_code

    def balance(self) -> Any:
        """Return the balance as the customer sees it."""
        answer = boto3.client("cognito-idp").initiate_auth(
            ClientId=self.outputs["UserPoolClientId"],
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": EMAIL, "PASSWORD": PASSWORD},
        )
        return self.api.get("/balance", answer["AuthenticationResult"]["IdToken"])["balance"]


def use_the_release(upgrade: Upgrade) -> str:
    """Open an account as an operator of version 1.0.0; return a token of its one client."""
    token = upgrade.api.service_token(*upgrade.client("ServiceClientId"))
    upgrade.api.send("PUT", PATH, token, {"time_zone": "America/New_York"})
    upgrade.api.send("PUT", f"{PATH}/users/user_1", token, {"name": "Ada"})
    upgrade.api.send("PUT", f"{PATH}/lines/line_1", token, LINE)
    upgrade.api.send("POST", f"{PATH}/adjustments", token, CREDIT, {"Idempotency-Key": "before"})
    create_sign_in(upgrade.outputs["UserPoolId"], ACCOUNT, Person("user_1", "Ada", EMAIL, ADMIN))
    assert upgrade.balance() == "25.00"
    return token


def check_the_switch(upgrade: Upgrade, client: tuple[str, str], old_token: str) -> None:
    """The switch keeps its client, whose password no longer moves credit."""
    assert upgrade.client("SwitchClientId") == client
    token = upgrade.api.service_token(*client)
    answer = upgrade.api.send("POST", "/calls/authorize", token, CALL | {"call_id": "c_1"})
    assert answer["decision"] == "allow", answer
    for refused in (token, old_token):
        for prefix in ("", "/operator"):
            status = upgrade.status("POST", f"{prefix}{PATH}/adjustments", refused, CREDIT, **{"Idempotency-Key": "k"})
            assert status in (401, 403), status
    assert upgrade.balance() == "25.00"


def check_the_back_office(upgrade: Upgrade) -> None:
    """The new client changes the account, and a repeated request of before is recognized."""
    token = upgrade.api.service_token(*upgrade.client("OperatorClientId"))
    again = upgrade.api.send("POST", f"{PATH}/adjustments", token, CREDIT, {"Idempotency-Key": "before"})
    assert again["balance"] == "25.00"
    upgrade.api.send("POST", f"{PATH}/adjustments", token, CREDIT, {"Idempotency-Key": "after"})
    assert upgrade.balance() == "50.00"
    assert upgrade.api.send("PUT", f"/operator{PATH}", token, {"low_balance": "5.00"})["low_balance"] == "5.00"


def index_accounts(upgrade: Upgrade) -> None:
    """Run the command of the guide: the line of the release has its number."""
    command = [sys.executable, "-m", "ops.index_accounts", "--yes"]
    environment = os.environ | {"STACK": LOCAL_STACK_NAME}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    items = boto3.client("dynamodb").scan(TableName=upgrade.outputs["TableName"])["Items"]
    [number] = [item for item in items if item["PK"]["S"] == f"NUMBER#{LINE['number']}"]
    assert ACCOUNT in str(number)


def main(folder: Path) -> None:
    """Upgrade a stack in this folder."""
    settings = Settings(folder, free_port(), free_port())
    folder.mkdir(parents=True)
    mailbox = Mailbox(folder / "mails")
    emulator = Emulator(settings, mailbox.address)
    with ExitStack() as cleanup:
        cleanup.callback(mailbox.stop)
        cleanup.callback(emulator.stop)
        mailbox.start()
        emulator.start()
        use_aws_settings(settings)
        sources = unpack(folder / "release")
        release, _ = build(folder / "build", sources)
        with Progress(Console(), quiet=True).step("Starting") as step:
            emulator.wait_until_ready(step)
        upgrade = Upgrade(settings)
        cleanup.callback(upgrade.api.close)
        upgrade.deploy(release)
        client, token = upgrade.client("ServiceClientId"), use_the_release(upgrade)
        mixed = MixedReleases(upgrade)
        mixed.begin(token, sources / "local" / "rates.csv")
        upgrade.deploy(build()[0])
        check_the_switch(upgrade, client, token)
        check_the_back_office(upgrade)
        index_accounts(upgrade)
        mixed.carry_on()
        upgrade.deploy(release)
        mixed.roll_back()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
