"""A feed whose deliveries the gate judged on three days, and a person after it; what the watch noted of it."""

from tests.warehouse.mounted import MountedLog


def fill(log: MountedLog) -> None:
    """Add deliveries with what the gate and people said of them; they tell nothing else."""
    log.feed("judged", "judged", cadence_seconds=86400 * 90)
    log.deliver("judged", "2026-09-28 08:00", verdict="warn", broken={"unknown_share": 0.2, "closed_early": 3})
    log.deliver("judged", "2026-09-29 08:00")
    held = log.deliver("judged", "2026-09-29 20:00", verdict="held", broken={"rejected_share:hold": 0.4})
    log.deliver("judged", "2026-09-30 08:00", verdict="held", broken={"too_few_records": 1})
    log.deliver("judged", "2026-09-30 20:00", verdict="warn", broken={"unknown_share": 0.1})
    log.deliver("judged", "2026-10-01 08:00", verdict="warn", broken={"unknown_share": 0.3})
    log.judge("judged", held.batch_id, "released", {}, "2026-10-02 09:00", by="data bureau", why="a storm")
    log.note("judged", "opened", "silent", "2026-09-20 08:00", since="2026-09-18 08:00")
    log.note("judged", "told", "silent", "2026-09-20 08:01", what="opened")
    log.note("judged", "opened", "column_gone", "2026-09-20 09:00", subject="place", since="2026-09-19 08:00")
    log.note("judged", "closed", "silent", "2026-09-21 08:00")
    log.note("judged", "told", "silent", "2026-09-21 08:01", what="closed")
    log.note("judged", "opened", "silent", "2026-09-25 08:00", since="2026-09-24 08:00")
    log.note("warehouse", "opened", "task_failed", "2026-09-25 08:00", subject="publish", since="2026-09-25 08:00")
