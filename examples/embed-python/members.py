"""The code that both examples share. It does not depend on the place of the credential."""

import os
import sys

from component import record

PAGE_SIZE = 10


def all_members(admin):
    """All members of the organization, page by page."""
    after_id = None
    while True:
        wanted = record({"limit": PAGE_SIZE, "after-id": after_id, "before-id": None})
        page = admin.call("users", "list", None, [], wanted)
        yield from page.data
        if not getattr(page, "has-more"):
            return
        after_id = getattr(page, "last-id")


def print_members(admin):
    for member in all_members(admin):
        # A role that is newer than the component is `other` with its name.
        print(member.id, member.role.payload or member.role.tag, member.email, sep="\t")


def account():
    """The upstream and the credential, from the variables that `claude-admin simulator` prints."""
    admin_key = os.environ.get("ANTHROPIC_ADMIN_KEY")
    if not admin_key:
        sys.exit("Set ANTHROPIC_ADMIN_KEY. If the upstream is not https://api.anthropic.com, set ANTHROPIC_BASE_URL.")
    return os.environ.get("ANTHROPIC_BASE_URL", "https://api.anthropic.com"), admin_key
