-- grain: one row per stream and stream whose number it names (stream_id, other_id), with the role of what names it
-- A number counts where it is that of one stream alone: a duplicate's within its own feed, a transfer's in another. One
-- that several systems have is left alone.
with

events as (
    select
        {{ hash_of(['feed', 'stream_type', 'stream_key']) }} as stream_id,
        feed, event_type, attributes
    from {{ ref('evt_grid_event') }}
    where attributes <> '{}'
),

named as (
    {% for attribute, role in link_references() %}
        select distinct
            stream_id, feed,
            '{{ role }}' as role,
            {{ json_text('attributes', attribute) }} as named_key
        from events
        where
            attributes like '%"{{ attribute }}"%'
            -- a number may be told with its kind: a work order of another system is no case of this feed
            and coalesce({{ json_text('attributes', attribute ~ '_kind') }}, 'request') in ('request', 'case')
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

streams as (
    select
        {{ hash_of(['feed', 'stream_type', 'stream_key']) }} as stream_id,
        feed, stream_key
    from {{ ref('evt_grid_event') }}
    where stream_key in (select named_key from named)
    group by feed, stream_type, stream_key
),

found as (
    select
        named.stream_id, named.role, streams.stream_id as other_id,
        count(*) over (partition by named.stream_id, named.role, named.named_key) as found_count
    from named
    inner join streams
        on
            named.named_key = streams.stream_key
            and named.stream_id <> streams.stream_id
            and (named.role = 'duplicate') = (named.feed = streams.feed)
)

select stream_id, other_id, min(role) as role
from found
where found_count = 1
group by stream_id, other_id
