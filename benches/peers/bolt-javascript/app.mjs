// Answers `/claude-admin users list` with Bolt for JavaScript and the official Anthropic SDK.

import cluster from 'node:cluster';
import { parseArgs } from 'node:util';

const { workers } = parseArgs({ options: { workers: { type: 'string', default: '1' } } }).values;

if (cluster.isPrimary && Number(workers) > 1) {
  lead(Number(workers));
} else {
  await serve();
}

function lead(workers) {
  let listening = 0;
  cluster.on('listening', (_, { port }) => {
    listening += 1;
    if (listening === workers) announce(port);
  });
  for (let i = 0; i < workers; i += 1) cluster.fork();
  process.on('SIGTERM', () => cluster.disconnect(() => process.exit()));
}

async function serve() {
  // Here, so that the primary of a cluster does not load what it does not use.
  const [{ App, HTTPReceiver, LogLevel }, { default: Anthropic, APIError }] = await Promise.all([
    import('@slack/bolt'),
    import('@anthropic-ai/sdk'),
  ]);
  const answerInBody = process.env.ANSWER === 'ack';
  const anthropic = new Anthropic({ apiKey: process.env.ANTHROPIC_ADMIN_KEY });
  const app = new App({
    logLevel: LogLevel.WARN,
    receiver: new HTTPReceiver({
      signingSecret: process.env.SLACK_SIGNING_SECRET,
      endpoints: '/slack/commands',
      logLevel: LogLevel.WARN,
    }),
    // With `token`, Bolt would ask auth.test of slack.com.
    authorize: async () => ({ botToken: process.env.SLACK_BOT_TOKEN, botId: 'B1', botUserId: 'UBOT' }),
  });

  app.command('/claude-admin', async ({ ack, respond, command }) => {
    if (answerInBody) {
      await ack(await answer(anthropic, APIError, command.text));
    } else {
      await ack();
      await respond(await answer(anthropic, APIError, command.text));
    }
  });

  const server = await app.start({ host: '127.0.0.1', port: Number(process.env.PORT) });
  if (cluster.isPrimary) announce(server.address().port);
  process.on('SIGTERM', async () => {
    await app.stop();
    process.exit();
  });
}

function announce(port) {
  console.log(`listening on http://127.0.0.1:${port}`);
}

async function answer(anthropic, APIError, text) {
  const asked = /^users list(?: --limit ([1-9]\d?))?$/.exec(text.trim().replace(/\s+/g, ' '));
  if (!asked) return ephemeral('Usage: `/claude-admin users list [--limit N]`, N from 1 to 99.');
  try {
    const page = await anthropic.organization.users.list({ limit: Number(asked[1] ?? 20) });
    return ephemeral(`${page.data.length} members`, blocks(page));
  } catch (error) {
    if (!(error instanceof APIError)) throw error;
    return ephemeral(`The API did not answer: ${plain(error.message)}`);
  }
}

function ephemeral(text, blocks) {
  return { response_type: 'ephemeral', text, blocks };
}

function blocks(page) {
  const rows = [
    row('Email', 'Name', 'Role', 'ID'),
    ...page.data.map((user) => row(user.email, user.name, user.role, user.id)),
  ];
  const count = `${page.data.length} members.${page.has_more ? ' There are more.' : ''}`;
  return [
    { type: 'header', text: { type: 'plain_text', text: 'Members' } },
    { type: 'table', rows },
    { type: 'context', elements: [{ type: 'mrkdwn', text: count }] },
  ];
}

function row(...cells) {
  return cells.map((cell) => ({ type: 'raw_text', text: plain(cell) }));
}

const ESCAPES = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

function plain(text) {
  return text.replace(/[&<>]/g, (character) => ESCAPES[character]);
}
