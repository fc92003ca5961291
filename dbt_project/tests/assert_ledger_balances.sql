-- What stands open at the end of a day is what stood open before, plus opened and reopened, less closed and cancelled.
with

steps as (
    select
        grid_code, network, local_day, opened, reopened, closed, cancelled, open_at_end,
        coalesce(lag(open_at_end) over (partition by grid_code, network order by local_day), 0) as open_before
    from {{ ref('rpt_grid_ledger') }}
)

select *
from steps
where open_at_end <> open_before + opened + reopened - closed - cancelled
