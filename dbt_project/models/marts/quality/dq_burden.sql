-- grain: one row per feed and month (feed, month_on): what it asks to be filled in, by whom, under which admission
-- The burden ledger (基层减负) counts this system's own feeds and columns first. A month without a delivery has a row where
-- it is the one of the clock, so that no feed is missing.
with

mount as (
    select clock_at, time_zone, cast({{ to_local('clock_at', 'time_zone') }} as date) as today_on
    from {{ ref('stg_mount') }}
),

delivered as (
    select
        landings.feed,
        cast(date_trunc('month', {{ to_local('landings.observed_at', 'mount.time_zone') }}) as date) as month_on,
        count(*) as deliveries,
        cast(sum(landings.fetched) as bigint) as records
    from {{ ref('stg_landing') }} as landings
    cross join mount
    where landings.is_visible
    group by
        landings.feed, cast(date_trunc('month', {{ to_local('landings.observed_at', 'mount.time_zone') }}) as date)
),

months as (
    select feed, month_on from delivered
    union
    select feeds.feed, cast(date_trunc('month', mount.today_on) as date) as month_on
    from {{ ref('stg_feed') }} as feeds
    cross join mount
)

select
    months.feed,
    months.month_on,
    feeds.network,
    forms.filled_by,
    forms.field_count,
    forms.required_count,
    coalesce(delivered.deliveries, 0) as deliveries,
    coalesce(delivered.records, 0) as records,
    coalesce(delivered.records, 0) * forms.field_count as cells,
    forms.filled_by in ('community', 'grid_worker') as is_typed_at_the_base,
    forms.admission_number,
    forms.admission_expires_on,
    coalesce(forms.admission_expires_on < mount.today_on, false) as is_admission_expired
from months
cross join mount
inner join {{ ref('stg_feed') }} as feeds on months.feed = feeds.feed
inner join {{ ref('stg_feed_form') }} as forms on months.feed = forms.feed
left join delivered on months.feed = delivered.feed and months.month_on = delivered.month_on
