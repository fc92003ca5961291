-- grain: one row per case stage and attempt whose limit is counted in days (case_id, stage, attempt): when it is due
-- The day of the start is not counted. The limit ends at a minute of the last day that it counts (working days, or all
-- days), or of the next working day where it rolls over. A day whose end lies within a pause is not counted, so the
-- deadline never falls into one; a pause that begins when the limit is used up does not count.
with

mount as (
    select time_zone from {{ ref('stg_mount') }}
),

days as (
    select * from {{ ref('int_work_day') }}
),

limits as (
    select
        limits.*,
        case when limits.is_work_clock then days.workday_no else days.day_no end as start_no
    from {{ ref('int_case_limit') }} as limits
    cross join mount
    left join days
        on
            limits.schedule_code = days.schedule_code
            and cast({{ to_local('limits.started_at', 'mount.time_zone') }} as date) = days.day
    where limits.day_rule = 'day_count'
),

pause_ends as (
    select
        pauses.case_id, pauses.stage, pauses.attempt, pauses.pause_no, true as is_from,
        {{ to_local('pauses.paused_from_at', 'mount.time_zone') }} as moment_local
    from {{ ref('int_case_pause') }} as pauses
    cross join mount
    where pauses.day_rule = 'day_count'
    union all
    select
        pauses.case_id, pauses.stage, pauses.attempt, pauses.pause_no, false as is_from,
        {{ to_local('pauses.paused_to_at', 'mount.time_zone') }} as moment_local
    from {{ ref('int_case_pause') }} as pauses
    cross join mount
    where pauses.day_rule = 'day_count' and pauses.paused_to_at is not null
),

numbered_ends as (
    -- how many counted days are over at each end of a pause; that of the start is not counted, so it is over already
    select
        pause_ends.case_id, pause_ends.stage, pause_ends.attempt, pause_ends.pause_no, pause_ends.is_from,
        greatest(
            limits.start_no,
            case when limits.is_work_clock then days.workday_no else days.day_no end
            - case
                when
                    (days.is_workday or not limits.is_work_clock)
                    and pause_ends.moment_local < {{ add_seconds(
                        'cast(days.day as timestamp)',
                        '60 * coalesce(limits.end_minute, case when limits.is_work_clock then days.last_minute end, 1440)'
                    ) }} then 1
                else 0
            end
        ) as over_no
    from pause_ends
    inner join limits
        on
            pause_ends.case_id = limits.case_id
            and pause_ends.stage = limits.stage
            and pause_ends.attempt = limits.attempt
    left join days
        on limits.schedule_code = days.schedule_code and cast(pause_ends.moment_local as date) = days.day
),

numbered_pauses as (
    select
        pauses.case_id, pauses.stage, pauses.attempt, pauses.pause_no, pauses.paused_from_at,
        pauses.paused_to_at is null as is_lasting,
        ends_to.over_no,
        ends_to.over_no - ends_from.over_no as pause_days
    from {{ ref('int_case_pause') }} as pauses
    inner join numbered_ends as ends_from
        on
            pauses.case_id = ends_from.case_id
            and pauses.stage = ends_from.stage
            and pauses.attempt = ends_from.attempt
            and pauses.pause_no = ends_from.pause_no
            and ends_from.is_from
    left join numbered_ends as ends_to
        on
            pauses.case_id = ends_to.case_id
            and pauses.stage = ends_to.stage
            and pauses.attempt = ends_to.attempt
            and pauses.pause_no = ends_to.pause_no
            and not ends_to.is_from
),

stands as (
    -- how the deadline stands when each pause begins, and after the last
    select case_id, stage, attempt, pause_no as stand_no, paused_from_at, is_lasting, over_no, pause_days
    from numbered_pauses
    union all
    select
        limits.case_id, limits.stage, limits.attempt,
        coalesce(max(numbered_pauses.pause_no), 0) + 1 as stand_no,
        cast(null as timestamp) as paused_from_at, false as is_lasting, cast(null as bigint) as over_no, 0 as pause_days
    from limits
    left join numbered_pauses
        on
            limits.case_id = numbered_pauses.case_id
            and limits.stage = numbered_pauses.stage
            and limits.attempt = numbered_pauses.attempt
    group by limits.case_id, limits.stage, limits.attempt
),

moved as (
    select
        stands.*,
        cast(coalesce(sum(pause_days) over (
            partition by case_id, stage, attempt
            order by stand_no
            rows between unbounded preceding and 1 preceding
        ), 0) as bigint) as moved_days,
        -- where a pause lasts beyond a day that the deadline rolled over to
        coalesce(max(over_no) over (
            partition by case_id, stage, attempt
            order by stand_no
            rows between unbounded preceding and 1 preceding
        ), 0) as over_before,
        coalesce(lag(is_lasting) over (partition by case_id, stage, attempt order by stand_no), false) as is_paused
    from stands
),

counted_days as (
    select schedule_code, true as is_work_clock, workday_no as counted_no, day, is_workday, next_workday from days
    where is_workday
    union all
    select schedule_code, false as is_work_clock, day_no as counted_no, day, is_workday, next_workday from days
),

ends as (
    select
        moved.case_id, moved.stage, moved.attempt, moved.stand_no, moved.paused_from_at, moved.moved_days,
        moved.is_paused,
        limits.schedule_code, limits.is_work_clock, limits.end_minute,
        case when limits.roll_over then counted_days.next_workday else counted_days.day end as due_day
    from moved
    inner join limits
        on moved.case_id = limits.case_id and moved.stage = limits.stage and moved.attempt = limits.attempt
    left join counted_days
        on
            limits.schedule_code = counted_days.schedule_code
            and limits.is_work_clock = counted_days.is_work_clock
            and greatest(limits.start_no + limits.total_days + moved.moved_days, moved.over_before + 1)
            = counted_days.counted_no
),

dues as (
    -- by default a working day ends with its last shift, and any other day with itself
    select
        ends.*,
        {{ to_utc(
            add_seconds(
                'cast(ends.due_day as timestamp)',
                '60 * coalesce(ends.end_minute, case when ends.is_work_clock then days.last_minute end, 1440)'
            ),
            'mount.time_zone'
        ) }} as due_at
    from ends
    cross join mount
    left join days on ends.schedule_code = days.schedule_code and ends.due_day = days.day
),

decided as (
    -- the first stand that no pause began before
    select
        dues.*,
        row_number() over (partition by case_id, stage, attempt order by stand_no) as choice
    from dues
    where paused_from_at is null or paused_from_at >= due_at
)

select
    case_id,
    stage,
    attempt,
    moved_days as pause_days,
    is_paused,
    case when not is_paused then due_at end as due_at
from decided
where choice = 1
