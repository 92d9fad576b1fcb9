// The code that both examples share. It does not depend on the place of the credential.

const PAGE_SIZE = 10;

/** All members of the organization, page by page. */
export function* allMembers(admin) {
  let afterId;
  do {
    const page = admin.users.list(undefined, [], { limit: PAGE_SIZE, afterId, beforeId: undefined });
    yield* page.data;
    afterId = page.hasMore ? page.lastId : undefined;
  } while (afterId);
}

export function printMembers(admin) {
  for (const { id, email, role } of allMembers(admin)) {
    // A role that is newer than the component is `other` with its name.
    console.log([id, role.tag === 'other' ? role.val : role.tag, email].join('\t'));
  }
}

/** The upstream and the credential, from the variables that `claude-admin simulator` prints. */
export function account() {
  const { ANTHROPIC_BASE_URL, ANTHROPIC_ADMIN_KEY } = process.env;
  if (!ANTHROPIC_ADMIN_KEY) {
    console.error('Set ANTHROPIC_ADMIN_KEY. If the upstream is not https://api.anthropic.com, set ANTHROPIC_BASE_URL.');
    process.exit(2);
  }
  return { baseUrl: ANTHROPIC_BASE_URL ?? 'https://api.anthropic.com', adminKey: ANTHROPIC_ADMIN_KEY };
}
