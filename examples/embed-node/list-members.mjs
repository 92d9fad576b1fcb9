// Lists the members. The credential is in the memory of the component until the instance is dropped.

import { pathToFileURL } from 'node:url';
import { instantiateAdmin } from './component.mjs';
import { account, printMembers } from './members.mjs';
import * as nodeHttp from './node-http.mjs';

export async function adminWithKey({ baseUrl, adminKey }, startCore) {
  const admin = await instantiateAdmin(nodeHttp, startCore);
  admin.settings.configure(baseUrl, { tag: 'admin-key', val: adminKey }, undefined);
  return admin;
}

if (import.meta.url === pathToFileURL(process.argv[1]).href) printMembers(await adminWithKey(account()));
