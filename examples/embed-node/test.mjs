// Runs both examples against the simulator: `npm run build`, then `npm test`.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { after, before, describe, test } from 'node:test';
import { adminBehindGate } from './list-members-with-gate.mjs';
import { adminWithKey } from './list-members.mjs';
import { allMembers } from './members.mjs';

const NOBODY = 'user_01AAAAAAAAAAAAAAAAAAAAAA';

let simulator;
let account;

before(async () => {
  const program = process.env.CLAUDE_ADMIN ?? 'claude-admin';
  simulator = spawn(program, ['simulator'], { stdio: ['ignore', 'pipe', 'inherit'] });
  account = await printedAccount(simulator);
});

after(() => simulator.kill());

/** The addresses and the invented key that the simulator prints. */
async function printedAccount({ stdout }) {
  let printed = '';
  for await (const text of stdout.setEncoding('utf8').iterator({ destroyOnReturn: false })) {
    printed += text;
    const variable = (name) => printed.match(new RegExp(`^export ${name}=(.*)\\n`, 'm'))?.[1];
    const found = {
      baseUrl: variable('ANTHROPIC_BASE_URL'),
      adminKey: variable('ANTHROPIC_ADMIN_KEY'),
      control: variable('CLAUDE_ADMIN_SIMULATOR_CONTROL'),
    };
    if (Object.values(found).every(Boolean)) return found;
  }
  throw new Error(`the simulator ended after printing: ${printed}`);
}

/** Starts core modules as usual, and stores them, so a test can search the memory of the component. */
function keptCores() {
  const cores = [];
  return {
    start: async (module, imports) => {
      const core = await WebAssembly.instantiate(module, imports);
      cores.push(core);
      return core;
    },
    hold: (text) =>
      cores.some(({ exports }) => exports.memory && Buffer.from(exports.memory.buffer).includes(text)),
  };
}

/** The typed error with which a call of the component fails. */
function errorOf(call) {
  try {
    call();
  } catch (error) {
    if (error.payload === undefined) throw error;
    return error.payload;
  }
  assert.fail('the call succeeded');
}

/** Options of WIT are positional, and `undefined` if they are absent. */
function createWorkspace(admin, name) {
  return admin.workspaces.create(name, undefined, undefined, undefined, undefined, [], undefined);
}

const WAYS = {
  'the component has the credential': () => adminWithKey(account),
  'the gate has the credential': () => adminBehindGate(account),
};

for (const [way, instantiate] of Object.entries(WAYS)) {
  describe(way, () => {
    let admin;
    before(async () => {
      admin = await instantiate();
    });

    test('all members are listed', async () => {
      const answer = await fetch(`${account.baseUrl}/v1/organizations/users?limit=1000`, {
        headers: { 'x-api-key': account.adminKey, 'anthropic-version': '2023-06-01' },
      });
      const { data } = await answer.json();
      const idAndEmail = ({ id, email }) => ({ id, email });
      assert.equal(data.length, 25);
      assert.deepEqual([...allMembers(admin)].map(idAndEmail), data.map(idAndEmail));
    });

    test('an error of the API is a typed error', () => {
      const { tag, val } = errorOf(() => admin.users.get(NOBODY));
      assert.equal(tag, 'api');
      assert.equal(val.status, 404);
      assert.equal(val.kind, 'not_found_error');
      assert.match(val.requestId, /^req_/);
    });

    test('an invalid argument fails before anything is sent', () => {
      const { tag, val } = errorOf(() => admin.users.get(''));
      assert.equal(tag, 'invalid-argument');
      assert.equal(val.name, 'user-id');
    });

    test('a request with a body is sent completely', () => {
      const created = createWorkspace(admin, `Made while ${way} – ✓`);
      assert.equal(created.name, `Made while ${way} – ✓`);
    });

    test('a POST without a body gets a response', () => {
      const { id } = createWorkspace(admin, `Archived while ${way}`);
      assert.ok(admin.workspaces.archive(id).archivedAt);
    });

    test('an unreachable upstream is a typed error', async () => {
      const unreachable = { ...account, baseUrl: 'http://127.0.0.1:9' };
      const other = await (way.startsWith('the gate') ? adminBehindGate(unreachable) : adminWithKey(unreachable));
      const { tag, val } = errorOf(() => other.organization.me());
      assert.equal(tag, 'transport');
      assert.equal(val.problem, 'connection-refused');
    });

    test('a truncated response is a typed error', async () => {
      const fault = JSON.stringify({ effect: 'truncate' }); // Only for the next request.
      const { ok } = await fetch(`${account.control}/faults`, { method: 'POST', body: fault });
      assert.ok(ok);
      const { tag, val } = errorOf(() => admin.organization.me());
      assert.equal(tag, 'transport');
      assert.equal(val.problem, 'incomplete');
    });
  });
}

describe('the place of the credential', () => {
  test('the memory of the component contains it if configure got it', async () => {
    const cores = keptCores();
    const admin = await adminWithKey(account, cores.start);
    assert.equal([...allMembers(admin)].length, 25);
    assert.ok(cores.hold(account.adminKey));
  });

  test('the memory and the requests of the component never contain it if the gate has it', async () => {
    const cores = keptCores();
    const requests = [];
    const admin = await adminBehindGate(account, (request) => requests.push(request), cores.start);
    assert.equal([...allMembers(admin)].length, 25);
    errorOf(() => admin.users.get(NOBODY));

    assert.ok(cores.hold(account.baseUrl.slice('http://'.length)), 'the search finds text in the memory');
    assert.ok(!cores.hold(account.adminKey));

    assert.equal(requests.length, 4); // Three pages, and one member.
    for (const { method, headers, allowed } of requests) {
      assert.ok(allowed);
      assert.equal(method, 'GET');
      assert.deepEqual(headers.map(([name]) => name), ['accept', 'anthropic-version', 'user-agent']);
      assert.ok(!headers.some(([, value]) => Buffer.from(value).includes(account.adminKey)));
    }
  });
});

describe('the gate blocks', () => {
  async function refused(settings) {
    const requests = [];
    const admin = await adminBehindGate(account, (request) => requests.push(request));
    admin.settings.configure(...settings);
    const error = errorOf(() => admin.organization.me());
    assert.equal(requests.length, 1);
    assert.equal(requests[0].allowed, false);
    return error.tag;
  }

  test('another host', async () => {
    assert.equal(await refused(['https://collector.example', undefined, undefined]), 'denied');
  });

  test('another port', async () => {
    assert.equal(await refused(['http://127.0.0.1:9', undefined, undefined]), 'denied');
  });

  test('another path', async () => {
    assert.equal(await refused([`${account.baseUrl}/elsewhere`, undefined, undefined]), 'denied');
  });

  test('a path with `..`', async () => {
    assert.equal(await refused([`${account.baseUrl}/v1/..`, undefined, undefined]), 'denied');
  });

  test('a credential of the component', async () => {
    const credential = { tag: 'admin-key', val: 'sk-ant-admin01-another' };
    assert.equal(await refused([account.baseUrl, credential, undefined]), 'denied');
  });
});
