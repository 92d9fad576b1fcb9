// A `wasi:http` that stores the credential, so the component does not need it.
//
// The component makes a request without a credential. If the target is the upstream, the gate copies the request, adds
// the credential to the copy, and sends the copy. No handle of the component refers to the copy.

import { send, types } from './node-http.mjs';

const CREDENTIAL_HEADERS = ['x-api-key', 'authorization', 'proxy-authorization', 'cookie'];
const DENIED = { tag: 'HTTP-request-denied' };

/**
 * @param upstream The allowed target of requests: a base URL, with or without a path.
 * @param credentialHeader `['x-api-key', KEY]` or `['authorization', 'Bearer TOKEN']`.
 * @param onRequest Is called for each request of the component, with the request before the credential was added.
 */
export function credentialGate(upstream, credentialHeader, onRequest = () => {}) {
  const { origin, pathname } = new URL(upstream);
  const allowedPaths = `${pathname.replace(/\/+$/, '')}/v1/`;

  function handle(request, options) {
    const headers = request.headers().entries();
    const { url, path } = target(request);
    const method = request.method().tag.toUpperCase();
    const allowed =
      url?.origin === origin &&
      // The compared path must be the path that is sent. A path with `..`, for example, would differ.
      url.pathname === path &&
      path.startsWith(allowedPaths) &&
      !headers.some(([name]) => CREDENTIAL_HEADERS.includes(name.toLowerCase()));
    onRequest({ method, url: url?.href, headers, allowed });
    if (!allowed) throw DENIED;

    const [name, value] = credentialHeader;
    const departing = copy(request, [...headers, [name, new TextEncoder().encode(value)]]);
    request.connectBodyTo(departing);
    return send(departing, options);
  }

  return {
    types: { ...types, OutgoingRequest: HeldRequest, OutgoingBody: HeldBody },
    outgoingHandler: { handle },
  };
}

function target(request) {
  const scheme = request.scheme()?.tag.toLowerCase();
  const pathWithQuery = request.pathWithQuery() ?? '';
  const address = `${scheme}://${request.authority()}${pathWithQuery}`;
  return { url: URL.canParse(address) ? new URL(address) : undefined, path: pathWithQuery.split('?')[0] };
}

function copy(request, headers) {
  const copied = new types.OutgoingRequest(types.Fields.fromList(headers));
  copied.setMethod(request.method());
  copied.setScheme(request.scheme());
  copied.setAuthority(request.authority());
  copied.setPathWithQuery(request.pathWithQuery());
  return copied;
}

/** The request of the component. It is never sent. */
class HeldRequest extends types.OutgoingRequest {
  #body;

  constructor(headers) {
    super(headers);
    super.body()[Symbol.dispose ?? Symbol.for('dispose')](); // Bytes of a body are written to the copy.
  }

  body() {
    if (this.#body) throw undefined; // The error of `wasi:http` for a second time.
    this.#body = new HeldBody();
    return this.#body;
  }

  connectBodyTo(departing) {
    this.#body?.connectTo(departing.body());
  }
}

/**
 * The body of the component. It can be written only after the request was passed to the handler. The component does
 * these steps in this order.
 */
class HeldBody {
  #departing;

  connectTo(departing) {
    this.#departing = departing;
  }

  write() {
    if (!this.#departing) throw undefined; // The error of `wasi:http` for a body that cannot be written.
    return this.#departing.write();
  }

  static finish(body, trailers) {
    if (body.#departing) types.OutgoingBody.finish(body.#departing, trailers);
  }
}
