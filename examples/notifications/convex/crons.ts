import { cronJobs } from "convex/server";
import { internal } from "./_generated/api";

const crons = cronJobs();

crons.interval("recover notifications", { minutes: 15 }, internal.delivery.recover);

export default crons;
