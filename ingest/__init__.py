"""From a centre's delivery to committed rows of the event log. Imports no Airflow, no dbt, no Great Expectations."""
