-- grain: one row per code set, kind, category code and begin of validity; with 'unknown'
with

mount as (
    select clock_at from {{ ref('stg_mount') }}
),

members as (
    select
        versions.category_id, versions.code_set, versions.kind, versions.category_code, versions.major_code,
        versions.minor_code, versions.major_name, versions.minor_name,
        canonicals.canonical_code, canonicals.canonical_name, canonicals.canonical_mapping,
        versions.is_extension, versions.city,
        versions.valid_from_at, versions.valid_to_at, versions.valid_from_on, versions.valid_to_on
    from {{ ref('int_category_version') }} as versions
    inner join {{ ref('int_category_canonical') }} as canonicals on versions.category_key = canonicals.category_key
    union all
    select
        'unknown' as category_id, 'unknown' as code_set, '' as kind, 'unknown' as category_code,
        cast(null as string) as major_code, cast(null as string) as minor_code,
        '未知' as major_name, '未知' as minor_name,
        cast(null as string) as canonical_code, cast(null as string) as canonical_name,
        cast(null as string) as canonical_mapping, false as is_extension, cast(null as string) as city,
        timestamp '1900-01-01 00:00:00' as valid_from_at, cast(null as timestamp) as valid_to_at,
        date '1900-01-01' as valid_from_on, cast(null as date) as valid_to_on
)

select
    members.category_id, members.code_set, members.kind, members.category_code,
    members.major_code, members.minor_code, members.major_name, members.minor_name,
    members.canonical_code, members.canonical_name, members.canonical_mapping, members.is_extension, members.city,
    members.valid_from_at, members.valid_to_at, members.valid_from_on, members.valid_to_on,
    members.valid_from_at <= mount.clock_at
    and (members.valid_to_at is null or mount.clock_at < members.valid_to_at) as is_current
from members
cross join mount
