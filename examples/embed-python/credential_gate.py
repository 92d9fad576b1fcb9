"""Decides which requests of the component leave, and adds the credential to those.

The component makes a request without credential. If it goes to the upstream, a copy of it departs that carries the
credential. No handle of the component leads to the copy.
"""

import re
from urllib.parse import unquote, urlsplit

from http_exchange import Departure, HttpFailure

# All that the component sends. Credentials are not among them, nor is anything that steers the connection.
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
        `upstream`: where requests may go, as a base URL, with or without a path.
        `credential_header`: `("x-api-key", KEY)` or `("authorization", "Bearer TOKEN")`.
        `on_request`: is told about each request of the component, as it was before the credential was added.
        """
        self._upstream = urlsplit(upstream)
        self._allowed_paths = self._upstream.path.rstrip("/") + "/v1/"
        if self._upstream.scheme != "https" and not (
            self._upstream.scheme == "http" and self._upstream.hostname in LOOPBACK
        ):
            raise ValueError("the upstream is https://host, or http:// for a loopback address")
        if not re.fullmatch("[ -~]+", credential_header[1]):
            raise ValueError("the credential has characters that no header can carry")
        self._credential_header = credential_header
        self._on_request = on_request or (lambda request, allowed: None)

    def admit(self, request) -> Departure:
        """Turn a request of the component into one that can be sent, or refuse it."""
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
        # What a server might resolve to another path is no part of an honest request.
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
