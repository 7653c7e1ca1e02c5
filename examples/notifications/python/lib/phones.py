import re

SEPARATORS = re.compile(r"[\s().-]")
MOBILE = re.compile(r"(?:\+90|0090|90|0)?(5[0-9]{9})")


def turkish_phone(text):
    """A Turkish mobile number in international form, or None: "0532 123 45 67" becomes "+905321234567"."""
    found = MOBILE.fullmatch(SEPARATORS.sub("", text))
    return None if found is None else f"+90{found[1]}"
