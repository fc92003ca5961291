-- grain: one row per case (case_no), numbered in the order of linking: opened_at, feed, stream_key
-- The number is made of the second, so that it stays what it is whatever case comes or goes before.
-- What was told becomes keys that can be compared: metres in one frame, an address without its division, a group and a
-- kind of category. Metres are whole decimetres from a corner far away, so that nothing is rounded twice.
with

model as (
    select * from {{ ref('int_link_model') }}
),

degrees as (
    -- the degree of latitude in which most cases lie: a city is narrower than one
    select lat_degree, row_number() over (order by case_count desc, lat_degree asc) as preference
    from (
        select cast(floor(lat) as integer) as lat_degree, count(*) as case_count
        from {{ ref('int_link_telling') }}
        where lat is not null
        group by cast(floor(lat) as integer)
    ) as counted
),

frame as (
    select cast(round(cos(radians(lat_degree + 0.5)) * 1000000) as bigint) as shrink_ppm
    from degrees
    where preference = 1
),

busy_points as (
    -- a point that so many cases of one week share is the clerk's, not the place's
    select tellings.lon, tellings.lat
    from {{ ref('int_link_telling') }} as tellings
    cross join model
    where tellings.lon is not null
    group by tellings.lon, tellings.lat, {{ whole_quotient(epoch_seconds('tellings.opened_at'), 604800) }}
    having count(*) > max(model.busy_block)
),

numbered as (
    select
        tellings.*,
        {{ epoch_seconds('opened_at') }} * 1000000 + row_number() over (
            partition by {{ epoch_seconds('opened_at') }} order by opened_at, feed, stream_key, case_id
        ) as case_no,
        upper({{ without_matches('address', "'[[:space:],，。.;；#]'") }}) as plain_address
    from {{ ref('int_link_telling') }} as tellings
),

addressed as (
    select
        numbered.*,
        coalesce(
            -- without its division, which others leave out; what names neither a number nor a crossing is too wide
            {{ first_match(without_matches('plain_address', "'^.*(街道|镇|乡|社区|[^新]村)'"), "'^(.*[0-9/&].*)$'") }},
            case
                when address is null then {{ first_match('text', "'([一-龥][一-龥](?:路|街|巷|弄|大道|南路|北路)[0-9]+号)'") }}
            end
        ) as place_key
    from numbered
),

categories as (
    select link_category.* from {{ ref('link_category') }} as link_category
    inner join model on link_category.model_version = model.model_version
),

told as (
    select
        addressed.case_no, addressed.case_id, addressed.feed, addressed.stream_key, addressed.network,
        addressed.channel_kind, addressed.text,
        {{ epoch_seconds('addressed.opened_at') }} as opened_s,
        {{ epoch_seconds('addressed.closed_at') }} as closed_s,
        case
            when busy_points.lon is null and abs(addressed.lon) <= 180
                then {{ whole_quotient(
                    whole_quotient(
                        '(cast(round(addressed.lon * 1000000) as bigint) + 180000000) * frame.shrink_ppm', 1000000
                    ) ~ ' * 11132', 10000) }}
        end as x_dm,
        case
            when busy_points.lon is null and abs(addressed.lat) <= 90
                then {{ whole_quotient(
                    '(cast(round(addressed.lat * 1000000) as bigint) + 90000000) * 11132', 10000) }}
        end as y_dm,
        addressed.place_key,
        {{ without_matches('addressed.place_key', "'[0-9]'") }} as street_key,
        case
            when {{ first_match('addressed.place_key', "'(幢|栋|座|楼|单元)$'") }} is not null then 'building'
            when addressed.place_key is not null then 'street'
        end as place_form,
        addressed.community_code,
        addressed.token,
        addressed.component_code,
        addressed.canonical_name,
        addressed.category_key,
        -- a code that belongs to no canonical category has no group
        coalesce(categories.link_group, addressed.canonical_name) as link_group,
        coalesce(categories.link_kind, 'persistent') as link_kind
    from addressed
    left join frame on addressed.lat is not null
    left join busy_points on addressed.lon = busy_points.lon and addressed.lat = busy_points.lat
    left join categories on addressed.canonical_name = categories.canonical_name
)

select
    case_no, case_id, feed, stream_key, network, channel_kind, opened_s, closed_s, x_dm, y_dm,
    place_key, street_key, place_form, community_code, token, component_code, canonical_name, category_key,
    link_group, link_kind,
    text is not null as has_text,
    -- of all that linking looks at, and of the version it looks with
    {{ hash_of([
        'cast(model.model_version as string)', 'case_id', 'feed', 'cast(opened_s as string)', 'cast(closed_s as string)',
        'cast(x_dm as string)', 'cast(y_dm as string)', 'place_key', 'place_form', 'community_code', 'token',
        'component_code', 'canonical_name', 'category_key', 'link_group', 'link_kind', 'text',
    ]) }} as told_hash
from told
cross join model
