"""Connections as Airflow keeps them: in its database, or in the secrets back end that its configuration names."""

from airflow.sdk import Connection
from airflow.sdk.exceptions import AirflowNotFoundException


def airflow_connection(name: str) -> str | None:
    """An Airflow connection as JSON, None where Airflow has none of that name. Works inside a running task only."""
    try:
        told = Connection.get(name)
    except AirflowNotFoundException:
        return None
    return str(told.as_json())
