"""Look at every feed: does it come, as much as usual, in the shape and by the clock that it had?

What is found is kept in the log and told to the office that owns the feed, once, until it is over. Looks are cheap and
read only what has landed, so they never wait for a source.
"""

import os
from datetime import datetime, timedelta

from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowSkipException

from onegrid.networks import city_folder, home_folder

CITY, HOME = city_folder(), home_folder()
ON_TIMETABLE = os.environ.get("ONEGRID_TIMETABLE", "on") != "off"
EVERY = timedelta(minutes=15)


@dag(
    dag_display_name="Watch · feeds",
    description="Freshness, volume, shape and clock of every feed; alerts to their offices",
    doc_md=__doc__,
    schedule=EVERY if ON_TIMETABLE else None,
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    tags=["watch"],
    default_args={
        "owner": "data bureau",
        "retries": 1,
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=5),
        "execution_timeout": timedelta(minutes=30),
    },
)
def watch_feeds() -> None:
    @task
    def look() -> dict:
        """Record what is new and what is over, and send what offices have not heard yet."""
        from ingest.connections import looked_up_by
        from ingest.errors import SourceError
        from onegrid import workflow
        from onegrid.airflow_connections import airflow_connection

        with looked_up_by(airflow_connection):
            report = workflow.watch(workflow.open_city(CITY), workflow.open_home(HOME))
        if report.unsent:
            raise SourceError(report.unsent)
        if not report.opened and not report.closed:
            raise AirflowSkipException(f"nothing is new; {report.standing} findings stand open")
        return report.to_dict()

    look()


watch_feeds()
