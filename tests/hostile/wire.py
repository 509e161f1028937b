"""HTTP/1.1 to the service: well-formed over a kept connection, and bytes as they are.

Must never know SCIM.
"""

import http.client
import io
import socket

PATIENCE = 20  # seconds without an answer
PAUSE = 0.2  # seconds after which bytes that may be no whole request end


class Answer:
    """A status, headers of lower-case names, a body; `status` 0 means that there was none."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def __str__(self):
        return f"{self.status} {self.body[:300]!r}"


NOTHING = Answer(0, {}, b"closed without an answer")
SILENCE = Answer(0, {}, b"no answer in time")


class Client:
    """Whoever holds the token."""

    def __init__(self, service):
        self.address, self.path, self.token = service.address, service.path, service.token
        self.connection = http.client.HTTPConnection(*self.address, timeout=PATIENCE)
        self.requests = 0

    def send(self, method, path, body=None, **headers):
        headers = {"Authorization": f"Bearer {self.token}"} | headers
        if body is not None:
            body = body if isinstance(body, bytes) else body.encode()
            headers = {"Content-Type": "application/scim+json"} | headers
        self.requests += 1
        for _ in ("the kept connection", "a fresh one"):
            try:
                return self.ask(method, path, body, headers)
            except TimeoutError:
                self.connection.close()
                return SILENCE
            except (http.client.HTTPException, OSError):
                # The service may close a kept connection at any time.
                self.connection.close()
        return NOTHING

    def ask(self, method, path, body, headers):
        try:
            self.connection.request(method, self.path + path, body, headers)
        except ConnectionError:
            if self.connection.sock is None:
                raise
            # A body may be refused before all of it is sent: what was said until then counts.
            got = http.client.HTTPResponse(self.connection.sock, method=method)
            got.begin()
            answer = read(got)
            self.connection.close()
            return answer
        return read(self.connection.getresponse())

    def send_bytes(self, sent):
        """These bytes on a connection of their own, which ends where they are not answered."""
        self.requests += 1
        with socket.create_connection(self.address, timeout=PAUSE) as stream:
            heard = b""
            try:
                stream.sendall(sent)
                heard += received(stream)
                stream.shutdown(socket.SHUT_WR)
                stream.settimeout(PATIENCE)
                while part := stream.recv(65536):
                    heard += part
            except TimeoutError:
                return SILENCE
            except OSError:
                pass  # what was said before the reset counts
        if not heard.startswith(b"HTTP/1."):
            return NOTHING
        got = http.client.HTTPResponse(Heard(heard), method=sent.split(b" ")[0].decode("latin-1"))
        got.begin()
        return read(got)


def received(stream):
    """What comes before the other end closes, or pauses."""
    heard = b""
    try:
        while part := stream.recv(65536):
            heard += part
    except TimeoutError:
        pass
    return heard


class Heard:
    """Received bytes in the place of a socket."""

    def __init__(self, heard):
        self.heard = heard

    def makefile(self, _mode):
        return io.BytesIO(self.heard)


def read(got):
    headers = {name.lower(): value for name, value in got.getheaders()}
    return Answer(got.status, headers, got.read())
