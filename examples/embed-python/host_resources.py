"""Python objects as resources of the component.

The component never gets the object, only a handle. wasmtime ensures that the component uses only handles that it got,
and each with its type. A handle contains a number, and this module maps the number to the object.
"""

from itertools import count

from wasmtime.component import ResourceAny, ResourceHost, ResourceType, Variant


class Interrupted(Exception):
    """Wraps an error that is not an `Exception`, such as `KeyboardInterrupt`: wasmtime would crash the process."""

    def __init__(self, interruption):
        super().__init__(repr(interruption))
        self.interruption = interruption


class HostResources:
    """The objects that one instance has handles to."""

    def __init__(self, classes):
        self._kinds = {resource_class: kind for kind, resource_class in enumerate(dict.fromkeys(classes))}
        self._objects = {}
        self._numbers = count(1)

    def type_of(self, resource_class) -> ResourceType:
        return ResourceType.host(self._kinds[resource_class])

    def drop(self, _store, number):
        """The component has released an object."""
        self._objects.pop(number, None)

    def adapt(self, function):
        """Make a function that takes and returns Python objects callable from the component."""

        def called_by_component(store, *arguments):
            try:
                return self._give(function(*(self._object(store, argument) for argument in arguments)))
            except Exception:
                raise
            except BaseException as interruption:
                raise Interrupted(interruption) from None

        return called_by_component

    def _object(self, store, argument):
        if not isinstance(argument, ResourceAny):
            return argument
        given_away = argument.owned  # Otherwise it is borrowed for the time of the call.
        number = argument.to_host(store).rep
        return self._objects.pop(number) if given_away else self._objects[number]

    def _give(self, value):
        if isinstance(value, Variant):
            return Variant(value.tag, self._give(value.payload))
        kind = self._kinds.get(type(value))
        if kind is None:
            return value
        number = next(self._numbers)
        self._objects[number] = value
        return ResourceHost.own(number, kind)
