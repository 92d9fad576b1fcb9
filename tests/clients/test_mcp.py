"""The MCP server, through the official client for Python."""

import json
import tempfile
import unittest
from contextlib import asynccontextmanager

from jsonschema import Draft202012Validator
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

from program import program, run, simulator

HOST_TOOLS = {"status", "resume", "pending", "whoami", "can_i"}


@asynccontextmanager
async def connected(env, *arguments):
    server = StdioServerParameters(command=program(), args=["mcp", *arguments], env=env)
    async with stdio_client(server) as streams, ClientSession(*streams) as session:
        await session.initialize()
        yield session


class McpTest(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.env = self.enterContext(simulator())
        self.env["XDG_STATE_HOME"] = self.enterContext(tempfile.TemporaryDirectory())

    async def call(self, session, tool, **arguments):
        result = await session.call_tool(tool, arguments)
        answer = result.structured_content
        self.assertEqual(json.loads(result.content[0].text), answer)
        return result.is_error, answer

    def members(self):
        listed = run("run", "-o", "json", "--", "users", "list", "--limit", "100", env=self.env)
        return [member["id"] for member in json.loads(listed.stdout)["data"]]

    def role(self, member):
        return json.loads(run("run", "-o", "json", "--", "users", "get", member, env=self.env).stdout)["role"]

    async def test_every_action_is_a_tool_with_a_valid_schema(self):
        actions = json.loads(run("actions", "-o", "json", env=self.env).stdout)
        async with connected(self.env) as session:
            tools = {tool.name: tool for tool in (await session.list_tools()).tools}
            # What people wrote, and a secret that is shown once, are never passed to a model.
            offered, secrets = [], 0
            for action in actions:
                if action["id"].replace(".", "_") in tools:
                    self.assertNotEqual(action["risk"], "confidential")
                    offered.append(action)
                elif action["risk"] != "confidential":
                    _, answer = await self.call(session, "can_i", command=action["examples"][0])
                    self.assertEqual(answer["outcome"], "denied")
                    self.assertIn("contains a secret", json.dumps(answer))
                    secrets += 1
        playbooks = {name: tool for name, tool in tools.items() if name.startswith("playbooks_")}
        listed = run("playbook", "list", env=self.env).stdout
        self.assertEqual(len(playbooks), listed.count("sha256:"))
        self.assertEqual(len(tools.keys() - HOST_TOOLS - playbooks.keys()), len(offered))
        self.assertGreater(secrets, 0)
        for tool in playbooks.values():
            Draft202012Validator.check_schema(tool.input_schema)
            # The proposal of a playbook is an operation, which waits for a person.
            self.assertFalse(tool.annotations.read_only_hint)
        for action in offered:
            tool = tools[action["id"].replace(".", "_")]
            Draft202012Validator.check_schema(tool.input_schema)
            self.assertEqual(tool.annotations.read_only_hint, action["risk"] == "read")
            self.assertEqual(tool.annotations.destructive_hint, action["risk"] in ("disruptive", "irreversible"))
            self.assertIn(action["summary"].split(".")[0], tool.description)

    async def test_a_read_answers_at_once(self):
        async with connected(self.env) as session:
            failed, answer = await self.call(session, "users_list", limit=2)
        self.assertFalse(failed)
        self.assertEqual((answer["outcome"], len(answer["result"]["data"])), ("done", 2))

    async def test_a_mistake_is_told_to_the_model(self):
        async with connected(self.env) as session:
            for arguments, word in (
                ({"limit": "many"}, "limit"),
                ({"lmit": 2}, "limit"),
                ({"limit": 0}, "limit"),
                ({"dry_run": True}, "dry"),
            ):
                failed, answer = await self.call(session, "users_list", **arguments)
                self.assertTrue(failed)
                self.assertEqual(answer["outcome"], "usage")
                self.assertIn(word, answer["error"]["message"])
            failed, answer = await self.call(session, "users_get", user_id="user_none")
            self.assertEqual((failed, answer["outcome"]), (True, "not_found"))

    async def test_a_model_proposes_and_a_person_confirms(self):
        member = self.members()[5]
        async with connected(self.env) as session:
            failed, proposed = await self.call(session, "users_update", user_id=member, role="billing", reason="moves")
            self.assertEqual((failed, proposed["outcome"]), (False, "waiting"))
            operation = proposed["operation_id"]
            self.assertNotEqual(self.role(member), "billing")

            # No word of a model is a confirmation.
            for word in ("yes", "confirm", "approve"):
                failed, answer = await self.call(
                    session, "users_update", user_id=member, role="billing", **{word: True}
                )
                self.assertEqual((failed, answer["outcome"]), (True, "usage"))
            for tool in ("confirm", "approve", "audit", "users_update --yes"):
                with self.assertRaisesRegex(Exception, "no tool"):
                    await session.call_tool(tool, {"operation": operation})
            # Nor does the one argument of a tool lead to another command.
            failed, _ = await self.call(session, "status", operation=f"{operation}\nconfirm {operation}")
            self.assertTrue(failed)
            self.assertNotEqual(self.role(member), "billing")

            confirmed = run("run", "-o", "json", "--", "confirm", operation, env=self.env)
            self.assertEqual(confirmed.returncode, 0, confirmed.stdout + confirmed.stderr)
            self.assertEqual(self.role(member), "billing")
            failed, status = await self.call(session, "status", operation=operation)
            self.assertEqual((failed, status["result"]["state"]), (False, "done"))

    async def test_what_nobody_else_can_approve_is_denied(self):
        member = self.members()[5]
        async with connected(self.env) as session:
            _, proposed = await self.call(session, "users_remove", user_id=member, reason="left in May")
        self.assertEqual(proposed["outcome"], "denied")
        self.assertIn("no other user can give it", json.dumps(proposed))
        self.assertIn(member, self.members())

    async def test_a_policy_decides_what_is_offered_and_done(self):
        folder = self.enterContext(tempfile.TemporaryDirectory())
        person = json.loads(run("run", "-o", "json", "--", "whoami", env=self.env).stdout)["principal"]
        with open(f"{folder}/claude-admin.toml", "w") as config:
            config.write(f'[groups]\nreaders = ["{person}"]\n')
        with open(f"{folder}/policy.cedar", "w") as policy:
            policy.write(
                'permit(principal in Group::"readers", action in Action::"read", resource);\n'
                'forbid(principal, action == Action::"cost.report", resource == Place::"mcp");\n'
            )
        async with connected(self.env, "--config", f"{folder}/claude-admin.toml") as session:
            offered = {tool.name for tool in (await session.list_tools()).tools}
            self.assertIn("users_list", offered)
            self.assertNotIn("users_remove", offered)
            failed, answer = await self.call(session, "users_remove", user_id="user_none")
            self.assertEqual((failed, answer["outcome"]), (True, "denied"))
            _, answer = await self.call(session, "can_i", command="cost report 7d")
            self.assertEqual(answer["outcome"], "denied")

    async def test_secret_is_not_made_for_a_model(self):
        listed = json.loads(run("run", "-o", "json", "--", "tunnels", "list", env=self.env).stdout)
        async with connected(self.env) as session:
            tunnel = listed["data"][0]["id"]
            failed, denied = await self.call(session, "tunnels_reveal-token", tunnel_id=tunnel, reason="a test")
        self.assertEqual((failed, denied["outcome"]), (True, "denied"), denied)
        self.assertIn("Nothing was sent", json.dumps(denied))
        shown = run("run", "-o", "json", "--", "tunnels", "reveal-token", tunnel, "--reason", "a test", "--yes", env=self.env)
        self.assertTrue(json.loads(shown.stdout)["tunnel_token"], shown.stderr)


if __name__ == "__main__":
    unittest.main()
