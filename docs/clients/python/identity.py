"""A connection to Provost: who we are, how calls are repeated, and what a refusal says.

Copy this file into your service.
"""

import random
import time
from pathlib import Path
from urllib.parse import urlsplit

import grpc
from google.rpc import error_details_pb2
from grpc_status import rpc_status

# How often a call is made before its failure is told.
ATTEMPTS = 5
DEADLINE_SECONDS = 5


class Connection:
    """The channel to the service of the environment. It connects by itself, also again."""

    def __init__(self, environment):
        address = urlsplit(environment["IDENTITY_ADDRESS"])
        # A peer that is gone without a word is noticed.
        options = [("grpc.keepalive_time_ms", 20_000)]
        if address.scheme == "https":
            credentials = grpc.ssl_channel_credentials(
                root_certificates=read(environment, "IDENTITY_CA_FILE"),
                private_key=read(environment, "IDENTITY_KEY_FILE"),
                certificate_chain=read(environment, "IDENTITY_CERTIFICATE_FILE"),
            )
            self.channel = grpc.secure_channel(address.netloc, credentials, options)
        else:
            self.channel = grpc.insecure_channel(address.netloc, options)
        # A service with a client certificate needs no token.
        token = environment.get("IDENTITY_TOKEN")
        self.metadata = [("authorization", f"Bearer {token}")] if token else []

    def answered(self, call, request):
        """Makes a call until it is answered.

        A write has one effect however often it is made, if the request has an `options.request_id`.
        """
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return call(request, timeout=DEADLINE_SECONDS, metadata=self.metadata)
            except grpc.RpcError as error:
                refused = Refused(error)
                if not refused.may_repeat or attempt == ATTEMPTS:
                    raise refused from error
                time.sleep(refused.retry_after or pause(attempt))


class Refused(Exception):
    """Why a call failed. Program against `reason`; the message is for people."""

    def __init__(self, error):
        self.code = error.code()
        # None: the service didn't answer.
        self.reason = None
        # What the message names: `current_version`, `missing_permission`, ...
        self.metadata = {}
        # After how many seconds the same call may succeed.
        self.retry_after = None
        status = rpc_status.from_call(error)
        for detail in status.details if status else ():
            info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
            if detail.Unpack(info):
                self.reason, self.metadata = info.reason, dict(info.metadata)
            elif detail.Unpack(retry):
                self.retry_after = retry.retry_delay.ToTimedelta().total_seconds()
        super().__init__(f"{self.reason or self.code.name}: {error.details()}")

    @property
    def may_repeat(self):
        """Whether the same call may succeed later: told to wait, or not answered by the service."""
        return self.retry_after is not None or self.reason is None


def pause(attempt):
    """Seconds: twice as long each time, up to 5, and not for all clients the same."""
    longest = min(0.1 * 2**attempt, 5)
    return random.uniform(longest / 2, longest)


def read(environment, name):
    """The content of the file that a variable names; None where there is no variable."""
    return Path(environment[name]).read_bytes() if name in environment else None
