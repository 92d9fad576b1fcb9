// Lists the members. The gate stores the credential: no data that the component gets contains it.

import { pathToFileURL } from 'node:url';
import { instantiateAdmin } from './component.mjs';
import { credentialGate } from './credential-gate.mjs';
import { account, printMembers } from './members.mjs';

export async function adminBehindGate({ baseUrl, adminKey }, onRequest, startCore) {
  const gate = credentialGate(baseUrl, ['x-api-key', adminKey], onRequest);
  const admin = await instantiateAdmin(gate, startCore);
  admin.settings.configure(baseUrl, undefined, undefined); // Sets the upstream, and no credential.
  return admin;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) printMembers(await adminBehindGate(account()));
