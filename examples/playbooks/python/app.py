"""The playbook `my-playbook`: gives another role to every member who has a role."""

import json

from componentize_py_types import Err
from wit_world import exports
from wit_world.exports.playbooks import Manifest, Parameter, Proposal, Step, Table
from wit_world.imports import users
from wit_world.imports.types import Error_Api, Error_Denied, Page

ROLES = ["user", "developer", "billing", "claude-code-user"]


def read(page):
    try:
        return users.list(None, [], page)
    except Err as error:
        match error.value:
            case Error_Api(found):
                why = found.message
            case Error_Denied(found):
                why = found
            case other:
                why = type(other).__name__
        raise Err(f"The members cannot be read: {why}.")


def members():
    """Every member, page by page."""
    after = None
    while True:
        page = read(Page(limit=1000, after_id=after, before_id=None))
        yield from page.data
        after = page.last_id if page.has_more else None
        if after is None:
            return


def word(role):
    """The role in the API, where words are separated by underscores."""
    return role.replace("-", "_")


def role_of(user):
    """The role of a member. Its case is a class such as `OrganizationRole_ClaudeCodeUser`."""
    case = type(user.role).__name__.removeprefix("OrganizationRole_")
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in case).removeprefix("-")


class Playbooks(exports.Playbooks):
    def describe(self) -> list[Manifest]:
        parameters = [
            Parameter("role", "The role that they have.", True, False, ROLES),
            Parameter("new-role", "The role that they get.", True, False, ROLES),
        ]
        return [Manifest("my-playbook", "Give another role to every member who has a role", parameters)]

    def plan(self, name, arguments, now) -> Proposal:
        given = dict(arguments)
        everybody = list(members())
        found = [user for user in everybody if role_of(user) == given["role"]]
        old, new = word(given["role"]), word(given["new-role"])
        steps = [
            Step(
                f"step-{number}",
                "users.update",
                json.dumps({"user-id": user.id, "role": new}),
                f"{user.email} has the role {old}",
                False,
            )
            for number, user in enumerate(found)
        ]
        table = Table("Members", ["email", "id"], [[user.email, user.id] for user in found])
        return Proposal(f"{len(found)} of {len(everybody)} members have the role {old}.", [table], steps)
