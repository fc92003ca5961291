"""One DAG per network: every feed of it is pulled, landed and gated on its own.

Feeds are mapped, so a broken one is red under its own name while its neighbours go on. Each step runs even
when the one before it failed or found nothing: what an earlier run sealed is landed although the source is
down today, and what it landed is judged. Runs follow receipts and cursors, never dates: a run may be
repeated, skipped or doubled at will.
"""

import os
from datetime import datetime, timedelta

from airflow.sdk import DAG, Asset, TriggerRule, dag, task, task_group
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from onegrid.callbacks import failed, went_well
from onegrid.networks import FeedCard, NetworkCard, city_folder, home_folder, read_networks

CITY, HOME = city_folder(), home_folder()
# off: a network is asked only when somebody asks
ON_TIMETABLE = os.environ.get("ONEGRID_TIMETABLE", "on") != "off"

FEED_NAME = "{{ task.op_kwargs['feed'] }}"


def ingest_dag(network: NetworkCard) -> DAG:
    """The DAG `ingest_<network>`; its asset tells the warehouse that something new was judged."""
    log_of_network = Asset(f"onegrid://log/{network.name}")

    @dag(
        dag_id=f"ingest_{network.name}",
        dag_display_name=f"{network.title} · ingest",
        description=f"Pull, land and gate the {len(network.feeds)} feeds of {network.title}",
        doc_md=_documentation(network),
        schedule=network.cadence if ON_TIMETABLE else None,
        start_date=datetime(2026, 1, 1),
        catchup=False,
        max_active_runs=1,
        tags=["ingest", network.name],
        default_args={
            "owner": ", ".join(network.offices),
            "retries": 3,
            "retry_exponential_backoff": True,  # from [core] default_task_retry_delay upwards
            "max_retry_delay": timedelta(minutes=30),
            "execution_timeout": timedelta(hours=2),
            "on_failure_callback": failed,
            "on_success_callback": went_well,
            "on_skipped_callback": went_well,
        },
    )
    def ingest() -> None:
        @task(map_index_template=FEED_NAME)
        def pull(feed: str) -> dict:
            """Seal the exact bytes of what is new at the source."""
            from ingest.connections import looked_up_by
            from ingest.errors import ContractError
            from onegrid import workflow
            from onegrid.airflow_connections import airflow_connection

            try:
                with looked_up_by(airflow_connection):
                    report = workflow.pull(workflow.open_city(CITY), workflow.open_home(HOME), feed)
            except ContractError as error:
                raise AirflowFailException(str(error)) from error  # asking again does not mend a contract
            if not report.batches:
                raise AirflowSkipException(
                    f"{feed}: nothing new at the source "
                    f"({report.unchanged} unchanged, {report.waiting} still being written)"
                )
            return report.to_dict()

        @task(map_index_template=FEED_NAME, trigger_rule=TriggerRule.ALL_DONE)
        def land(feed: str) -> dict:
            """Turn every sealed batch that has no receipt by today's recipe into rows of the log."""
            from ingest.errors import BalanceError, ContractError
            from onegrid import workflow

            try:
                report = workflow.land(workflow.open_city(CITY), workflow.open_home(HOME), feed)
            except (ContractError, BalanceError) as error:
                raise AirflowFailException(str(error)) from error
            if not report.landings:
                raise AirflowSkipException(f"{feed}: every sealed batch has its receipt already")
            return report.to_dict()

        @task(map_index_template=FEED_NAME, trigger_rule=TriggerRule.ALL_DONE, outlets=[log_of_network])
        def gate(feed: str) -> dict:
            """Judge every landing that has no verdict yet; a held landing stays out of the warehouse."""
            from onegrid import workflow

            report = workflow.gate_landings(workflow.open_city(CITY), workflow.open_home(HOME), feed)
            if not report.passed + report.warned + report.held:
                raise AirflowSkipException(f"{feed}: every landing has its verdict already")
            return report.to_dict()

        @task_group
        def feeds(feed: str) -> None:
            pull(feed=feed) >> land(feed=feed) >> gate(feed=feed)

        @task(trigger_rule=TriggerRule.ALL_DONE)
        def acknowledge(feeds: list[str]) -> dict:
            """Send back the receipts that are owed to the centres."""
            from ingest.errors import SourceError
            from onegrid import workflow

            sent, failed = {}, []
            for feed in feeds:
                try:
                    sent[feed] = workflow.acknowledge(workflow.open_city(CITY), workflow.open_home(HOME), feed).sent
                except SourceError as error:  # one centre that can't be reached keeps no other from its receipts
                    failed.append(str(error))
            if failed:
                raise SourceError("; ".join(failed))
            if not any(sent.values()):
                raise AirflowSkipException("no receipt is owed")
            return sent

        @task(
            trigger_rule=TriggerRule.ONE_FAILED,
            retries=0,
            on_failure_callback=None,  # the task that failed has told its office
            on_success_callback=None,
            on_skipped_callback=None,
        )
        def fail_if_a_feed_failed() -> None:
            """A later step that went on must not paint the run green."""
            raise AirflowFailException("a feed of this network failed: its red task above says what to do")

        chains = feeds.expand(feed=[feed.name for feed in network.feeds])
        steps = list(chains.iter_tasks())
        asked = [feed.name for feed in network.feeds if feed.sends_receipts]
        if asked:
            receipts = acknowledge(asked)
            chains >> receipts
            steps.append(receipts.operator)
        steps >> fail_if_a_feed_failed()  # every step: a gate that went on hides nothing

    return ingest()


def _documentation(network: NetworkCard) -> str:
    head = "| feed | what | mode | asked every | owner |\n|---|---|---|---|---|\n"
    texts = [f"### {feed.title} (`{feed.name}`)\n\n{feed.description}\n" for feed in network.feeds if feed.description]
    return "\n".join([f"## {network.title}\n", head + "\n".join(map(_row, network.feeds)), "", *texts])


def _row(feed: FeedCard) -> str:
    return f"| `{feed.name}` | {feed.title} | {feed.mode} | {feed.cadence} | {feed.office} |"


for card in read_networks(CITY):
    ingest_dag(card)
