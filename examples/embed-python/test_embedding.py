"""Runs both examples against the simulator: `python -m unittest`."""

import http.client
import json
import re
import socket
import subprocess
import threading
import unittest
from unittest.mock import patch
from urllib.parse import urlsplit

from wasmtime import Engine
from wasmtime.component import Func, LinkerInstance, Record, Variant

from component import AdminError, compile_component, program
from list_members import admin_behind_gate
from list_members_with_key import admin_with_key
from members import all_members

NOBODY = "user_01AAAAAAAAAAAAAAAAAAAAAA"
HEADERS_OF_THE_COMPONENT = ["accept", "anthropic-version", "user-agent"]


def setUpModule():
    global simulator, base_url, admin_key, engine, component
    engine = Engine()
    component = compile_component(engine)
    simulator = subprocess.Popen([program(), "simulator"], stdout=subprocess.PIPE, text=True)
    unittest.addModuleCleanup(stop_simulator)
    base_url, admin_key = printed(simulator, "ANTHROPIC_BASE_URL", "ANTHROPIC_ADMIN_KEY")


def stop_simulator():
    simulator.terminate()
    simulator.wait()
    simulator.stdout.close()


def printed(process, *names):
    """The values of `export NAME=VALUE` lines."""
    found = {}
    for line in process.stdout:
        if variable := re.fullmatch(r"export (\w+)=(.*)\n", line):
            found[variable[1]] = variable[2]
        if all(name in found for name in names):
            return [found[name] for name in names]
    raise RuntimeError(f"the simulator ended after printing {found}")


def members_without_component():
    upstream = urlsplit(base_url)
    connection = http.client.HTTPConnection(upstream.hostname, upstream.port)
    headers = {"x-api-key": admin_key, "anthropic-version": "2023-06-01"}
    connection.request("GET", "/v1/organizations/users?limit=1000", headers=headers)
    data = json.load(connection.getresponse())["data"]
    connection.close()
    return [(member["id"], member["email"]) for member in data]


def create_workspace(admin, name):
    return admin.call("workspaces", "create", name, None, None, None, None, [], None)


class BothWays:
    """The tests for both places of the credential."""

    def setUp(self):
        self.admin = self.instance(base_url)

    def error_of(self, *call, admin=None):
        with self.assertRaises(AdminError) as caught:
            (admin or self.admin).call(*call)
        return caught.exception

    def test_all_members_are_listed(self):
        members = [(member.id, member.email) for member in all_members(self.admin)]
        self.assertEqual(len(members), 25)
        self.assertEqual(members, members_without_component())

    def test_an_error_of_the_api_arrives_typed(self):
        error = self.error_of("users", "get", NOBODY)
        self.assertEqual(error.tag, "api")
        self.assertEqual(error.payload.status, 404)
        self.assertEqual(error.payload.kind, "not_found_error")
        self.assertRegex(getattr(error.payload, "request-id"), "^req_")

    def test_a_wrong_argument_is_refused_before_anything_is_sent(self):
        error = self.error_of("users", "get", "")
        self.assertEqual(error.tag, "invalid-argument")
        self.assertEqual(error.payload.name, "user-id")

    def test_a_request_with_a_body_arrives_whole(self):
        name = f"Made by {type(self).__name__} – ✓"
        self.assertEqual(create_workspace(self.admin, name).name, name)

    def test_a_post_without_a_body_is_answered(self):
        workspace = create_workspace(self.admin, f"Archived by {type(self).__name__}")
        self.assertTrue(getattr(self.admin.call("workspaces", "archive", workspace.id), "archived-at"))

    def test_an_upstream_that_cannot_be_reached_is_a_typed_error(self):
        error = self.error_of("organization", "me", admin=self.instance("http://127.0.0.1:9"))
        self.assertEqual(error.tag, "transport")
        self.assertEqual(error.payload.problem, "connection-refused")

    def test_an_answer_that_breaks_off_is_a_typed_error(self):
        with server(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{") as address:
            error = self.error_of("organization", "me", admin=self.instance(address))
        self.assertEqual(error.tag, "transport")
        self.assertEqual(error.payload.problem, "incomplete")


class TheComponentHoldsTheCredential(BothWays, unittest.TestCase):
    def instance(self, upstream):
        return admin_with_key(component, engine, upstream, admin_key)


class TheGateHoldsTheCredential(BothWays, unittest.TestCase):
    def instance(self, upstream):
        return admin_behind_gate(component, engine, upstream, admin_key)

    def test_a_redirect_is_not_followed(self):
        answer = f"HTTP/1.1 302 Found\r\nlocation: {base_url}/v1/\r\ncontent-length: 0\r\n\r\n"
        with server(answer.encode()) as address:
            error = self.error_of("organization", "me", admin=self.instance(address))
        self.assertEqual((error.tag, error.payload.status), ("api", 302))


class server:
    """Responds to one request with the given bytes."""

    def __init__(self, answer):
        self._answer = answer

    def __enter__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def _serve(self):
        connection, _ = self._listener.accept()
        with connection:
            connection.recv(65536)
            connection.sendall(self._answer)

    def __exit__(self, *_error):
        self._thread.join()
        self._listener.close()


class GivenToComponent:
    """Records all data that the component gets: arguments of its exports, and results of the Python functions it calls.

    It has no other source of bytes: its five imports are these functions.
    """

    def __init__(self):
        self.values = []

    def __enter__(self):
        call_export, add_function = Func.__call__, LinkerInstance.add_func

        def recorded_call(export, store, *arguments):
            self.values.extend(arguments)
            return call_export(export, store, *arguments)

        def add_recorded_function(linker, name, function):
            def recorded(store, *arguments):
                result = function(store, *arguments)
                self.values.append(result)
                return result

            add_function(linker, name, recorded)

        self._patches = [
            patch.object(Func, "__call__", recorded_call),
            patch.object(LinkerInstance, "add_func", add_recorded_function),
        ]
        for each in self._patches:
            each.start()
        return self

    def __exit__(self, *_error):
        for each in self._patches:
            each.stop()

    def contains(self, text):
        return text.encode() in b"\0".join(bytes_in(self.values))


def bytes_in(value):
    if isinstance(value, bytes):
        yield value
    elif isinstance(value, str):
        yield value.encode()
    elif isinstance(value, (list, tuple)):
        for item in value:
            yield from bytes_in(item)
    elif isinstance(value, (Variant, Record)):
        yield from bytes_in(list(vars(value).values()))


class WhereTheCredentialIs(unittest.TestCase):
    def test_the_component_is_given_it_by_configure(self):
        with GivenToComponent() as given:
            admin = admin_with_key(component, engine, base_url, admin_key)
            self.assertEqual(len(list(all_members(admin))), 25)
        self.assertTrue(given.contains(admin_key))

    def test_the_component_is_never_given_it_when_the_gate_holds_it(self):
        requests = []
        with GivenToComponent() as given:
            admin = admin_behind_gate(component, engine, base_url, admin_key, lambda *seen: requests.append(seen))
            members = list(all_members(admin))
            with self.assertRaises(AdminError):
                admin.call("users", "get", NOBODY)

        self.assertEqual(len(members), 25)
        self.assertTrue(given.contains(members[-1].email), "the search finds text in the data")
        self.assertFalse(given.contains(admin_key))

        self.assertEqual(len(requests), 4)  # Three pages, and one member.
        for request, allowed in requests:
            self.assertTrue(allowed)
            self.assertEqual([name for name, _ in request.headers], HEADERS_OF_THE_COMPONENT)
            self.assertFalse(any(admin_key.encode() in value for _, value in request.headers))
            self.assertNotIn(admin_key, request.path_with_query)


class TheGateRefuses(unittest.TestCase):
    def assert_refused(self, elsewhere, credential=None):
        requests = []
        admin = admin_behind_gate(component, engine, base_url, admin_key, lambda *seen: requests.append(seen))
        admin.configure(elsewhere, credential)
        with self.assertRaises(AdminError) as caught:
            admin.call("organization", "me")
        self.assertEqual(caught.exception.tag, "denied")
        self.assertEqual([allowed for _, allowed in requests], [False])

    def test_another_host(self):
        self.assert_refused("https://collector.example")

    def test_another_port(self):
        self.assert_refused("http://127.0.0.1:9")

    def test_another_path(self):
        self.assert_refused(base_url + "/elsewhere")

    def test_a_path_that_climbs(self):
        self.assert_refused(base_url + "/v1/..")
        self.assert_refused(base_url + "/v1/%2e%2E")

    def test_a_credential_of_the_component(self):
        self.assert_refused(base_url, Variant("admin-key", "sk-ant-admin01-another"))

    def test_an_upstream_that_would_get_the_credential_in_plain_text(self):
        with self.assertRaises(ValueError):
            admin_behind_gate(component, engine, "http://collector.example", admin_key)


if __name__ == "__main__":
    unittest.main()
