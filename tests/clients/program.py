"""Starts the program for a test, and ends it."""

import os
import subprocess
from contextlib import contextmanager

LAST_VARIABLE = "CLAUDE_ADMIN_SIMULATOR_CONTROL"


def program():
    return os.environ.get("CLAUDE_ADMIN", "claude-admin")


def run(*arguments, env):
    return subprocess.run([program(), *arguments], env=env, capture_output=True, text=True, timeout=60)


@contextmanager
def started(*arguments, env=None):
    process = subprocess.Popen([program(), *arguments], stdout=subprocess.PIPE, text=True, env=env)
    try:
        yield process
    finally:
        process.terminate()
        process.wait(timeout=20)
        process.stdout.close()


@contextmanager
def simulator():
    """The variables that lead to a simulator, beside those of this process."""
    with started("simulator") as process:
        variables = {}
        while LAST_VARIABLE not in variables:
            name, _, value = process.stdout.readline().strip().removeprefix("export ").partition("=")
            variables[name] = value
        yield {**os.environ, **variables}
