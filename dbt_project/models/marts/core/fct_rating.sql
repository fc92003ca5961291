-- grain: one row per rating that an event tells (event_id)
with

mount as (
    select time_zone from {{ ref('stg_mount') }}
),

told as (
    select
        *,
        {{ json_text('attributes', 'rating') }} as rating,
        {{ json_text('attributes', 'reached') }} as reached,
        {{ json_text('attributes', 'responded') }} as responded,
        coalesce({{ json_text('attributes', 'resolved') }}, {{ json_text('attributes', 'solved') }}) as solved,
        cast({{ json_text('attributes', 'score') }} as bigint) as score,
        {{ json_text('attributes', 'order_no') }} as order_no
    from {{ ref('evt_grid_event') }}
    where event_type in ('rated', 'called_back', 'whistle_scored')
),

ratings as (
    -- a call-back without any answer rates nothing, one beside a rating of its own is told by that
    select * from told
    where event_type <> 'called_back' or (rating is null and reached is not null)
)

select
    ratings.event_id,
    ratings.feed,
    ratings.network,
    ratings.stream_type,
    ratings.stream_key,
    ratings.event_type,
    cases.case_id,
    ratings.occurred_at,
    {{ to_local('ratings.occurred_at', 'mount.time_zone') }} as occurred_at_local,
    cast({{ to_local('ratings.occurred_at', 'mount.time_zone') }} as date) as rated_on,
    ratings.org_code as org_code_told,
    ratings.rating as grade,
    grades.is_satisfied,
    ratings.reached = 'true' as is_reached,
    ratings.responded = 'true' as is_responded,
    ratings.solved = 'true' as is_solved,
    ratings.score
from ratings
cross join mount
left join {{ ref('rating_grade') }} as grades on ratings.rating = grades.grade
left join {{ ref('fct_case') }} as cases
    on
        ratings.network = cases.network
        and coalesce(ratings.order_no, ratings.stream_key) = cases.stream_key
        and (ratings.order_no is not null or ratings.stream_type = cases.stream_type)
        and (ratings.order_no is not null or ratings.feed = cases.feed)
        and cases.stream_type = 'case'
