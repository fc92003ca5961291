-- Every visible row of the log is told by an event, by one that was taken back, or is of a kind that yields none.
with

rows_told as (
    select
        feed,
        event_id,
        event_type in ('reference_stated', 'item_observed', 'snapshot_taken', 'record_without_event')
            as is_no_fact
    from {{ ref('stg_event') }}
),

elected as (
    select feed, event_id, told_count from {{ ref('evt_grid_event') }}
    where not is_derived
),

told as (
    select
        rows_told.feed,
        count(*) as log_rows,
        sum(case when rows_told.is_no_fact then 1 else 0 end) as other_rows,
        sum(case when not rows_told.is_no_fact and elected.event_id is null then 1 else 0 end)
            as retracted_rows
    from rows_told
    left join elected on rows_told.feed = elected.feed and rows_told.event_id = elected.event_id
    group by rows_told.feed
),

counted as (
    select feed, sum(told_count) as elected_rows
    from elected
    group by feed
)

select
    told.feed,
    told.log_rows,
    told.other_rows,
    told.retracted_rows,
    coalesce(counted.elected_rows, 0) as elected_rows
from told
left join counted on told.feed = counted.feed
where told.log_rows <> told.other_rows + told.retracted_rows + coalesce(counted.elected_rows, 0)
