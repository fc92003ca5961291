-- grain: one row per local day that is not what its weekday says
with

stated as (
    select
        cast({{ json_text('attributes', 'day') }} as date) as day,
        cast({{ json_text('attributes', 'is_workday') }} as boolean) as is_workday,
        {{ json_text('attributes', 'day_name') }} as day_name,
        recorded_at, observed_at, batch_id, line, content_hash
    from {{ ref('int_reference_statement') }}
    where reference_table = 'calendar'
),

newest as (
    select
        stated.*,
        row_number() over (
            partition by day
            order by recorded_at desc, observed_at desc, batch_id desc, line desc, content_hash desc
        ) as newness
    from stated
)

select day, is_workday, day_name
from newest
where newness = 1
