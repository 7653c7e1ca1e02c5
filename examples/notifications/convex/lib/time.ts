export const SECOND_MS = 1000;
export const MINUTE_MS = 60 * SECOND_MS;
export const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

export async function sleep(ms: number): Promise<void> {
  if (ms > 0) {
    await new Promise((resolve) => setTimeout(resolve, ms));
  }
}

// 30 s after the first attempt, a minute after the second, two after the third.
export function backoffMs(attempts: number): number {
  return 30 * SECOND_MS * 2 ** (attempts - 1);
}
