import { internalMutationGeneric, type MutationBuilder } from "convex/server";
import type { DataModel } from "./dataModel";

export const internalMutation: MutationBuilder<DataModel, "internal"> = internalMutationGeneric;
