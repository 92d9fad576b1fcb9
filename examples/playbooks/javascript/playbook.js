// The playbook `my-playbook`: gives another role to every member who has a role.

import { list } from 'claude:admin/users@0.1.0';

const ROLES = ['user', 'developer', 'billing', 'claude-code-user'];

// The text of an error reaches the user only if it is thrown as a text.
function told(run) {
  try {
    return run();
  } catch (error) {
    throw typeof error === 'string' ? error : `The playbook failed: ${error?.message ?? error}.`;
  }
}

function read(page) {
  try {
    return list(undefined, [], page);
  } catch (error) {
    const { tag, val } = error.payload ?? {};
    const why = { api: val?.message, denied: val }[tag] ?? tag ?? error.message;
    throw `The members cannot be read: ${why}.`;
  }
}

// Every member, page by page.
function members() {
  const all = [];
  let afterId;
  do {
    const page = read({ limit: 1000, afterId, beforeId: undefined });
    all.push(...page.data);
    afterId = page.hasMore ? page.lastId : undefined;
  } while (afterId);
  return all;
}

export const playbooks = {
  describe() {
    const parameter = (name, summary) => ({ name, summary, required: true, repeats: false, values: ROLES });
    const parameters = [parameter('role', 'The role that they have.'), parameter('new-role', 'The role that they get.')];
    return [{ name: 'my-playbook', summary: 'Give another role to every member who has a role', parameters }];
  },

  plan(name, given, now) {
    return told(() => {
      const { role: old, 'new-role': next } = Object.fromEntries(given);
      const everybody = members();
      const found = everybody.filter((user) => user.role.tag === old);
      // In the API, words are separated by underscores.
      const word = (role) => role.replaceAll('-', '_');
      return {
        summary: `${found.length} of ${everybody.length} members have the role ${word(old)}.`,
        tables: [{ caption: 'Members', columns: ['email', 'id'], rows: found.map((user) => [user.email, user.id]) }],
        steps: found.map((user, number) => ({
          id: `step-${number}`,
          action: 'users.update',
          arguments: JSON.stringify({ 'user-id': user.id, role: word(next) }),
          why: `${user.email} has the role ${word(old)}`,
          optional: false,
        })),
      };
    });
  },
};
