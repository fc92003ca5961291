-- grain: one row per member of staff (token) and begin of validity: the grid that he has, and his role in it
with

stated as (
    select
        {{ json_text('attributes', 'staff_no') }} as staff_token,
        -- a list that names no scheme speaks of the unified one
        coalesce({{ json_text('attributes', 'scheme') }}, '') as told_scheme,
        {{ json_text('attributes', 'grid_code') }} as grid_code,
        {{ json_text('attributes', 'role') }} as role,
        {{ json_text('attributes', 'duty_class') }} as duty_class,
        valid_from_at, stated_to_at, recorded_at, observed_at, batch_id, line, content_hash
    from {{ ref('int_reference_statement') }}
    where reference_table = 'staff'
),

versions as (
    {{ versions_of('stated', ['staff_token']) }}
),

mount as (
    select time_zone, unified_scheme from {{ ref('stg_mount') }}
),

dated as (
    select
        versions.*,
        case when versions.told_scheme = '' then mount.unified_scheme else versions.told_scheme end as scheme,
        cast({{ to_local('versions.valid_from_at', 'mount.time_zone') }} as date) as valid_from_on,
        cast({{ to_local('versions.valid_to_at', 'mount.time_zone') }} as date) as valid_to_on
    from versions
    cross join mount
    where versions.staff_token is not null
)

select
    staff_token || '@' || cast(valid_from_on as string) as staff_id,
    staff_token, scheme, grid_code, role, duty_class,
    valid_from_at, valid_to_at, valid_from_on, valid_to_on
from dated
