import { cronJobs } from "convex/server";
import { internal } from "./_generated/api";

const crons = cronJobs();
crons.hourly("hourly", { minuteUTC: 17 }, internal.jobs.count, { name: "hourly" });
crons.daily("daily", { hourUTC: 3, minuteUTC: 42 }, internal.jobs.count, { name: "daily" });
crons.cron("every five minutes", "*/5 * * * *", internal.jobs.count, { name: "every five minutes" });
export default crons;
