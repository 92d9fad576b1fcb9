"""The OpenAPI document: valid, and true of the server, as Schemathesis finds out by calling every operation."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
import urllib.request
from pathlib import Path

from openapi_spec_validator import validate

from program import run, started

TOKEN = "token-of-a-test-of-the-api"
CONFIG = """
[upstream]
simulate = true
[http]
listen = "127.0.0.1:0"
[[http.clients]]
name = "schemathesis"
token_env = "SCHEMATHESIS_TOKEN"
[groups]
everybody = ["http:schemathesis"]
"""
POLICY = 'permit(principal in Group::"everybody", action, resource);\n'


class OpenApiTest(unittest.TestCase):
    def setUp(self):
        folder = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (folder / "claude-admin.toml").write_text(CONFIG)
        (folder / "policy.cedar").write_text(POLICY)
        env = {**os.environ, "SCHEMATHESIS_TOKEN": TOKEN, "CLAUDE_ADMIN_LOG": "error"}
        self.folder, self.env = folder, env
        server = self.enterContext(started("serve", "--config", folder / "claude-admin.toml", env=env))
        self.url = server.stdout.readline().removeprefix("listening on ").strip()

    def document(self):
        with urllib.request.urlopen(f"{self.url}/v1/openapi.json", timeout=10) as answer:
            return json.load(answer)

    def test_the_document_is_valid_and_the_one_that_the_command_line_writes(self):
        document = self.document()
        validate(document)
        written = run("actions", "-o", "openapi", env=self.env)
        self.assertEqual(json.loads(written.stdout), document)

    def test_the_server_keeps_to_it(self):
        checks = "status_code_conformance,content_type_conformance,response_schema_conformance,response_headers_conformance"
        called = subprocess.run(
            [
                Path(sys.executable).with_name("schemathesis"),
                "run",
                f"{self.url}/v1/openapi.json",
                f"--header=Authorization: Bearer {TOKEN}",
                f"--checks={checks}",
                "--phases=examples,coverage,fuzzing",
                "--max-examples=4",
                "--generation-deterministic",
                "--suppress-health-check=all",
                "--no-color",
            ],
            cwd=self.folder,
            capture_output=True,
            text=True,
            timeout=900,
        )
        self.assertEqual(called.returncode, 0, called.stdout[-6000:] + called.stderr[-2000:])


if __name__ == "__main__":
    unittest.main()
