// Creates an instance of the component that `npm run build` translated into `generated/`.

import { io } from '@bytecodealliance/preview2-shim';
import { instantiate } from './generated/claude-admin.js';

/**
 * Every instance has separate settings and memory.
 *
 * @param http `{ types, outgoingHandler }`: the only network access of the component.
 * @param startCore Starts one core module. Tests pass their own function, to read the memory of the component.
 */
export async function instantiateAdmin(http, startCore = WebAssembly.instantiate) {
  return withoutSlowRefusals(() =>
    instantiate(
      undefined, // Core modules are read from the folder of the generated code.
      {
        // The component imports only these five interfaces. jco omits the version in the names.
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
 * The code of jco calls `WebAssembly.promising` for each exported function, and uses the plain function if the call
 * throws. Node 22 and older do not have `WebAssembly.promising`, and 130 errors take 4 seconds: for each error, the
 * engine searches its position in a function of more than 100,000 lines. A replacement that returns the plain function
 * has the same result immediately.
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
