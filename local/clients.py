"""How programs connect to the local stack, and how long they wait for an answer: an SDK usually times out after a
minute, and a busy machine needs more. Does not depend on any service.
"""

import os
from typing import Final

import boto3
import botocore.session
from botocore.config import Config

from local.settings import Settings, aws_environment

TIMEOUT_SECONDS: Final = 900
"""The longest wait for one answer or one event. A quiet machine needs seconds; at a load of 50 it needs minutes."""
BUSY_ADVICE: Final = "If other programs keep this machine busy, wait until they end. Then run make run again."


def use_aws_settings(settings: Settings) -> None:
    """Make every AWS client of this process connect only to this stack, and wait up to `TIMEOUT_SECONDS`."""
    environment = aws_environment(settings)
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        del os.environ[name]
    os.environ.update({name: value for name, value in environment.items() if name.startswith(("AWS_", "NO_PROXY"))})
    os.environ["no_proxy"] = environment["no_proxy"]
    session = botocore.session.get_session()
    session.set_default_client_config(Config(read_timeout=TIMEOUT_SECONDS, connect_timeout=TIMEOUT_SECONDS))
    boto3.setup_default_session(botocore_session=session)
