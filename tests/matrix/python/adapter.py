"""Calls the component in wasmtime-py, as the driver of the matrix asks: see ../README.md."""

import argparse
import json
import platform
import sys
from importlib.metadata import version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "examples/embed-python"))

from wasmtime import Engine
from wasmtime.component import S64, U64, ListType, OptionType, RecordType, TupleType, Variant, VariantType

from component import PACKAGE_VERSION, AdminError, compile_component, record
from list_members import admin_behind_gate
from list_members_with_key import admin_with_key
from members import account

INSTANTIATE = {"gate": admin_behind_gate, "configure": admin_with_key}


def main():
    options = argparse.ArgumentParser()
    options.add_argument("--credential", choices=INSTANTIATE, required=True)
    credential = options.parse_args().credential
    _, admin_key = account()
    engine = Engine()
    component = compile_component(engine)
    interfaces = component.type.exports(engine)

    def answer(request):
        exported = interfaces[f"claude:admin/{request['interface']}@{PACKAGE_VERSION}"].ty.exports(engine)
        kind = exported[request["function"]].ty
        parameters = [parameter for _, parameter in kind.params]
        arguments = [lowered(*each) for each in zip(parameters, request["arguments"], strict=True)]
        admin = INSTANTIATE[credential](component, engine, request["base_url"], admin_key)
        try:
            return {"ok": lifted(kind.result.ok, admin.call(request["interface"], request["function"], *arguments))}
        except AdminError as error:
            return {"err": lifted(kind.result.err, Variant(error.tag, error.payload))}

    runtime = f"wasmtime-py {version('wasmtime')} (CPython {platform.python_version()})"
    say({"runtime": runtime, "credential": credential})
    for line in sys.stdin.buffer:
        try:
            say(answer(json.loads(line)))
        except Exception as problem:
            say({"trap": f"{type(problem).__name__}: {problem}"})


def say(message):
    print(json.dumps(message), flush=True)


# The types are needed on both ways: wasmtime-py tells a tuple from a list, and takes and gives a variant as the bare
# value of its case wherever the class of that value says which case it is.


def lowered(kind, value):
    """A value of the protocol as wasmtime-py takes it."""
    if isinstance(kind, RecordType):
        return record({name: lowered(field, value.get(name)) for name, field in kind.fields})
    if isinstance(kind, ListType):
        return [lowered(kind.element, item) for item in value]
    if isinstance(kind, TupleType):
        return tuple(lowered(*each) for each in zip(kind.elements, value, strict=True))
    if isinstance(kind, OptionType) and not isinstance(kind.payload, OptionType):
        return lowered_case(kind, "none" if value is None else "some", value)
    if isinstance(kind, (OptionType, VariantType)):
        return lowered_case(kind, value["$case"], value.get("value"))
    if isinstance(kind, (S64, U64)):
        return int(value["$int"])
    return value


def lowered_case(kind, case, value):
    payload = dict(kind._cases())[case]
    value = None if payload is None else lowered(payload, value)
    return Variant(case, value) if kind._tagged() else value


def lifted(kind, value):
    """A value of wasmtime-py as the protocol has it."""
    if isinstance(kind, RecordType):
        return {name: lifted(field, getattr(value, name)) for name, field in kind.fields}
    if isinstance(kind, ListType):
        return [lifted(kind.element, item) for item in value]
    if isinstance(kind, TupleType):
        return [lifted(*each) for each in zip(kind.elements, value)]
    if isinstance(kind, OptionType):
        _, value = lifted_case(kind, value)
        return value
    if isinstance(kind, VariantType):
        case, value = lifted_case(kind, value)
        return {"$case": case} if value is None else {"$case": case, "value": value}
    if isinstance(kind, (S64, U64)):
        return {"$int": str(value)}
    return value


def lifted_case(kind, value):
    if kind._tagged():
        case, value = value.tag, value.payload
    else:
        case = next(case for case, payload in kind._cases() if belongs(payload, value))
    payload = dict(kind._cases())[case]
    return case, None if payload is None else lifted(payload, value)


def belongs(payload, value):
    if payload is None or value is None:
        return payload is value
    classes = set()
    payload.add_classes(classes)
    return isinstance(value, tuple(classes))


if __name__ == "__main__":
    main()
