"""Answers `/claude-admin users list` with Bolt for Python and the official Anthropic SDK."""

import argparse
import logging
import multiprocessing
import os
import re
import threading
from functools import partial
from html import escape

import uvicorn
from anthropic import APIError, AsyncAnthropic, DefaultAioHttpClient
from slack_bolt.adapter.asgi.async_handler import AsyncSlackRequestHandler
from slack_bolt.async_app import AsyncApp
from slack_bolt.authorization import AuthorizeResult
from uvicorn.supervisors import Multiprocess

USERS_LIST = re.compile(r"users list(?: --limit ([1-9]\d?))?")
USAGE = "Usage: `/claude-admin users list [--limit N]`, N from 1 to 99."


def application(ready):
    logging.basicConfig(level=logging.WARNING)
    answer_in_body = os.environ.get("ANSWER") == "ack"
    anthropic = AsyncAnthropic(api_key=os.environ["ANTHROPIC_ADMIN_KEY"], http_client=DefaultAioHttpClient())
    # With `token=`, the first command would ask auth.test of slack.com. Bolt takes the token from the environment, too,
    # and warns when there is an `authorize`.
    bot_token = os.environ.pop("SLACK_BOT_TOKEN")

    async def authorize(enterprise_id, team_id):
        return AuthorizeResult(
            enterprise_id=enterprise_id, team_id=team_id, bot_token=bot_token, bot_id="B1", bot_user_id="UBOT"
        )

    app = AsyncApp(
        signing_secret=os.environ["SLACK_SIGNING_SECRET"],
        authorize=authorize,
        # Otherwise Bolt looks for the answer to send every 10 ms.
        process_before_response=answer_in_body,
    )

    @app.command("/claude-admin")
    async def claude_admin(ack, respond, command):
        if answer_in_body:
            await ack(**await answer(anthropic, command["text"]))
        else:
            await ack()
            await respond(**await answer(anthropic, command["text"]))

    ready.send(True)
    return AsyncSlackRequestHandler(app, path="/slack/commands")


async def answer(anthropic, text):
    asked = USERS_LIST.fullmatch(" ".join(text.split()))
    if asked is None:
        return {"response_type": "ephemeral", "text": USAGE}
    try:
        page = await anthropic.organization.users.list(limit=int(asked[1] or 20))
    except APIError as error:
        return {"response_type": "ephemeral", "text": f"The API did not answer: {plain(error.message)}"}
    return {"response_type": "ephemeral", "text": f"{len(page.data)} members", "blocks": blocks(page)}


def blocks(page):
    rows = [row("Email", "Name", "Role", "ID")]
    rows += [row(user.email, user.name, user.role, user.id) for user in page.data]
    count = f"{len(page.data)} members." + (" There are more." if page.has_more else "")
    return [
        {"type": "header", "text": {"type": "plain_text", "text": "Members"}},
        {"type": "table", "rows": rows},
        {"type": "context", "elements": [{"type": "mrkdwn", "text": count}]},
    ]


def row(*cells):
    return [{"type": "raw_text", "text": plain(cell)} for cell in cells]


def plain(text):
    return escape(text, quote=False)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--workers", type=int, default=1)
    workers = parser.parse_args().workers
    started, ready = multiprocessing.Pipe(duplex=False)
    config = uvicorn.Config(
        partial(application, ready),
        factory=True,
        host="127.0.0.1",
        port=int(os.environ["PORT"]),
        workers=workers,
        log_level="warning",
        access_log=False,
    )
    listener = config.bind_socket()
    listener.listen(config.backlog)
    threading.Thread(target=announce, args=(started, workers, listener.getsockname()[1]), daemon=True).start()
    if workers == 1:
        uvicorn.Server(config).run([listener])
    else:
        Multiprocess(config, [listener]).run()


def announce(started, workers, port):
    for _ in range(workers):
        started.recv()
    print(f"listening on http://127.0.0.1:{port}", flush=True)


if __name__ == "__main__":
    main()
