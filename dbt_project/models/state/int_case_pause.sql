-- grain: one row per case stage with a limit and suspension that touches it (case_id, stage, pause_no)
with

limits as (
    select * from {{ ref('int_case_limit') }}
),

suspensions as (
    select case_id, valid_from_at, valid_to_at from {{ ref('int_case_timeline') }}
    where stage = 'suspended'
)

select
    limits.case_id,
    limits.stage,
    limits.schedule_code,
    limits.is_work_clock,
    limits.started_at,
    row_number()
        over (partition by limits.case_id, limits.stage order by suspensions.valid_from_at)
        as pause_no,
    greatest(suspensions.valid_from_at, limits.started_at) as paused_from_at,
    suspensions.valid_to_at as paused_to_at
from limits
inner join suspensions on limits.case_id = suspensions.case_id
where suspensions.valid_to_at is null or suspensions.valid_to_at > limits.started_at
