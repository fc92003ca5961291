-- On the last day of a network the ledger's open cases are those that stand open, but for what is dated after the clock.
with

mount as (
    select cast({{ to_local('clock_at', 'time_zone') }} as date) as clock_day from {{ ref('stg_mount') }}
),

cases as (
    select
        fct.network,
        sum(case
            when fct.opened_on <= mount.clock_day and (fct.is_open or fct.closed_on > mount.clock_day) then 1
            else 0
        end) as open_cases
    from {{ ref('fct_case') }} as fct
    cross join mount
    where fct.reopen_count = 0 or fct.is_open or fct.closed_on <= mount.clock_day
    group by fct.network
),

last_days as (
    select network, max(local_day) as last_day
    from {{ ref('rpt_grid_ledger') }}
    group by network
),

ledger as (
    select last_days.network, sum(days.open_at_end) as open_at_end
    from last_days
    inner join {{ ref('rpt_grid_ledger') }} as days
        on last_days.network = days.network and last_days.last_day = days.local_day
    group by last_days.network
)

select cases.network, cases.open_cases, ledger.open_at_end
from cases
left join ledger on cases.network = ledger.network
where cases.open_cases <> coalesce(ledger.open_at_end, 0)
