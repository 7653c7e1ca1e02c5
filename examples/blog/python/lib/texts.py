from hmac import compare_digest


def count_words(text):
    return len(text.split())


def same_secret(given, secret):
    """Compare without telling by the time it takes how much of a secret was right."""
    return compare_digest(given.encode(), secret.encode())
