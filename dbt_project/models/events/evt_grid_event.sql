-- grain: one row per elected fact (event_id)
-- The election: a `once` row counts only in the newest version of its record, an `each` row always; of each event the
-- newest counting row is kept. A record that yields an event no more has thereby taken it back.
-- What is elected is decided by keys alone; of the wide rows each is read once, when its key was elected.
with

newest_lines as (
    select feed, batch_id, line, record_key as told_record_key from {{ ref('int_record_version') }}
),

live as (
    select
        told.event_id, told.content_hash, told.event_type, told.batch_id, told.line, told.recorded_at, told.observed_at
    from (
        select *, coalesce(record_key, source_ref) as told_record_key
        from {{ ref('stg_event') }}
        where event_type not in ('reference_stated', 'item_observed', 'snapshot_taken', 'record_without_event')
    ) as told
    left join newest_lines
        on
            told.feed = newest_lines.feed
            and told.told_record_key = newest_lines.told_record_key
            and told.batch_id = newest_lines.batch_id
            and told.line = newest_lines.line
    where told.identity = 'each' or newest_lines.feed is not null
),

tellings as (
    -- two rules of a contract may tell the same of one line, to the letter: that is one telling
    select
        event_id, content_hash, event_type, batch_id, line, recorded_at, observed_at,
        count(*) as row_count
    from live
    group by event_id, content_hash, event_type, batch_id, line, recorded_at, observed_at
),

ordered as (
    select
        event_id, content_hash, event_type, batch_id, line, row_count,
        row_number() over (
            partition by event_id
            order by recorded_at desc, observed_at desc, batch_id desc, line desc, content_hash desc, event_type desc
        ) as newness
    from tellings
),

contents as (
    select event_id, content_hash, count(*) as told_count
    from {{ ref('stg_event') }}
    where event_type not in ('reference_stated', 'item_observed', 'snapshot_taken', 'record_without_event')
    group by event_id, content_hash
),

versions as (
    select event_id, cast(sum(told_count) as bigint) as told_count, count(*) as version_count
    from contents
    group by event_id
),

newest as (
    select
        ordered.event_id, ordered.content_hash, ordered.event_type, ordered.batch_id, ordered.line, ordered.row_count,
        versions.told_count,
        versions.version_count
    from ordered
    inner join versions on ordered.event_id = versions.event_id
    where ordered.newness = 1
),

elected as (
    {% for kind, condition in (('all', '= 1'), ('distinct', '> 1')) %}
        select {{ kind }} -- noqa: LT02
            told.event_id, told.content_hash, told.stream_type, told.stream_key, told.event_type,
            told.event_version,
            told.occurred_at,
            told.recorded_at,
            told.observed_at,
            told.landed_at,
            told.feed, told.network, told.batch_id, told.landing_id, told.attempt_id, told.line,
            told.source_ref, told.record_key, told.record_hash,
            told.category_code_set, told.category_code, told.nature, told.channel, told.level,
            told.org_code, told.actor_token, told.counterpart_org_code,
            told.lon, told.lat, told.crs, told.lon_raw, told.lat_raw, told.address,
            told.division_code, told.grid_scheme_given, told.grid_code_given,
            told.component_code, told.appeal_type, told.text, told.attributes,
            false as is_derived,
            newest.told_count,
            newest.version_count
        from {{ ref('stg_event') }} as told
        inner join newest
            on
                told.event_id = newest.event_id
                and told.batch_id = newest.batch_id
                and told.line = newest.line
                and told.content_hash = newest.content_hash
                and told.event_type = newest.event_type
        where newest.row_count {{ condition }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
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
