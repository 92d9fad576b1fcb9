// Exports the component from claude-admin, and translates it to core modules and JavaScript in `generated/`.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { transpile } from '@bytecodealliance/jco';

const claudeAdmin = process.env.CLAUDE_ADMIN ?? 'claude-admin';
const generated = fileURLToPath(new URL('generated/', import.meta.url));
const componentFile = join(generated, 'claude-admin.wasm');

rmSync(generated, { recursive: true, force: true });
mkdirSync(generated);
try {
  execFileSync(claudeAdmin, ['plugin', 'export', componentFile], { stdio: 'inherit' });
} catch (error) {
  console.error(`${claudeAdmin} could not be run (${error.message}). Add it to PATH, or set CLAUDE_ADMIN.`);
  process.exit(1);
}

const { files } = await transpile(readFileSync(componentFile), {
  name: 'claude-admin',
  instantiation: 'async', // Imports are passed at run time, so an embedder can pass a gate.
});
for (const [name, content] of Object.entries(files)) {
  const file = join(generated, name);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, content);
}
