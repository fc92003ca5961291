"""Build the warehouse over everything judged so far, let the gate judge it, publish it as the next edition.

Woken by any network, and by a person's decision on a landing; several wake-ups may become one run, so a build takes
whatever the log holds when it starts and skips when an edition of exactly that log stands already. One writer at a
time: one active run, one pool slot. Where city.yml names databases, the edition is delivered to each of them.
"""

from datetime import timedelta
from functools import reduce
from operator import or_

from airflow.sdk import Asset, Param, dag, task
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from onegrid.callbacks import failed, went_well
from onegrid.networks import city_folder, home_folder, read_deliveries, read_networks

CITY, HOME = city_folder(), home_folder()
EDITIONS = Asset("onegrid://editions")
DECISIONS = Asset("onegrid://decisions/landings")  # what a person decided on a landing: dags/decide_on_landing.py
WRITER = "warehouse_writer"


@dag(
    dag_display_name="Warehouse · build and publish",
    description="Mount the log, build the marts, gate them, publish the edition",
    doc_md=__doc__,
    schedule=reduce(or_, [DECISIONS, *(Asset(f"onegrid://log/{network.name}") for network in read_networks(CITY))]),
    catchup=False,
    max_active_runs=1,
    tags=["warehouse"],
    params={
        "accept": Param([], type="array", items={"type": "string"}, title="Publish in spite of these failed checks"),
        "by": Param("", type="string", title="Who accepts them"),
        "why": Param("", type="string", title="And why: kept with the edition and shown on its report"),
    },
    default_args={
        "owner": "data bureau",
        "pool": WRITER,
        "retries": 1,
        "retry_exponential_backoff": True,
        "max_retry_delay": timedelta(minutes=30),
        "execution_timeout": timedelta(hours=6),
        "on_failure_callback": failed,
        "on_success_callback": went_well,
        "on_skipped_callback": went_well,
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
    def gate_marts(build_id: str, params: dict) -> str:
        """Only a green build goes on, or one of which a person accepts what failed: bad marts and a crash stop here."""
        from onegrid import workflow

        report = workflow.gate_marts(workflow.open_city(CITY), workflow.open_home(HOME), build_id)
        if not report.passed and not params["accept"]:
            raise AirflowFailException(
                f"build {build_id} is not published, the last edition stays current: "
                f"{'; '.join(report.failures)}. What was checked: {report.pages}"
            )
        return build_id

    @task(outlets=[EDITIONS])
    def publish(build_id: str, params: dict) -> dict:
        """Write the edition beside the old ones and swap `current`."""
        from onegrid import workflow

        accepted = params["accept"]
        waiver = workflow.Waiver(tuple(accepted), params["by"], params["why"]) if accepted else None
        return workflow.publish(workflow.open_city(CITY), workflow.open_home(HOME), build_id, waiver).to_dict()

    @task(pool="default_pool", map_index_template="{{ task.op_kwargs['connection'] }}")
    def deliver(connection: str, edition: dict) -> list[dict]:
        """Load the edition into a database and show it there; one that fails keeps no other from its edition."""
        from ingest.connections import looked_up_by
        from onegrid import workflow
        from onegrid.airflow_connections import airflow_connection

        city = workflow.open_city(CITY)
        asked = [one for one in city.settings.deliveries if one.connection == connection]
        with looked_up_by(airflow_connection):
            reports = workflow.deliver(city, workflow.open_home(HOME), str(edition["number"]), asked)
            return [report.to_dict() for report in reports]

    published = publish(gate_marts(mount_and_build()))
    connections = read_deliveries(CITY)
    if connections:
        deliver.partial(edition=published).expand(connection=connections)


build_and_publish()
