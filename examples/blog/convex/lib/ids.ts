// An id of the application's own, to be shown to people and to other systems: "ord_1767225600000_k3v9x0a".
// In a mutation the time stands still and the randomness is seeded: a retry after a conflict draws anew.
export function generateId(prefix: string): string {
  const random = Math.random().toString(36).substring(2, 9).padEnd(7, "0");
  return `${prefix}_${Date.now()}_${random}`;
}
