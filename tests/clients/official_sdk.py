"""What the installed official SDK knows of the Admin API: routes, parameters, words and fields of replies.

Every method of the resources is called once with made-up arguments. The request is caught before it is sent, so that the
names are those of the request and not those of Python.
"""

import datetime
import inspect
import re
import types
import typing
from dataclasses import dataclass, field

import anthropic
import pydantic
from anthropic._models import BaseModel
from anthropic._resource import SyncAPIResource

# What is not part of the Admin API, and the preview that replaces the tunnel operations.
PREFIXES = ("/v1/organizations/", "/v1/compliance/")
COMMON = {"self", "extra_headers", "extra_query", "extra_body", "timeout", "betas"}
PATH_WORD = "path-parameter"
MADE_UP = "made-up"


class Caught(Exception):
    """Ends a call before its request is sent."""


@dataclass
class Names:
    """Dotted names, each with the words that it is known to take or hold."""

    words: dict[str, set[str]] = field(default_factory=dict)

    def add(self, name, words=()):
        self.words.setdefault(name, set()).update(words)

    def merge(self, other):
        for name, words in other.words.items():
            self.add(name, words)


@dataclass
class Operation:
    """One route with all that any method of the SDK says of it."""

    route: str
    parameters: Names = field(default_factory=Names)
    reply: Names = field(default_factory=Names)


def plain(annotation):
    """An annotation without `Annotated`, `Required` and the like, and what choices it has."""
    origin = typing.get_origin(annotation)
    if origin in (typing.Annotated, typing.Required, typing.NotRequired, typing.ClassVar):
        return plain(typing.get_args(annotation)[0])
    if hasattr(annotation, "__value__"):
        return plain(annotation.__value__)
    return annotation


def choices(annotation):
    """The alternatives of an annotation, without those that stand for nothing."""
    annotation = plain(annotation)
    if typing.get_origin(annotation) in (typing.Union, types.UnionType):
        return [one for part in typing.get_args(annotation) for one in choices(part)]
    name = getattr(annotation, "__name__", str(annotation))
    return [] if annotation is type(None) or name in ("Omit", "NotGiven") else [annotation]


def is_typed_dict(annotation):
    return isinstance(annotation, type) and issubclass(annotation, dict) and hasattr(annotation, "__total__")


def items(annotation):
    """What a list holds; none where it is no list."""
    origin = typing.get_origin(annotation)
    arguments = typing.get_args(annotation)
    name = getattr(origin, "__name__", "")
    if name in ("list", "Iterable", "Sequence", "SequenceNotStr") and arguments:
        return arguments[0]
    return None


def wire_name(name, annotation):
    """The name that a field has in the request, where an annotation gives it another one."""
    if typing.get_origin(annotation) is typing.Annotated:
        for note in typing.get_args(annotation)[1:]:
            if getattr(note, "alias", None):
                return note.alias
        return wire_name(name, typing.get_args(annotation)[0])
    if typing.get_origin(annotation) in (typing.Required, typing.NotRequired):
        return wire_name(name, typing.get_args(annotation)[0])
    return name


def fields_of(annotation):
    """Names and annotations of a record in a request or a reply."""
    if is_typed_dict(annotation):
        hints = typing.get_type_hints(annotation, include_extras=True)
        return [(wire_name(name, hint), hint) for name, hint in hints.items()]
    if isinstance(annotation, type) and issubclass(annotation, pydantic.BaseModel):
        return [(info.alias or name, info.annotation) for name, info in annotation.model_fields.items()]
    return None


def describe(names, prefix, annotation, seen=()):
    """Adds all names below an annotation. Lists and alternatives do not show in a name."""
    for one in choices(annotation):
        if typing.get_origin(one) is typing.Literal:
            names.add(prefix, {str(word) for word in typing.get_args(one)})
            continue
        item = items(one)
        if item is not None:
            describe(names, prefix, item, seen)
            continue
        if typing.get_origin(one) is dict:
            continue
        below = fields_of(one)
        if below is None or one in seen:
            continue
        for name, hint in below:
            name = f"{prefix}.{name}" if prefix else name
            names.add(name)
            describe(names, name, hint, (*seen, one))


def made_up(annotation, depth=0):
    """A value that the SDK takes for an annotation."""
    for one in choices(annotation):
        if typing.get_origin(one) is typing.Literal:
            return typing.get_args(one)[0]
        if items(one) is not None:
            return [made_up(items(one), depth + 1)]
        if one is bool:
            return True
        if one in (int, float):
            return 1
        if one in (datetime.datetime, datetime.date):
            return one(2026, 1, 1)
        if is_typed_dict(one):
            return {}
        if typing.get_origin(one) is dict:
            return {}
    return MADE_UP


def resources(client):
    """Every resource of a client."""
    found = []

    def walk(holder):
        for name in dir(type(holder)):
            if name.startswith("_") or name.startswith("with_"):
                continue
            attribute = getattr(holder, name, None)
            if isinstance(attribute, SyncAPIResource):
                found.append(attribute)
                walk(attribute)

    walk(client)
    return found


def catch(resource, method):
    """Calls a method with everything that it takes; returns the verb, path, parameters and type of the reply."""
    caught = {}
    hints = typing.get_type_hints(method, include_extras=True)
    signature = inspect.signature(method)
    arguments = {}
    for name, parameter in signature.parameters.items():
        if name in COMMON:
            continue
        arguments[name] = PATH_WORD if parameter.kind is parameter.POSITIONAL_OR_KEYWORD else made_up(hints[name])

    def catcher(verb):
        def send(path, *_, options=None, body=None, cast_to=None, page=None, model=None, **__):
            query = (options or {}).get("params") or {}
            caught.update(verb=verb, path=path, query=query, body=body or {}, reply=cast_to, page=page, model=model)
            raise Caught

        return send

    verbs = {"_get": "GET", "_post": "POST", "_put": "PUT", "_patch": "PATCH", "_delete": "DELETE", "_get_api_list": "GET"}
    kept = {attribute: getattr(resource, attribute) for attribute in verbs}
    for attribute, verb in verbs.items():
        setattr(resource, attribute, catcher(verb))
    try:
        method(**arguments)
    except Caught:
        pass
    except (RuntimeError, TypeError, ValueError, AttributeError, anthropic.AnthropicError):
        # Methods outside the Admin API look at their arguments more closely; those of it must be caught.
        pass
    finally:
        for attribute, value in kept.items():
            setattr(resource, attribute, value)
    return caught, hints, arguments


def is_same(name, wire):
    """Whether a name of Python and one of a request are the same parameter."""
    return re.sub(r"[^a-z0-9]", "", wire.lower()) == re.sub(r"[^a-z0-9]", "", name.lower())


def operations():
    """Every operation of the Admin API that the installed SDK offers, by its route."""
    client = anthropic.Anthropic(api_key="sk-ant-api03-simulator-0")
    found = {}
    for resource in resources(client):
        for name, function in inspect.getmembers(type(resource), inspect.isfunction):
            if name.startswith("_"):
                continue
            caught, hints, arguments = catch(resource, getattr(resource, name))
            path = str(caught.get("path", ""))
            if not path.startswith(PREFIXES):
                continue
            # Some parameters of paths are keywords.
            route = f"{caught['verb']} {path.replace(PATH_WORD, '{}').replace(MADE_UP, '{}')}"
            operation = found.setdefault(route, Operation(route))
            sent = [wire.removesuffix("[]") for wire in [*caught["query"], *caught["body"]]]
            for argument in arguments:
                wire = next((wire for wire in sent if is_same(argument, wire)), None)
                if wire is None:
                    continue
                operation.parameters.add(wire)
                describe(operation.parameters, wire, hints[argument])
            for reply in (caught.get("reply"), page_of(caught)):
                if reply is not None:
                    describe(operation.reply, "", reply)
            if caught.get("model") is not None:
                operation.reply.add("data")
                describe(operation.reply, "data", caught["model"])
    return found


def page_of(caught):
    """The class of a page without its items, which `model` has."""
    page = typing.get_origin(caught.get("page")) or caught.get("page")
    return page if isinstance(page, type) and issubclass(page, BaseModel) else None


def version():
    return anthropic.__version__
