-- A figure of a year holds each thing that counts in it once: as many as there are, however many moments they have.
with

years as (
    select indicator, period_start, item_count
    from {{ ref('rpt_indicator') }}
    where subject_kind = 'district' and period_kind = 'year'
),

things as (
    select indicator, item_id, date_trunc('year', counted_at_local) as year
    from {{ ref('rpt_indicator_item') }}
    where counted_at_local is not null
    union
    select indicator, item_id, date_trunc('year', also_counted_at_local) as year
    from {{ ref('rpt_indicator_item') }}
    where also_counted_at_local is not null
),

counted as (
    select indicator, year, count(*) as item_count
    from things
    group by indicator, year
)

select counted.*
from counted
left join years
    on
        counted.indicator = years.indicator
        and counted.year = years.period_start
        and counted.item_count = years.item_count
where years.indicator is null
