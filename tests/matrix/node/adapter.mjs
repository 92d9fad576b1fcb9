// Calls the component in Node, as the driver of the matrix asks: see ../README.md.

import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { adminBehindGate } from '../../../examples/embed-node/list-members-with-gate.mjs';
import { adminWithKey } from '../../../examples/embed-node/list-members.mjs';
import { account } from '../../../examples/embed-node/members.mjs';

const INSTANTIATE = { gate: adminBehindGate, configure: adminWithKey };

const { credential } = parseArgs({ options: { credential: { type: 'string' } } }).values;
const instantiate = INSTANTIATE[credential];
if (!instantiate) {
  console.error(`--credential ${Object.keys(INSTANTIATE).join('|')}`);
  process.exit(2);
}
const { adminKey } = account();

async function answer({ base_url: baseUrl, interface: name, function: operation, arguments: values }) {
  const admin = await instantiate({ baseUrl, adminKey });
  const called = admin[camelCase(name)][camelCase(operation)];
  if (values.length !== called.length) throw new Error(`${called.length} arguments, not ${values.length}`);
  try {
    return { ok: lifted(called(...values.map(lowered))) };
  } catch (error) {
    if (error?.payload === undefined) throw error; // Only the typed error of a function has one.
    return { err: lifted(error.payload) };
  }
}

/** A value of the protocol as jco takes it. */
function lowered(value) {
  if (value === null) return undefined;
  if (Array.isArray(value)) return value.map(lowered);
  if (typeof value !== 'object') return value;
  if ('$int' in value) return BigInt(value.$int);
  if ('$case' in value) return { tag: value.$case, val: lowered(value.value ?? null) };
  return mapped(value, camelCase, lowered);
}

/** A value of jco as the protocol has it. No record of the component has a field `tag`. */
function lifted(value) {
  if (value === undefined) return null;
  if (typeof value === 'bigint') return { $int: String(value) };
  if (Array.isArray(value)) return value.map(lifted);
  if (typeof value !== 'object') return value;
  if ('tag' in value) return 'val' in value ? { $case: value.tag, value: lifted(value.val) } : { $case: value.tag };
  return mapped(value, kebabCase, lifted);
}

function mapped(record, nameOf, valueOf) {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [nameOf(name), valueOf(value)]));
}

function camelCase(name) {
  return name.replace(/-./g, ([, letter]) => letter.toUpperCase());
}

function kebabCase(name) {
  return name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/** `node:readline` would also end a line at U+2028, which may stand in a JSON string. */
async function* lines(stream) {
  let begun = '';
  for await (const text of stream.setEncoding('utf8')) {
    const [...complete] = (begun + text).split('\n');
    begun = complete.pop();
    yield* complete;
  }
}

function say(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

const { devDependencies } = JSON.parse(
  readFileSync(new URL('../../../examples/embed-node/package.json', import.meta.url), 'utf8'),
);
await instantiate({ baseUrl: 'http://127.0.0.1', adminKey });
say({ runtime: `jco ${devDependencies['@bytecodealliance/jco']} (Node ${process.versions.node})`, credential });
for await (const line of lines(process.stdin)) {
  try {
    say(await answer(JSON.parse(line)));
  } catch (error) {
    say({ trap: String(error) });
  }
}
