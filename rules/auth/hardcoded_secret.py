"""A secret key written in the source.

## What it does

Finds strings that are keys of well-known services by their form (OpenAI, Anthropic, Stripe, AWS, GitHub, Google,
Slack, SendGrid, Resend and others), private keys, and signed tokens.

## Why is this bad?

Whoever can read the repository can use the key, forever: it stays in the history when it is removed. Code that is
imported by a client as well is sent to every browser.

## Example

```ts
const openai = new OpenAI({ apiKey: "sk-proj-…" });
```

## Use instead

```ts
const openai = new OpenAI({ apiKey: process.env.OPENAI_API_KEY });
```

## Known limits

Silent about keys without a form of their own, about keys for a service's test mode, about what is plainly a
placeholder (`sk-your-key-here`), and in tests.

## References

* https://docs.convex.dev/production/environment-variables
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from biconvex.lint.finding import Severity
from biconvex.lint.lookup import strings_matching
from biconvex.lint.rule import Case, Problem, Rule
from biconvex.rules.auth.unattended import is_test

if TYPE_CHECKING:
    from collections.abc import Iterator

    from biconvex.lint.model import Backend

__all__ = ["HardcodedSecret"]

_FORMS = (
    ("an Anthropic key", rb"sk-ant-[a-z0-9]+-[A-Za-z0-9_-]{30,}"),
    ("an OpenAI key", rb"sk-(?!ant-)[A-Za-z0-9_-]{30,}"),
    ("a Stripe key", rb"sk_live_[0-9A-Za-z]{16,}"),
    ("a Stripe key", rb"rk_live_[0-9A-Za-z]{16,}"),
    ("a webhook's signing secret", rb"whsec_[A-Za-z0-9+/=]{24,}"),
    ("an AWS access key", rb"AKIA[0-9A-Z]{16}(?![0-9A-Z])"),
    ("a GitHub token", rb"ghp_[A-Za-z0-9]{36}"),
    ("a GitHub token", rb"gho_[A-Za-z0-9]{36}"),
    ("a GitHub token", rb"github_pat_[A-Za-z0-9_]{60,}"),
    ("a GitLab token", rb"glpat-[A-Za-z0-9_-]{20,}"),
    ("a Google API key", rb"AIza[0-9A-Za-z_-]{35}"),
    ("a Slack token", rb"xox[abprs]-[0-9]{6,}-[A-Za-z0-9-]{10,}"),
    ("a SendGrid key", rb"SG\.[A-Za-z0-9_-]{22}\.[A-Za-z0-9_-]{43}"),
    ("a Resend key", rb"re_[A-Za-z0-9]{8}_[A-Za-z0-9]{24}"),
    ("an npm token", rb"npm_[A-Za-z0-9]{36}"),
    ("a signed token", rb"eyJ[A-Za-z0-9_-]{15,}\.eyJ[A-Za-z0-9_-]{15,}\.[A-Za-z0-9_-]{30,}"),
    ("a private key", rb"PRIVATE KEY-----(?:\\n|\s)*[A-Za-z0-9+/]{40,}"),
)
"""What each is, and its form. Each begins with letters of its own, which makes it quick to look for."""

_SECRETS = tuple((what, re.compile(form)) for what, form in _FORMS)
_PLACEHOLDER = re.compile(
    r"your|example|placeholder|dummy|fake|sample|redacted|test|x{4}|\*{3}|\.{3}|1234567|abcdef|(.)\1{5}",
    re.IGNORECASE,
)
_FEWEST_CHARACTERS = 10
"""A key has more different characters than this; what a person types as a stand-in has fewer."""


def _case(name: str, text: str, marked: bool = False) -> Case:
    """An action that has this text in a constant."""
    shown = f'«"{text}"»' if marked else f'"{text}"'
    return Case(
        name,
        typescript=f"""\
import {{ internalAction }} from "./_generated/server";
const key = {shown};
export const ask = internalAction({{ args: {{}}, handler: async () => {{
  await fetch("/", {{ headers: {{ key }} }});
}} }});
""",
        python=f"""\
from biconvex.sim.server import fetch, internal_action

KEY = {shown}

@internal_action(args={{}})
async def ask(ctx, args):
    await fetch("/", headers={{"key": KEY}})
""",
    )


SILENT = (
    _case("a placeholder", "sk-your-key-here-0000000000000000000000000000"),
    _case("a key for tests", "sk_test_4eC39HqLyjWDarjtT1zdp7dc"),
    _case("the name of a variable", "OPENAI_API_KEY"),
    _case("a public key", "pk_live_4eC39HqLyjWDarjtT1zdp7dc"),
    _case("the beginning of a key", "sk-proj-"),
)

FLAGGED = (
    _case("an OpenAI key", "sk-" + "proj-Zq3VtR8mWn0LpYk2Jd7HsQ" + "c5XgB1fEu9TaNoMiKvRz", marked=True),
    _case("a Stripe key", "sk_" + "live_Qm7Rk2Zt9Wp4Yv6Lx8Nc3Hj", marked=True),
    _case("a GitHub token", "ghp_" + "Zq3VtR8mWn0LpYk2Jd7HsQc5XgB1fEu9TaNo", marked=True),
)


class HardcodedSecret(Rule):
    """Every string with the form of a secret key."""

    name = "hardcoded-secret"
    theme = "auth"
    severity = Severity.ERROR
    scope = "linked"
    links = ("https://docs.convex.dev/production/environment-variables",)
    silent = SILENT
    flagged = FLAGGED

    def check(self, backend: Backend) -> Iterator[Problem]:
        """Yield each such string."""
        for module in backend.modules.values():
            if is_test(module.source.path):
                continue
            for what, form in _SECRETS:
                for place, text in strings_matching(module, form):
                    if _is_secret(text, form):
                        yield Problem(
                            place,
                            f"This string has the form of {what}: everybody who can read the source can use it.",
                            help="revoke it, and read a new one from an environment variable",
                        )


def _is_secret(text: str, form: re.Pattern[bytes]) -> bool:
    """Tell whether what has the form stands by itself, and is no placeholder."""
    found = form.search(text.encode())
    if found is None or text.encode()[: found.start()][-1:].isalnum():
        return False
    secret = found.group().decode("utf-8", "replace")
    return len(set(secret)) > _FEWEST_CHARACTERS and _PLACEHOLDER.search(secret) is None
