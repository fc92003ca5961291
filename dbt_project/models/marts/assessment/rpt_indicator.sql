-- grain: one row per indicator, evaluated subject, period (indicator, subject_kind, subject_code, period_kind, period_start)
-- A thing that counts at two moments counts once in a period that holds both. What rests on a feed with a gap in the
-- period is not assessable: a figure never looks better because something is missing.
{% set months = ['month', 'quarter', 'year'] %}
{% set subjects = [
    ('district', "'district'", ['hour', 'day', 'week'] + months),
    ('network', 'network', ['day', 'week'] + months),
    ('organisation', 'org_code', ['day', 'week'] + months),
    ('street', 'street_code', ['day', 'week'] + months),
    ('community', 'community_code', months),
    ('grid', 'grid_code', months),
    ('grid_now', 'grid_now_code', months),
    ('management_unit', 'management_unit_code', months),
    ('grid_kind', 'grid_kind_code', months),
    ('post', 'post_code', months),
    ('category', 'canonical_code', months),
    ('collector', 'collector_code', months),
] %}
with

registry as (
    select * from {{ ref('indicator') }}
),

items as (
    select
        items.*,
        case when registry.post is not null then items.network || '/' || registry.post end as post_code
    from {{ ref('rpt_indicator_item') }} as items
    inner join registry on items.indicator = registry.indicator
),

counted as (
    select
        indicator, network, street_code, community_code, grid_code, grid_now_code, management_unit_code, grid_kind_code,
        org_code, post_code, canonical_code, collector_code, numerator, denominator,
        counted_at_local as moment,
        cast(null as timestamp) as also_moment
    from items
    where counted_at_local is not null
    union all
    select
        indicator, network, street_code, community_code, grid_code, grid_now_code, management_unit_code, grid_kind_code,
        org_code, post_code, canonical_code, collector_code, numerator, denominator,
        also_counted_at_local as moment,
        counted_at_local as also_moment
    from items
    where also_counted_at_local is not null
),

figures as (
    {% for subject_kind, subject_code, periods in subjects %}
        {% set is_last_subject = loop.last %}
        {% for period_kind in periods %}
            {{ figures_of('counted', subject_kind, subject_code, period_kind) }}
            {% if not (loop.last and is_last_subject) %}
                union all
            {% endif %}
        {% endfor %}
    {% endfor %}
),

gaps as (
    select
        gaps.feed,
        {{ to_local('gaps.gap_from_at', 'mount.time_zone') }} as gap_from,
        {{ to_local('gaps.gap_to_at', 'mount.time_zone') }} as gap_to
    from {{ ref('int_feed_gap') }} as gaps
    cross join {{ ref('stg_mount') }} as mount
),

gapped as (
    select * from items
    where feed in (select feed from gaps)
),

rests as (
    {% for subject_kind, subject_code, periods in subjects %}
        {{ feeds_of('gapped', subject_kind, subject_code) }}
        {% if not loop.last %}
            union all
        {% endif %}
    {% endfor %}
),

missing as (
    select distinct rests.indicator, rests.subject_kind, rests.subject_code, gaps.gap_from, gaps.gap_to
    from rests
    inner join gaps on rests.feed = gaps.feed
),

compared as (
    -- 环比 of an hour is that hour of the day before; 同比 keeps the weekday where weekdays matter
    select
        *,
        case period_kind
            when 'hour' then period_start - interval 1 day
            when 'day' then period_start - interval 1 day
            when 'week' then period_start - interval 7 day
            when 'month' then period_start - interval 1 month
            when 'quarter' then period_start - interval 3 month
            else period_start - interval 1 year
        end as period_before,
        case period_kind
            when 'hour' then period_start + interval 1 hour
            when 'day' then period_start + interval 1 day
            when 'week' then period_start + interval 7 day
            when 'month' then period_start + interval 1 month
            when 'quarter' then period_start + interval 3 month
            else period_start + interval 1 year
        end as period_end,
        case when period_kind = 'hour' then period_start - interval 23 hour else period_start end as before_end,
        case
            when period_kind in ('hour', 'week') then period_start - interval 364 day
            else period_start - interval 1 year
        end as year_before
    from figures
),

not_comparable as (
    -- a list of codes changed between the two periods or within one of them, and what followed is not the same thing
    select
        compared.subject_code, compared.period_kind, compared.period_start,
        bool_or(switches.switched_on > cast(compared.period_before as date)) as is_new_before,
        bool_or(switches.switched_on > cast(compared.year_before as date)) as is_new_in_a_year
    from (
        select distinct subject_code, period_kind, period_start, period_end, period_before, year_before
        from compared
        where subject_kind = 'category'
    ) as compared
    inner join {{ ref('dim_category_switch') }} as switches on compared.subject_code = switches.canonical_code
    where not switches.is_exact and switches.switched_on < cast(compared.period_end as date)
    group by compared.subject_code, compared.period_kind, compared.period_start
),

gaps_of as (
    -- of the figures of subjects that rest on a feed with a gap: whether it lies in the period, or in one it is held against
    select
        compared.indicator, compared.subject_kind, compared.subject_code, compared.period_kind, compared.period_start,
        bool_or(missing.gap_from < compared.period_end and compared.period_start < missing.gap_to) as is_gap,
        bool_or(missing.gap_from < compared.before_end and compared.period_before < missing.gap_to) as is_gap_before,
        bool_or(
            missing.gap_from < compared.period_end - (compared.period_start - compared.year_before)
            and compared.year_before < missing.gap_to
        ) as is_gap_in_a_year
    from compared
    inner join missing
        on
            compared.indicator = missing.indicator
            and compared.subject_kind = missing.subject_kind
            and compared.subject_code = missing.subject_code
    group by
        compared.indicator, compared.subject_kind, compared.subject_code, compared.period_kind, compared.period_start
)

select
    compared.indicator,
    compared.subject_kind,
    compared.subject_code,
    compared.period_kind,
    compared.period_start,
    compared.numerator,
    compared.denominator,
    compared.item_count,
    not coalesce(gaps_of.is_gap, false) as is_assessable,
    earlier.numerator as numerator_before,
    earlier.denominator as denominator_before,
    a_year_ago.numerator as numerator_year_before,
    a_year_ago.denominator as denominator_year_before,
    not coalesce(not_comparable.is_new_before, false) and not coalesce(gaps_of.is_gap_before, false)
        as is_before_comparable,
    not coalesce(not_comparable.is_new_in_a_year, false) and not coalesce(gaps_of.is_gap_in_a_year, false)
        as is_year_before_comparable,
    registry.rule_version
from compared
inner join registry on compared.indicator = registry.indicator
left join figures as earlier
    on
        compared.indicator = earlier.indicator
        and compared.subject_kind = earlier.subject_kind
        and compared.subject_code = earlier.subject_code
        and compared.period_kind = earlier.period_kind
        and compared.period_before = earlier.period_start
left join figures as a_year_ago
    on
        compared.indicator = a_year_ago.indicator
        and compared.subject_kind = a_year_ago.subject_kind
        and compared.subject_code = a_year_ago.subject_code
        and compared.period_kind = a_year_ago.period_kind
        and compared.year_before = a_year_ago.period_start
left join not_comparable
    on
        compared.subject_kind = 'category'
        and compared.subject_code = not_comparable.subject_code
        and compared.period_kind = not_comparable.period_kind
        and compared.period_start = not_comparable.period_start
left join gaps_of
    on
        compared.indicator = gaps_of.indicator
        and compared.subject_kind = gaps_of.subject_kind
        and compared.subject_code = gaps_of.subject_code
        and compared.period_kind = gaps_of.period_kind
        and compared.period_start = gaps_of.period_start
