"""Rules about cron jobs."""
