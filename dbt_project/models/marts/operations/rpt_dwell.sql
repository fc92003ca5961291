-- grain: one row per local month, network, level of the holder and stage of a case (month, network, level, stage)
-- A span counts in the month in which it ended, or of the clock while it lasts; an end is no span.
with

spans as (
    select
        stages.network,
        coalesce(stages.level, 'unknown') as level,
        stages.stage,
        stages.case_id,
        stages.is_lasting,
        stages.dwell_seconds,
        cast(date_trunc(
            'month', {{ to_local('coalesce(stages.valid_to_at, mount.clock_at)', 'mount.time_zone') }}
        ) as date) as month
    from {{ ref('fct_case_stage') }} as stages
    cross join {{ ref('stg_mount') }} as mount
    where stages.dwell_seconds is not null
)

select
    month,
    network,
    level,
    stage,
    count(distinct case_id) as cases,
    count(*) as spans,
    cast(sum(case when is_lasting then 1 else 0 end) as bigint) as lasting_spans,
    cast(sum(dwell_seconds) as bigint) as dwell_seconds,
    max(dwell_seconds) as longest_seconds
from spans
group by month, network, level, stage
