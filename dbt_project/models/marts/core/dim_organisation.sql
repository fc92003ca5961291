-- grain: one row per organisation code and begin of validity; with 'unknown'
with

mount as (
    select clock_at from {{ ref('stg_mount') }}
),

members as (
    select
        organisation_id, org_code, org_name, org_type, parent_org_code, level, network,
        valid_from_at, valid_to_at, valid_from_on, valid_to_on
    from {{ ref('int_organisation_version') }}
    union all
    select
        'unknown' as organisation_id, 'unknown' as org_code, '未知单位' as org_name,
        cast(null as string) as org_type, cast(null as string) as parent_org_code,
        cast(null as string) as level, cast(null as string) as network,
        timestamp '1900-01-01 00:00:00' as valid_from_at, cast(null as timestamp) as valid_to_at,
        date '1900-01-01' as valid_from_on, cast(null as date) as valid_to_on
)

select
    members.organisation_id, members.org_code, members.org_name, members.org_type, members.parent_org_code,
    members.level, members.network,
    members.valid_from_at, members.valid_to_at, members.valid_from_on, members.valid_to_on,
    members.valid_from_at <= mount.clock_at
    and (members.valid_to_at is null or mount.clock_at < members.valid_to_at) as is_current
from members
cross join mount
