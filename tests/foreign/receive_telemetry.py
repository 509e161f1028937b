"""A collector that nobody here wrote: oteltest's, over gRPC.

Prints the port, and what it was sent once its standard input ends: a JSON object for each message.
"""

import json
import logging
import socket
import sys

from google.protobuf.json_format import MessageToDict
from oteltest.sink import GrpcSink
from oteltest.sink.handler import RequestHandler


class Kept(RequestHandler):
    """Keeps all that comes."""

    def __init__(self):
        self.messages = []

    def handle_trace(self, request, headers):
        self.messages.append({"traces": MessageToDict(request)})

    def handle_logs(self, request, headers):
        self.messages.append({"logs": MessageToDict(request)})

    def handle_metrics(self, request, headers):
        self.messages.append({"metrics": MessageToDict(request)})


with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]
kept = Kept()
sink = GrpcSink(kept, logging.getLogger(), port=port)
sink.start()
print(port, flush=True)
sys.stdin.read()
sink.stop()
for message in kept.messages:
    print(json.dumps(message))
