import { anyApi, type ApiFromModules, type FilterApi, type FunctionReference } from "convex/server";
import type * as counters from "../counters";
import type * as hops from "../hops";
import type * as messages from "../messages";

type FullApi = ApiFromModules<{
  counters: typeof counters;
  hops: typeof hops;
  messages: typeof messages;
}>;

export const api: FilterApi<FullApi, FunctionReference<any, "public">> = anyApi as any;
export const internal: FilterApi<FullApi, FunctionReference<any, "internal">> = anyApi as any;
