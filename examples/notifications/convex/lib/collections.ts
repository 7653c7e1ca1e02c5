import { type Infer, v } from "convex/values";
import { turkishPhone } from "./phones";

export const beneficiaryFields = {
  code: v.string(),
  name: v.string(),
  phone: v.optional(v.string()),
  email: v.optional(v.string()),
  status: v.union(v.literal("active"), v.literal("inactive")),
  // The sum of the donations that were received for them, in kuruş.
  received: v.number(),
};

export const donationFields = {
  receipt: v.string(),
  beneficiary: v.string(),
  donor: v.string(),
  // In kuruş, so that sums are exact.
  amount: v.number(),
  status: v.union(v.literal("pledged"), v.literal("received")),
};

export const collectionValidator = v.union(v.literal("beneficiaries"), v.literal("donations"));
export const rowValidator = v.record(v.string(), v.union(v.string(), v.number(), v.boolean(), v.null()));

export type Collection = Infer<typeof collectionValidator>;
export type Row = Infer<typeof rowValidator>;
export type Problem = { field: string; message: string };

// What an export has of a document, and in which order.
export const COLUMNS: Record<Collection, string[]> = {
  beneficiaries: ["code", "name", "phone", "email", "status", "received"],
  donations: ["receipt", "beneficiary", "donor", "amount", "status"],
};

// Reads the fields of one row, and gathers what is wrong with them.
export class RowReader {
  readonly problems: Problem[] = [];

  constructor(private readonly row: Row) {}

  text(field: string): string {
    const value = this.row[field];
    if (typeof value === "string" && value.trim() !== "") {
      return value.trim();
    }
    this.problems.push({ field, message: "is missing" });
    return "";
  }

  amount(field: string): number {
    const value = this.row[field];
    if (typeof value === "number" && Number.isInteger(value) && value > 0) {
      return value;
    }
    this.problems.push({ field, message: "is no whole number above 0" });
    return 0;
  }

  choice<T extends string>(field: string, choices: readonly [T, ...T[]]): T {
    const value = this.row[field] ?? choices[0];
    const found = choices.find((choice) => choice === value);
    if (found === undefined) {
      this.problems.push({ field, message: `is none of ${choices.join(", ")}` });
    }
    return found ?? choices[0];
  }

  phone(field: string): string | undefined {
    return this.optional(field, turkishPhone, "is no Turkish mobile number");
  }

  email(field: string): string | undefined {
    const address = (text: string) => (/^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(text) ? text : null);
    return this.optional(field, address, "is no e-mail address");
  }

  private optional(field: string, read: (text: string) => string | null, message: string): string | undefined {
    const value = this.row[field] ?? "";
    if (value === "") {
      return undefined;
    }
    const found = typeof value === "string" ? read(value.trim()) : null;
    if (found === null) {
      this.problems.push({ field, message });
    }
    return found ?? undefined;
  }
}

export function readBeneficiary(row: Row) {
  const read = new RowReader(row);
  const value = {
    code: read.text("code"),
    name: read.text("name"),
    phone: read.phone("phone"),
    email: read.email("email"),
    status: read.choice("status", ["active", "inactive"]),
  };
  return { value, problems: read.problems };
}

export function readDonation(row: Row) {
  const read = new RowReader(row);
  const value = {
    receipt: read.text("receipt"),
    beneficiary: read.text("beneficiary"),
    donor: read.text("donor"),
    amount: read.amount("amount"),
    status: read.choice("status", ["pledged", "received"]),
  };
  return { value, problems: read.problems };
}

export function problemsOf(collection: Collection, row: Row): Problem[] {
  return (collection === "beneficiaries" ? readBeneficiary(row) : readDonation(row)).problems;
}
