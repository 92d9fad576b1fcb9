// `wasi:http` for the component, over the one of jco's preview2-shim.
//
// The shim sends from a thread of its own and makes the calling thread wait, so that a call of the component is an
// ordinary function call. Three habits of the shim are corrected here; nothing is added to a request.

import { http } from '@bytecodealliance/preview2-shim';

export const types = { ...http.types, httpErrorCode };

/** When an answer breaks off, the shim gives an error of Node in place of a code, and jco throws on it. */
function httpErrorCode(error) {
  const code = http.types.httpErrorCode(error);
  return code.tag ? code : { tag: 'HTTP-response-incomplete' };
}

/** Sends the request of the component as it is. */
export const outgoingHandler = { handle: send };

export function send(request, options) {
  // The shim stops waiting for an answer after the time that was meant for connecting.
  options?.setConnectTimeout(options.firstByteTimeout());

  // The shim takes a request for unfinished until its body ends, even when the component never asked for a body.
  const unusedBody = bodyUnlessTaken(request);
  const answer = http.outgoingHandler.handle(request, options);
  if (unusedBody) types.OutgoingBody.finish(unusedBody, undefined);
  return answer;
}

function bodyUnlessTaken(request) {
  try {
    return request.body();
  } catch {
    return undefined; // A body is handed out once: the component has it, and ends it.
  }
}
