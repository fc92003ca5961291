-- grain: one row per case on a component that had failed before (case_id): an earlier case on it was closed not long ago
-- No more days in between than `component_repeat_days`: a local rule.
with

cases as (
    select case_id, component_code, status, opened_at, closed_at from {{ ref('int_case_state') }}
    where component_code is not null
),

turns as (
    select case_id, component_code, opened_at as moment_at, 1 as turn_no, cast(null as timestamp) as closed_at
    from cases
    union all
    select case_id, component_code, closed_at as moment_at, 2 as turn_no, closed_at
    from cases
    where status = 'closed'
),

followed as (
    select
        case_id, moment_at, turn_no,
        {{ last_known(
            'closed_at',
            'partition by component_code order by moment_at, turn_no, case_id'
            ~ ' rows between unbounded preceding and current row'
        ) }} as closed_before_at
    from turns
)

select case_id, closed_before_at
from followed
where
    turn_no = 1
    and {{ epoch_seconds('moment_at') }} - {{ epoch_seconds('closed_before_at') }}
    <= {{ var('component_repeat_days') }} * 86400
