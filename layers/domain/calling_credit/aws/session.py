"""The one AWS session of the process, from which every client is made.

botocore's own: boto3 would make the same clients and add a quarter to the time a function takes to start, for resources
and S3 transfers that nothing here uses.
"""

from functools import lru_cache

import botocore.session


@lru_cache(maxsize=1)
def aws_session() -> botocore.session.Session:
    """The session; its clients share what it has read of service models and credentials."""
    return botocore.session.get_session()
