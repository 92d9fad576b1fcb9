"""One HTTP request over `http.client`, with the error codes of `wasi:http`.

It follows no redirect and uses no proxy: a request is sent to the server in its URL, or fails.
"""

import http.client
import socket
import ssl
from dataclasses import dataclass
from typing import Optional

from wasmtime.component import Variant


class HttpFailure(Exception):
    """Contains a `wasi:http` `error-code`."""

    def __init__(self, case, payload=None):
        super().__init__(case)
        self.code = Variant(case, payload)


@dataclass
class Timeouts:
    """In seconds; `None` means no timeout."""

    connect: Optional[float] = None
    first_byte: Optional[float] = None
    between_bytes: Optional[float] = None


@dataclass
class Departure:
    """A request that is allowed, with its headers and the credential."""

    scheme: str
    host: str
    port: Optional[int]
    method: str
    target: str
    headers: list

    def send(self, body: Optional[bytes], timeouts: Timeouts) -> http.client.HTTPResponse:
        secure = self.scheme == "https"
        make = http.client.HTTPSConnection if secure else http.client.HTTPConnection
        connection = make(self.host, self.port, timeout=timeouts.connect)
        try:
            with failures(timeout="connection-timeout", unreachable="destination-unavailable"):
                connection.connect()
            line = connection.sock
            with failures(timeout="HTTP-response-timeout"):
                line.settimeout(timeouts.first_byte)
                self._write(connection, body)
                response = connection.getresponse()
            line.settimeout(timeouts.between_bytes)
            line.close()  # The socket closes only after the response was read or dropped.
            return response
        except HttpFailure:
            connection.close()
            raise

    def _write(self, connection, body):
        connection.putrequest(self.method, self.target, skip_accept_encoding=True)
        for name, value in self.headers:
            connection.putheader(name, value)
        if body is not None or self.method != "GET":
            connection.putheader("content-length", str(len(body or b"")))
        connection.putheader("connection", "close")
        connection.endheaders(body)


def read_some(response: http.client.HTTPResponse, most: int) -> bytes:
    """The next bytes of the body, or none if it is complete."""
    with failures(timeout="connection-read-timeout"):
        read = response.read(most)
    if not read and response.length:  # The body is shorter than the announced length.
        raise HttpFailure("HTTP-response-incomplete")
    return read


class failures:
    """Converts errors inside of the block to an `HttpFailure`."""

    def __init__(self, timeout, unreachable="connection-terminated"):
        self._timeout = timeout
        self._unreachable = unreachable

    def __enter__(self):
        return self

    def __exit__(self, _class, error, _traceback):
        case = self._case(error)
        if case:
            raise HttpFailure(case) from None

    def _case(self, error):
        # The order matters: most of these are subclasses of `OSError`.
        if isinstance(error, TimeoutError):
            return self._timeout
        if isinstance(error, ssl.SSLCertVerificationError):
            return "TLS-certificate-error"
        if isinstance(error, ssl.SSLError):
            return "TLS-protocol-error"
        if isinstance(error, ConnectionRefusedError):
            return "connection-refused"
        if isinstance(error, socket.gaierror):
            return "destination-not-found"
        if isinstance(error, OSError):
            return self._unreachable
        if isinstance(error, http.client.IncompleteRead):
            return "HTTP-response-incomplete"
        if isinstance(error, http.client.HTTPException):
            return "HTTP-protocol-error"
        return None
