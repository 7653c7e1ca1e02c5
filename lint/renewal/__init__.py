"""Renewing what is known of a backend after an edit: only what the edit can reach is analysed again.

The files around a change (`portion`) are analysed as they were and as they are. If the edit shows nowhere else
(`surroundings`), what was found elsewhere still holds, some lines further up or down (`move`). In every other case the
whole backend is analysed: `renew` has no answer then.
"""

from biconvex.lint.renewal.known import MOST_CHANGED, Known, known_of

__all__ = ["MOST_CHANGED", "Known", "known_of"]
