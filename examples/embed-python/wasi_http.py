"""The five interfaces that the component imports, in Python. The component has no other access.

`FUNCTIONS` has only the functions that the component calls: a component that imports another function is not linked.
They are ordinary functions; `host_resources.py` converts their objects to handles. wasmtime represents a result of WIT
as follows:

* a `result` is the bare value, and `None` if a case has no value (a failed `result<outgoing-body>` is `None`);
* only if that is ambiguous, it is `Variant("ok", value)` or `Variant("err", value)`;
* the same applies to an `option`.
"""

from dataclasses import dataclass, field
from typing import Callable, Optional

from wasmtime.component import FuncType, Linker, ResourceType, Variant

from host_resources import HostResources
from http_exchange import Departure, HttpFailure, Timeouts, read_some

NANOSECONDS = 1_000_000_000
MOST_BYTES_AT_ONCE = 64 << 10
DONE = Variant("ok")


@dataclass
class Fields:
    entries: list


@dataclass
class OutgoingBody:
    """Collects the body. It is sent completely after the component has finished it."""

    content: bytearray = field(default_factory=bytearray)
    finished: bool = False


@dataclass
class OutputStream:
    body: OutgoingBody


@dataclass
class OutgoingRequest:
    headers: list
    method: str = "GET"
    scheme: Optional[str] = None
    authority: Optional[str] = None
    path_with_query: Optional[str] = None
    body: Optional[OutgoingBody] = None


@dataclass
class RequestOptions:
    timeouts: Timeouts = field(default_factory=Timeouts)


@dataclass
class IncomingResponse:
    status: int
    headers: list
    body: object


@dataclass
class IncomingBody:
    source: object


@dataclass
class InputStream:
    source: object


@dataclass
class StreamError:
    code: Variant


@dataclass
class Pollable:
    wait: Callable


class FutureIncomingResponse:
    """The request is sent when the component waits for the response: the body is complete then."""

    def __init__(self, departure: Departure, body: Optional[OutgoingBody], timeouts: Timeouts):
        self._departure, self._body, self._timeouts = departure, body, timeouts
        self._outcome = None

    def wait(self):
        if self._outcome is None:
            self._outcome = self._exchange()

    def take(self):
        """Nothing yet, or the response or the error. A second call returns an error without a value."""
        if self._outcome is None:
            return Variant("none")
        outcome, self._outcome = self._outcome, Variant("some")
        return outcome

    def _exchange(self):
        if self._body is not None and not self._body.finished:
            return Variant("some", Variant("internal-error", "the body of the request was not finished"))
        body = None if self._body is None else bytes(self._body.content)
        try:
            response = self._departure.send(body, self._timeouts)
        except HttpFailure as failure:
            return Variant("some", failure.code)
        headers = [(name.lower(), value.encode("latin-1")) for name, value in response.getheaders()]
        return Variant("some", IncomingResponse(response.status, headers, response))


def set_on_request(name):
    def set_it(request, value):
        setattr(request, name, value)
        return DONE

    return set_it


def set_method(request, method):
    request.method = method.payload or method.tag.upper()
    return DONE


def set_scheme(request, scheme):
    request.scheme = scheme and (scheme.payload or scheme.tag).lower()
    return DONE


def set_timeout(name):
    def set_it(options, duration):
        setattr(options.timeouts, name, None if duration is None else duration / NANOSECONDS)
        return DONE

    return set_it


def body_once(request):
    if request.body is not None:
        return None
    request.body = OutgoingBody()
    return request.body


def write(stream, content):
    if stream.body.finished:
        return Variant("err")  # `closed`
    stream.body.content += content
    return DONE


def finish(body, _trailers):
    body.finished = True
    return None


def consume_once(response):
    source, response.body = response.body, None
    return source and IncomingBody(source)


def stream_once(body):
    source, body.source = body.source, None
    return source and InputStream(source)


def read(stream, most):
    try:
        return read_some(stream.source, min(most, MOST_BYTES_AT_ONCE)) or None  # `closed`
    except HttpFailure as failure:
        return StreamError(failure.code)


def handle_with(gate):
    def handle(request, options):
        try:
            departure = gate.admit(request)
        except HttpFailure as failure:
            return failure.code
        return FutureIncomingResponse(departure, request.body, options.timeouts if options else Timeouts())

    return handle


FUNCTIONS = {
    "[method]error.to-debug-string": lambda error: error.code.tag,
    "[method]pollable.block": lambda pollable: pollable.wait(),
    "[method]input-stream.blocking-read": read,
    "[method]output-stream.blocking-write-and-flush": write,
    "http-error-code": lambda error: error.code,
    "[static]fields.from-list": Fields,
    "[method]fields.entries": lambda fields: fields.entries,
    "[constructor]outgoing-request": lambda headers: OutgoingRequest(headers.entries),
    "[method]outgoing-request.body": body_once,
    "[method]outgoing-request.set-method": set_method,
    "[method]outgoing-request.set-path-with-query": set_on_request("path_with_query"),
    "[method]outgoing-request.set-scheme": set_scheme,
    "[method]outgoing-request.set-authority": set_on_request("authority"),
    "[constructor]request-options": RequestOptions,
    "[method]request-options.set-connect-timeout": set_timeout("connect"),
    "[method]request-options.set-first-byte-timeout": set_timeout("first_byte"),
    "[method]request-options.set-between-bytes-timeout": set_timeout("between_bytes"),
    "[method]incoming-response.status": lambda response: response.status,
    "[method]incoming-response.headers": lambda response: Fields(list(response.headers)),
    "[method]incoming-response.consume": consume_once,
    "[method]incoming-body.stream": stream_once,
    "[method]outgoing-body.write": OutputStream,
    "[static]outgoing-body.finish": finish,
    "[method]future-incoming-response.subscribe": lambda future: Pollable(future.wait),
    "[method]future-incoming-response.get": FutureIncomingResponse.take,
}

# Some interfaces have a second name for a resource of another interface.
RESOURCES = {
    "error": StreamError,
    "io-error": StreamError,
    "pollable": Pollable,
    "input-stream": InputStream,
    "output-stream": OutputStream,
    "fields": Fields,
    "headers": Fields,
    "trailers": Fields,
    "outgoing-request": OutgoingRequest,
    "outgoing-body": OutgoingBody,
    "request-options": RequestOptions,
    "incoming-response": IncomingResponse,
    "incoming-body": IncomingBody,
    "future-incoming-response": FutureIncomingResponse,
}


def linker_with_gate(engine, component, gate) -> Linker:
    """All imports of the component, with `gate` as the only network access. For one instance."""
    resources = HostResources(RESOURCES.values())
    functions = {**FUNCTIONS, "handle": handle_with(gate)}
    linker = Linker(engine)
    with linker.root() as root:
        for interface, imported in component.type.imports(engine).items():
            with root.add_instance(interface) as instance:
                for name, item in imported.ty.exports(engine).items():
                    if isinstance(item.ty, ResourceType):
                        instance.add_resource(name, resources.type_of(RESOURCES[name]), resources.drop)
                    elif isinstance(item.ty, FuncType):
                        instance.add_func(name, resources.adapt(functions[name]))
    return linker
