import asyncio

SECOND_MS = 1000
MINUTE_MS = 60 * SECOND_MS
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


async def sleep(ms):
    if ms > 0:
        await asyncio.sleep(ms / 1000)


def backoff_ms(attempts):
    """30 s after the first attempt, a minute after the second, two after the third."""
    return 30 * SECOND_MS * 2 ** (attempts - 1)
