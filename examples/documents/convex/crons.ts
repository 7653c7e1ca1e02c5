import { cronJobs } from "convex/server";
import { internal } from "./_generated/api";

const crons = cronJobs();

crons.interval("clean up old drafts", { hours: 1 }, internal.cleanup.drafts, {});
// Five minutes past midnight (UTC), when the day is over and the crowd of midnight gone.
crons.cron("daily report", "5 0 * * *", internal.reports.generate, {});
crons.interval("sync external data", { minutes: 5 }, internal.sync.pull, {});

export default crons;
