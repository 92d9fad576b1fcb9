"""Prints the name of the organization."""

import os

from anthropic import Anthropic

print(Anthropic(api_key=os.environ["ANTHROPIC_ADMIN_KEY"]).organization.retrieve().name)
