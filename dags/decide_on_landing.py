"""A person decides on one landing: let it through, hold it back, refuse it, or land it again by the contract in force.

Who and why are kept with the verdict in the log, for good. `onegrid gate --held` lists what waits; the beginning of a
landing's id is enough. The next build follows by itself.
"""

from datetime import timedelta

from airflow.sdk import Asset, Param, dag, task
from airflow.sdk.exceptions import AirflowFailException

from onegrid.networks import city_folder, home_folder

CITY, HOME = city_folder(), home_folder()
AGAIN = "land again"
VERDICTS = {"release": "released", "hold": "held", "refuse": "refused"}


@dag(
    dag_display_name="Gate · decide on a landing",
    description="Release, hold, refuse or land again one landing, with who and why",
    doc_md=__doc__,
    schedule=None,
    catchup=False,
    max_active_runs=1,
    tags=["gate"],
    params={
        "landing": Param(type="string", minLength=6, title="The landing's id, or its beginning"),
        "decision": Param("release", type="string", enum=[*VERDICTS, AGAIN], title="What becomes of it"),
        "by": Param(type="string", minLength=1, title="Who decides"),
        "why": Param(type="string", minLength=1, title="And why: kept with the verdict"),
    },
    default_args={
        "owner": "data bureau",
        "retries": 1,
        "retry_exponential_backoff": True,
        "execution_timeout": timedelta(hours=2),
    },
)
def decide_on_landing() -> None:
    @task(outlets=[Asset("onegrid://decisions/landings")])
    def decide(params: dict) -> str:
        """Record the decision; the full id of the landing that it is about, or of the one made anew."""
        from ingest.errors import OnegridError
        from onegrid import workflow

        told = (workflow.open_city(CITY), workflow.open_home(HOME), params["landing"])
        by, why = params["by"], params["why"]
        try:
            if params["decision"] == AGAIN:
                return workflow.land_again(*told, by, why)
            return workflow.judge_by_hand(*told, VERDICTS[params["decision"]], by, why)
        except OnegridError as error:
            raise AirflowFailException(str(error)) from error

    decide()


decide_on_landing()
