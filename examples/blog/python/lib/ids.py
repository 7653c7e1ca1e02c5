import random
from string import ascii_lowercase, digits

from biconvex.sim.server import now_ms


def generate_id(prefix):
    """An id of the application's own, to be shown to people and to other systems: "ord_1767225600000_k3v9x0a".

    In a mutation the time stands still and the randomness is seeded: a retry after a conflict draws anew.
    """
    tail = "".join(random.choices(digits + ascii_lowercase, k=7))
    return f"{prefix}_{now_ms()}_{tail}"
