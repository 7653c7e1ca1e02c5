// A Turkish mobile number in international form, or null: "0532 123 45 67" becomes "+905321234567".
export function turkishPhone(text: string): string | null {
  const digits = text.replace(/[\s().-]/g, "");
  const found = /^(?:\+90|0090|90|0)?(5[0-9]{9})$/.exec(digits);
  return found === null ? null : `+90${found[1]}`;
}
