"""Build the warehouse over everything judged so far, let the gate judge it, publish it as the next edition.

Woken by any network; several wake-ups may become one run, so a build takes whatever the log holds when it
starts and skips when an edition of exactly that log stands already. One writer at a time: one active run,
one pool slot.
"""

from datetime import timedelta
from functools import reduce
from operator import or_

from airflow.sdk import Asset, dag, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from onegrid.networks import city_folder, home_folder, read_networks

CITY, HOME = city_folder(), home_folder()
EDITIONS = Asset("onegrid://editions")
WRITER = "warehouse_writer"


@dag(
    dag_display_name="Warehouse · build and publish",
    description="Mount the log, build the marts, gate them, publish the edition",
    doc_md=__doc__,
    schedule=reduce(or_, [Asset(f"onegrid://log/{network.name}") for network in read_networks(CITY)]),
    catchup=False,
    max_active_runs=1,
    tags=["warehouse"],
    default_args={
        "owner": "data bureau",
        "pool": WRITER,
        "retries": 1,
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=30),
        "execution_timeout": timedelta(hours=6),
    },
)
def build_and_publish() -> None:
    @task
    def mount_and_build() -> str:
        """Fix the log version, run dbt over it; the id of the build directory."""
        from onegrid import workflow

        report = workflow.build(workflow.open_city(CITY), workflow.open_home(HOME))
        if not report.changed:
            raise AirflowSkipException(f"log version {report.log_version} is published already")
        return report.build_id

    @task
    def gate_marts(build_id: str) -> str:
        """Only a green build goes on: bad marts and a crashed check both stop here."""
        from onegrid import workflow

        report = workflow.gate_marts(workflow.open_city(CITY), workflow.open_home(HOME), build_id)
        if not report.passed:
            raise AirflowFailException(
                f"build {build_id} is not published, the last edition stays current: "
                f"{'; '.join(report.failures)}. What was checked: {report.pages}"
            )
        return build_id

    @task(outlets=[EDITIONS])
    def publish(build_id: str) -> dict:
        """Write the edition beside the old ones and swap `current`."""
        from onegrid import workflow

        return workflow.publish(workflow.open_city(CITY), workflow.open_home(HOME), build_id).to_dict()

    publish(gate_marts(mount_and_build()))


build_and_publish()
