from biconvex.sim.server import cron_jobs, internal

crons = cron_jobs()

crons.interval("recover notifications", {"minutes": 15}, internal.delivery.recover)
