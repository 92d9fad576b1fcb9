"""Decides which requests of the component are sent, and adds the credential to those.

The component makes a request without a credential. If the target is the upstream, the gate sends a copy with the
credential. No handle of the component refers to the copy.
"""

import re
from urllib.parse import unquote, urlsplit

from http_exchange import Departure, HttpFailure

# All headers that the component sends. The list has no header for credentials or for the connection.
ALLOWED_HEADERS = frozenset(
    [
        "accept",
        "anthropic-beta",
        "anthropic-user-profile-id",
        "anthropic-version",
        "content-length",
        "content-type",
        "user-agent",
    ]
)
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class CredentialGate:
    def __init__(self, upstream, credential_header, on_request=None):
        """
        `upstream`: the allowed target of requests, as a base URL, with or without a path.
        `credential_header`: `("x-api-key", KEY)` or `("authorization", "Bearer TOKEN")`.
        `on_request`: is called for each request of the component, with the request before the credential was added.
        """
        self._upstream = urlsplit(upstream)
        self._allowed_paths = self._upstream.path.rstrip("/") + "/v1/"
        if self._upstream.scheme != "https" and not (
            self._upstream.scheme == "http" and self._upstream.hostname in LOOPBACK
        ):
            raise ValueError("the upstream must be https://host, or http:// for a loopback address")
        if not re.fullmatch("[ -~]+", credential_header[1]):
            raise ValueError("the credential has characters that are not allowed in a header")
        self._credential_header = credential_header
        self._on_request = on_request or (lambda request, allowed: None)

    def admit(self, request) -> Departure:
        """Convert a request of the component to one that can be sent, or raise an error."""
        allowed = self._allows(request)
        self._on_request(request, allowed)
        if not allowed:
            raise HttpFailure("HTTP-request-denied")
        return Departure(
            scheme=self._upstream.scheme,
            host=self._upstream.hostname,
            port=self._upstream.port,
            method=request.method,
            target=request.path_with_query,
            headers=[(name, value) for name, value in request.headers if name.lower() != "content-length"]
            + [self._credential_header],
        )

    def _allows(self, request):
        target = request.path_with_query or ""
        path = target.split("?")[0]
        # A server might resolve these segments to another path. A valid request never contains them.
        segments = unquote(path).replace("\\", "/").split("/")
        return (
            request.scheme == self._upstream.scheme
            and (request.authority or "").lower() == self._upstream.netloc.lower()
            and path.startswith(self._allowed_paths)
            and not {".", ".."} & set(segments)
            and re.fullmatch("[!-~]+", target) is not None
            and "#" not in target
            and request.method in ("GET", "POST", "PUT", "PATCH", "DELETE")
            and all(
                name.lower() in ALLOWED_HEADERS and re.fullmatch(b"[\t -~]*", value)
                for name, value in request.headers
            )
        )
