"""What Airflow calls when a task ends: a failure is recorded and told to the office that owns the feed, once."""

import logging
from typing import Any

from onegrid.networks import city_folder, home_folder

logger = logging.getLogger(__name__)


def failed(context: dict[str, Any]) -> None:
    """A task failed for good, all retries spent. Never raises: a callback must not hide the task's own error."""
    error = context.get("exception")
    _note(context, f"{type(error).__name__}: {_sentence(error)}" if error else "it failed")


def went_well(context: dict[str, Any]) -> None:
    """A task went well, or had nothing to do: what stood open for it is over."""
    feed, _ = _names(context)
    if (home_folder() / "log" / "chain" / "watch" / (feed or "warehouse")).is_dir():
        _note(context, None)


def _note(context: dict[str, Any], reason: str | None) -> None:
    try:
        from ingest.connections import looked_up_by
        from onegrid import workflow
        from onegrid.airflow_connections import airflow_connection

        feed, task = _names(context)
        with looked_up_by(airflow_connection):
            workflow.note_task(workflow.open_city(city_folder()), workflow.open_home(home_folder()), feed, task, reason)
    except Exception:
        logger.exception("the end of a task could not be noted")


def _names(context: dict[str, Any]) -> tuple[str, str]:
    """(feed, task): the feed is empty for the warehouse's own tasks."""
    task = context["task"]
    feed = (getattr(task, "op_kwargs", None) or {}).get("feed", "")
    return (feed if isinstance(feed, str) else ""), task.task_id.rpartition(".")[2]


def _sentence(error: BaseException | Any) -> str:
    """The words of an error that we raise ourselves; of others only the kind is told, they may quote a value."""
    from airflow.sdk.exceptions import AirflowFailException

    from ingest.errors import OnegridError

    if isinstance(error, OnegridError | AirflowFailException):
        return str(error)[:500]
    return "see the log of the task"
