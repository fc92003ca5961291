"""The made-up town with all that the pages of the site read: figures, scores, events, duties, the lists of the morning.

Tables have the columns that the models' own descriptions promise. Names told by centres are hostile on purpose.
"""

from functools import cache
from pathlib import Path

import duckdb
import yaml

from tests.conftest import REPOSITORY
from tests.reporting.town import HOSTILE

REGISTRY = REPOSITORY / "dbt_project" / "seeds" / "indicator.csv"
STATEMENTS = Path(__file__).with_suffix(".sql")
MADE = (
    "dim_indicator", "dim_canonical_category", "rpt_indicator", "rpt_indicator_item", "rpt_item_basis", "rpt_scorecard",
    "rpt_scorecard_line", "rpt_scorecard_item", "fct_event", "fct_outage", "fct_outage_grid", "rpt_dwell", "rpt_duty",
    "rpt_duty_outside", "rpt_component", "rpt_due_soon", "rpt_suspension", "rpt_shuttle", "rpt_handover", "dq_category",
    "dq_place", "dq_control_total", "dq_case_contradiction", "rpt_mechanism", "dim_mechanism", "dq_burden",
    "rpt_whistle", "rpt_whistle_rate", "rpt_supervision", "rpt_decision", "rpt_application", "rpt_custody",
    "rpt_custody_matter", "rpt_discovery", "rpt_patrol", "rpt_duty_post",
)  # fmt: skip
WIDENED = ("fct_case", "dim_organisation", "dim_grid", "rpt_grid_ledger", "dq_feed")
NOT_ASSESSABLE = "closing_rate"
"""Rests on the water feed, of which a delivery is held."""
SUBJECTS = {
    "district": "'district'", "network": "network", "organisation": "org_code", "street": "street_code",
    "community": "community_code", "grid": "grid_code",
}  # fmt: skip
_FIGURES = """
insert into mart.rpt_indicator by name
with counted as (
    select indicator, '{kind}' as subject_kind, {code} as subject_code, '{period}' as period_kind,
        date_trunc('{period}', counted_at_local) as period_start, sum(numerator)::bigint as numerator,
        sum(denominator)::bigint as denominator, count(*) as item_count,
        count(*) filter (where indicator = '{gap}' and network = 'water') = 0 as is_assessable
    from mart.rpt_indicator_item
    where {code} is not null and counted_at_local is not null
    group by all
)
select *, lag(numerator) over earlier as numerator_before, lag(denominator) over earlier as denominator_before
from counted
window earlier as (partition by indicator, subject_code order by period_start)
"""


@cache
def promised() -> dict[str, dict[str, str]]:
    """Mart → its columns with their types, as the descriptions promise them."""
    found = {}
    for path in (REPOSITORY / "dbt_project" / "models" / "marts").glob("*/_*.yml"):
        for model in yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)["models"]:
            found[model["name"]] = {column["name"]: column["data_type"] for column in model["columns"]}
    return found


def columns(mart: str) -> dict[str, str]:
    """Columns of a mart with their types."""
    return promised()[mart]


def furnish(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill the warehouse of a town that is built."""
    for mart in MADE:
        told = ", ".join(f"{name} {kind}" for name, kind in columns(mart).items())
        connection.execute(f"create table mart.{mart} ({told})")
    for mart in WIDENED:
        for name, kind in columns(mart).items():
            connection.execute(f"alter table mart.{mart} add column if not exists {name} {kind}")
    hostile = "'" + HOSTILE.replace("'", "''") + "'"
    connection.execute(STATEMENTS.read_text(encoding="utf-8").replace(":hostile", hostile))
    wanted = ", ".join(columns("dim_indicator"))
    connection.execute(
        f"insert into mart.dim_indicator by name select {wanted} from read_csv('{REGISTRY}', header = true)"
    )
    connection.execute(
        "insert into mart.dim_mechanism by name select * exclude (over), over as over_types "
        f"from read_csv('{REGISTRY.with_name('mechanism.csv')}', header = true)"
    )
    for kind, code in SUBJECTS.items():
        for period in ("week", "month"):
            connection.execute(_FIGURES.format(kind=kind, code=code, period=period, gap=NOT_ASSESSABLE))
