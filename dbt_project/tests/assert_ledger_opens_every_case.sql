-- Every case of a network is opened once in the ledger, but for those dated after the build's clock.
with

mount as (
    select cast({{ to_local('clock_at', 'time_zone') }} as date) as clock_day from {{ ref('stg_mount') }}
),

cases as (
    select fct.network, count(*) as cases
    from {{ ref('fct_case') }} as fct
    cross join mount
    where fct.opened_on <= mount.clock_day
    group by fct.network
),

ledger as (
    select network, sum(opened) as opened
    from {{ ref('rpt_grid_ledger') }}
    group by network
)

select cases.network, cases.cases, ledger.opened
from cases
left join ledger on cases.network = ledger.network
where ledger.opened is null or ledger.opened <> cases.cases
