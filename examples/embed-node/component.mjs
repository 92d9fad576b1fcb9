// Makes an instance of the component that `npm run build` put into `generated/`.

import { io } from '@bytecodealliance/preview2-shim';
import { instantiate } from './generated/claude-admin.js';

/**
 * Every instance has settings and memory of its own.
 *
 * @param http `{ types, outgoingHandler }`: the way out of the component, and its only one.
 * @param startCore Starts one core module. Tests pass their own, to look into the memory of the component.
 */
export async function instantiateAdmin(http, startCore = WebAssembly.instantiate) {
  return withoutSlowRefusals(() =>
    instantiate(
      undefined, // Core modules are read from the folder of the generated code.
      {
        // These five are all that the component imports; jco leaves the version out of the names.
        'wasi:io/error': io.error,
        'wasi:io/poll': io.poll,
        'wasi:io/streams': io.streams,
        'wasi:http/types': http.types,
        'wasi:http/outgoing-handler': http.outgoingHandler,
      },
      startCore,
    ),
  );
}

/**
 * The code of jco tries `WebAssembly.promising` for each exported function, and takes the plain function when that
 * throws. In a Node that does not have it (22 and older), 130 errors take 4 seconds: for each, the engine looks for its
 * place in a function of more than 100,000 lines. A stand-in that returns the plain function leads to the same result
 * at once.
 */
async function withoutSlowRefusals(work) {
  if (WebAssembly.promising) return work();
  WebAssembly.promising = (plainFunction) => plainFunction;
  try {
    return await work();
  } finally {
    delete WebAssembly.promising;
  }
}
