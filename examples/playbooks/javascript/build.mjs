// Builds playbook.wasm. The engine gets no features of WASI, because a playbook cannot import any.
import { componentize } from '@bytecodealliance/componentize-js';
import { writeFile } from 'node:fs/promises';

const { component } = await componentize({
  sourcePath: 'playbook.js',
  witPath: 'wit',
  worldName: 'playbook',
  disableFeatures: ['stdio', 'random', 'clocks', 'http', 'fetch-event'],
});
await writeFile('playbook.wasm', component);
