-- grain: one row per elected fact (event_id)
-- The election: a `once` row counts only in the newest version of its record, an `each` row always; of each event the
-- newest counting row is kept. A record that yields an event no more has thereby taken it back.
with

told as (
    select *, coalesce(record_key, source_ref) as told_record_key
    from {{ ref('stg_event') }}
    where event_type not in ('reference_stated', 'item_observed', 'snapshot_taken', 'record_without_event')
),

newest_lines as (
    select feed, batch_id, line, record_key as told_record_key from {{ ref('int_record_version') }}
),

live as (
    select told.*
    from told
    left join newest_lines
        on
            told.feed = newest_lines.feed
            and told.told_record_key = newest_lines.told_record_key
            and told.batch_id = newest_lines.batch_id
            and told.line = newest_lines.line
    where told.identity = 'each' or newest_lines.feed is not null
),

ordered as (
    select
        live.*,
        row_number() over (
            partition by event_id
            order by recorded_at desc, observed_at desc, batch_id desc, line desc, content_hash desc
        ) as newness
    from live
),

versions as (
    select event_id, count(*) as told_count, count(distinct content_hash) as version_count
    from told
    group by event_id
),

elected as (
    select
        ordered.event_id, ordered.content_hash, ordered.stream_type, ordered.stream_key, ordered.event_type,
        ordered.event_version,
        ordered.occurred_at,
        ordered.recorded_at,
        ordered.observed_at,
        ordered.landed_at,
        ordered.feed, ordered.network, ordered.batch_id, ordered.landing_id, ordered.attempt_id, ordered.line,
        ordered.source_ref, ordered.record_key, ordered.record_hash,
        ordered.category_code_set, ordered.category_code, ordered.nature, ordered.channel, ordered.level,
        ordered.org_code, ordered.actor_token, ordered.counterpart_org_code,
        ordered.lon, ordered.lat, ordered.crs, ordered.lon_raw, ordered.lat_raw, ordered.address,
        ordered.division_code, ordered.grid_scheme_given, ordered.grid_code_given,
        ordered.component_code, ordered.appeal_type, ordered.text, ordered.attributes,
        false as is_derived,
        versions.told_count,
        versions.version_count
    from ordered
    inner join versions on ordered.event_id = versions.event_id
    where ordered.newness = 1
),

derived as (
    select
        event_id, content_hash, stream_type, stream_key, event_type,
        event_version, occurred_at, recorded_at, observed_at, landed_at,
        feed, network, batch_id, landing_id, attempt_id, line,
        source_ref, record_key, record_hash,
        category_code_set, category_code, nature, channel, level,
        org_code, actor_token, counterpart_org_code,
        lon, lat, crs, lon_raw, lat_raw, address,
        division_code, grid_scheme_given, grid_code_given,
        component_code, appeal_type, text, attributes,
        true as is_derived,
        1 as told_count,
        1 as version_count
    from {{ ref('int_snapshot_event') }}
),

facts as (
    select * from elected
    union all
    select * from derived
)

select
    facts.*,
    -- a contract that tells the kind of its codes puts it among the attributes
    case
        when facts.attributes like '%"category_kind"%' then {{ json_text('facts.attributes', 'category_kind') }}
    end as category_kind,
    coalesce(event_types.effect, 'none') as effect,
    event_types.stage,
    -- an unknown type stands after all known ones of the same moment
    coalesce(event_types.position, 999) as position,
    event_types.event_type is not null as is_known_type
from facts
left join {{ ref('event_type') }} as event_types on facts.event_type = event_types.event_type
