-- grain: one row per case that came back (case_id): what it is about had been closed in the same grid not long before
-- The same category, as told, in the same unified grid, and no more days in between than `recurrence_days`: a local rule.
-- One pass over openings and closings in their order, so a busy grid costs no more than its cases.
with

cases as (
    select * from {{ ref('fct_case') }}
    where stream_type = 'case' and grid_method <> 'unlocated' and category_code_told is not null
),

turns as (
    select
        case_id, grid_code, category_code_set_told, category_code_told,
        opened_at as moment_at,
        1 as turn_no,
        cast(null as timestamp) as closed_at
    from cases
    union all
    select
        case_id, grid_code, category_code_set_told, category_code_told,
        closed_at as moment_at,
        2 as turn_no,
        closed_at
    from cases
    where status = 'closed'
),

followed as (
    select
        case_id, moment_at, turn_no,
        {{ last_known(
            'closed_at',
            'partition by grid_code, category_code_set_told, category_code_told order by moment_at, turn_no, case_id'
            ~ ' rows between unbounded preceding and current row'
        ) }} as closed_before_at
    from turns
)

select case_id, closed_before_at
from followed
where
    turn_no = 1
    and {{ epoch_seconds('moment_at') }} - {{ epoch_seconds('closed_before_at') }}
    <= {{ var('recurrence_days') }} * 86400
