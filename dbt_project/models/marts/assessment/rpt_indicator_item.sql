-- grain: one row per indicator and thing that it counts (indicator, item_id): what each figure is made of
-- Of cases, one select an indicator of the registry: its condition below the line picks the rows, that above it the ones
-- met. Of other work, the words that hold (int_work_word) are joined to the registry, so a new kind of work needs no SQL.
-- A thing counts in the periods of its moment, and where the rule has two (应处置: disposed of, or fallen due) in both.
{% set registry = ref('indicator') %}
{% set indicators = adapter.execute(
    'select * from ' ~ registry ~ " where stream_type = 'case' order by indicator", fetch=true
)[1].rows %}
with

mount as (
    select time_zone from {{ ref('stg_mount') }}
),

told_types as (
    select feed, event_type from {{ ref('stg_feed_event_type') }}
),

cases as (
    select * from {{ ref('int_case_measure') }}
),

words as (
    select * from {{ ref('int_work_word') }}
),

rules as (
    select * from {{ registry }}
    where stream_type <> 'case'
),

excluded as (
    select distinct rules.indicator, words.item_id
    from rules
    inner join words on {{ is_one_of('words.word', 'rules.excludes') }}
),

telling as (
    -- a feed that cannot tell a step is left out of the figures that need it
    select distinct rules.indicator, told_types.feed
    from rules
    inner join told_types on rules.needs is null or {{ is_one_of('told_types.event_type', 'rules.needs') }}
),

works as (
    select
        rules.indicator,
        items.item_id, items.feed, items.network, items.stream_type, items.stream_key, items.org_code, items.grid_id,
        items.grid_code_now,
        cast(null as string) as canonical_code,
        items.collector_token,
        windows.held_at as counted_at,
        or_windows.held_at as also_counted_at,
        cast(
            case
                when above.word is null then 0
                when rules.amount is null then 1
                -- what it brings is not told
                else coalesce(amounts.amount, 0)
            end as bigint
        ) as numerator,
        cast(
            case
                when rules.denominator is null then null
                when rules.denominator_amount is null then 1
                else coalesce(amounts_below.amount, 0)
            end as bigint
        ) as denominator
    from rules
    inner join {{ ref('int_work_item') }} as items on rules.stream_type = items.stream_type
    inner join telling on rules.indicator = telling.indicator and items.feed = telling.feed
    inner join words as picked
        on items.item_id = picked.item_id and picked.word = coalesce(rules.denominator, rules.numerator)
    left join words as above on items.item_id = above.item_id and rules.numerator = above.word
    left join words as windows on items.item_id = windows.item_id and rules.window_moment = windows.word
    left join words as or_windows on items.item_id = or_windows.item_id and rules.or_moment = or_windows.word
    left join words as amounts on items.item_id = amounts.item_id and rules.amount = amounts.word
    left join words as amounts_below
        on items.item_id = amounts_below.item_id and rules.denominator_amount = amounts_below.word
    left join excluded on rules.indicator = excluded.indicator and items.item_id = excluded.item_id
    where excluded.item_id is null
),

counted as (
    {% for one in indicators %}
        {{ counted_by(one, 'cases', 'told_types') }}
        union all
    {% endfor %}
    select
        indicator,
        item_id, feed, network, stream_type, stream_key, org_code, grid_id, grid_code_now,
        canonical_code, collector_token, counted_at, also_counted_at, numerator, denominator
    from works
)

select
    counted.indicator, counted.item_id, counted.feed, counted.network, counted.stream_type, counted.stream_key,
    counted.org_code,
    coalesce(members.grid_code, 'unlocated') as grid_code,
    coalesce(members.community_code, 'unknown') as community_code,
    coalesce(members.street_code, 'unknown') as street_code,
    coalesce(members.management_unit_code, 'none') as management_unit_code,
    coalesce(members.grid_kind, 'unknown') as grid_kind_code,
    counted.grid_code_now as grid_now_code,
    counted.canonical_code,
    counted.network || '/' || counted.collector_token as collector_code,
    {{ to_local('counted.counted_at', 'mount.time_zone') }} as counted_at_local,
    {{ to_local('counted.also_counted_at', 'mount.time_zone') }} as also_counted_at_local,
    counted.numerator,
    counted.denominator
from counted
cross join mount
left join {{ ref('dim_grid') }} as members on counted.grid_id = members.grid_id
