"""A watcher of ledgers: connects again when its stream ends, and goes on where it was.

Copy this file into your service.
"""

import os
import time

import grpc

from identity import DEADLINE_SECONDS, Refused, pause
from provost.identity.v1 import ledger_service_pb2 as messages
from provost.identity.v1 import ledger_service_pb2_grpc as services


def follow(connection, sites, consumer, cursor, handle):
    """Gives every event of the sites to `handle`, in order, for ever.

    Where the watcher is stands in the file `cursor`, once the events up to there were handled; so an
    event may come twice, and none is left out. Then the service is told as `consumer`, which so can say
    that somebody who was deactivated is out here, too.

    Raises what ends it. After `CURSOR_DIVERGED`, `CURSOR_AHEAD` and `CURSOR_TRIMMED` what was handled
    may differ from what is so: read the users again, and begin without the file.
    """
    ledgers = services.LedgerServiceStub(connection.channel)
    attempt = 1
    while True:
        request = messages.WatchEventsRequest(sites=sites)
        if cursor.exists():
            request.cursor = cursor.read_text()
        else:
            request.start_at = messages.WATCH_START_EARLIEST
        wait = None
        # No deadline: it ends when the service stops, or the connection is lost.
        stream = ledgers.WatchEvents(request, metadata=connection.metadata)
        try:
            for response in stream:
                for event in response.events.events:
                    handle(event)
                # Not every answer of a watch of many sites has one.
                if response.cursor:
                    keep(cursor, response.cursor)
                    # What is not heard is made good by the next one.
                    ledgers.AcknowledgeEvents(
                        messages.AcknowledgeEventsRequest(
                            consumer=consumer, cursor=response.cursor
                        ),
                        timeout=DEADLINE_SECONDS,
                        metadata=connection.metadata,
                    )
                attempt = 1
        except grpc.RpcError as error:
            refused = Refused(error)
            if not refused.may_repeat:
                raise refused from error
            wait = refused.retry_after
        finally:
            stream.cancel()
        time.sleep(wait or pause(attempt))
        attempt += 1


def keep(cursor, position):
    """Replaces the file at once, so that a crash leaves the old one or the new one."""
    new = cursor.with_suffix(".new")
    with open(new, "w") as file:
        file.write(position)
        file.flush()
        os.fsync(file.fileno())
    new.replace(cursor)
