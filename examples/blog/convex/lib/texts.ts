export function countWords(text: string): number {
  return text.split(/\s+/).filter((word) => word !== "").length;
}

// Compares without telling by the time it takes how much of a secret was right.
export function sameSecret(given: string, secret: string): boolean {
  let difference = given.length ^ secret.length;
  for (let index = 0; index < given.length; index++) {
    difference |= given.charCodeAt(index) ^ secret.charCodeAt(index % secret.length);
  }
  return difference === 0;
}
