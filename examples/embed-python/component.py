"""The component in Python: compile it, create an instance, call its functions."""

import os
import subprocess
import tempfile
from pathlib import Path

from wasmtime import Engine, Store
from wasmtime.component import Component, Linker, Record, Variant

from host_resources import Interrupted

PACKAGE_VERSION = "0.1.0"
MEMORY_LIMIT = 256 << 20


class AdminError(Exception):
    """A call failed. `tag` and `payload` are the case of `claude:admin/types.error` and its payload."""

    def __init__(self, error):
        super().__init__(f"{error.tag}: {_readable(error.payload)}")
        self.tag = error.tag
        self.payload = error.payload


class Admin:
    """An instance of the component. It has separate settings and memory, and runs one call at a time."""

    def __init__(self, component: Component, linker: Linker, store: Store):
        self._store = store
        self._instance = linker.instantiate(store, component)

    def configure(self, base_url, credential=None):
        """Set the upstream. Without `credential`, the component sends requests without a credential."""
        problem = self._function("settings", "configure")(self._store, base_url, credential, None)
        if problem is not None:
            raise ValueError(problem)

    def call(self, interface, function, *arguments):
        """Call an action: names as in the WIT files, arguments in their order, `None` for an absent option."""
        try:
            outcome = self._function(interface, function)(self._store, *arguments)
        except Interrupted as stopped:
            raise stopped.interruption from None
        # wasmtime returns a `result` as its bare value: nearly every success is a record, and every error a variant.
        # If the success is a variant too, wasmtime wraps both in a variant with the tag `ok` or `err`.
        if not isinstance(outcome, Variant):
            return outcome
        if outcome.tag == "ok":
            return outcome.payload
        raise AdminError(outcome.payload if outcome.tag == "err" else outcome)

    def _function(self, interface, function):
        exported = self._instance.get_export_index(self._store, f"claude:admin/{interface}@{PACKAGE_VERSION}")
        index = exported and self._instance.get_export_index(self._store, function, exported)
        if index is None:
            raise LookupError(f"the component has no function {function} in {interface}")
        return self._instance.get_func(self._store, index)


def compile_component(engine: Engine) -> Component:
    """Compile the component of the program, unchanged. This takes 1 to 2 seconds; creating an instance is fast."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "claude-admin.wasm"
        subprocess.run([program(), "plugin", "export", file], check=True, stdout=subprocess.DEVNULL)
        return Component.from_file(engine, file)


def program():
    return os.environ.get("CLAUDE_ADMIN", "claude-admin")


def limited_store(engine: Engine) -> Store:
    store = Store(engine)
    store.set_limits(memory_size=MEMORY_LIMIT)
    return store


def record(fields: dict) -> Record:
    """A WIT record. Its field names can have dashes, so they are keys of a dict; read them with `getattr`."""
    made = Record()
    for name, value in fields.items():
        setattr(made, name, value)
    return made


def _readable(payload):
    return vars(payload) if isinstance(payload, Record) else payload
