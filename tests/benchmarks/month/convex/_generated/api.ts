import { anyApi, type ApiFromModules, type FilterApi, type FunctionReference } from "convex/server";
import type * as jobs from "../jobs";

type FullApi = ApiFromModules<{ jobs: typeof jobs }>;

export const internal: FilterApi<FullApi, FunctionReference<any, "internal">> = anyApi as any;
