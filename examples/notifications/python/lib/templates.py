import re

TEMPLATES = {
    "welcome": {"subject": "Welcome, {name}", "text": "Hello {name}, it is good to have you."},
    "passwordReset": {"subject": "Your password", "text": "Hello {name}, choose a new one: {link}"},
    "notification": {"subject": "{title}", "text": "{name}, {body}"},
}


def render(template, values):
    """Subject and text, with values in the place of `{name}`; one that isn't given leaves nothing."""
    return {
        part: re.sub(r"\{(\w+)\}", lambda found: values.get(found[1], ""), text)
        for part, text in TEMPLATES[template].items()
    }
