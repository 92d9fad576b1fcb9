// `wasi:http` for the component, based on the implementation of jco's preview2-shim.
//
// The shim sends from a separate thread and blocks the calling thread, so a call of the component is an ordinary
// function call. This file corrects three errors of the shim. It adds nothing to a request.

import { http } from '@bytecodealliance/preview2-shim';

export const types = { ...http.types, httpErrorCode };

/** If a response is truncated, the shim returns an error of Node instead of a code, and jco throws an error. */
function httpErrorCode(error) {
  const code = http.types.httpErrorCode(error);
  return code.tag ? code : { tag: 'HTTP-response-incomplete' };
}

/** Sends the request of the component unchanged. */
export const outgoingHandler = { handle: send };

export function send(request, options) {
  // The shim uses the connect timeout as the timeout for the response.
  options?.setConnectTimeout(options.firstByteTimeout());

  // The shim handles a request as unfinished until its body ends, even if the component never requested a body.
  const unusedBody = bodyUnlessTaken(request);
  const answer = http.outgoingHandler.handle(request, options);
  if (unusedBody) types.OutgoingBody.finish(unusedBody, undefined);
  return answer;
}

function bodyUnlessTaken(request) {
  try {
    return request.body();
  } catch {
    return undefined; // The shim returns a body only once. The component has it, and ends it.
  }
}
