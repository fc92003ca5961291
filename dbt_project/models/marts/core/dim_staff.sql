-- grain: one row per member of staff (token) and begin of validity: who had which grid, in which role
with

mount as (
    select clock_at from {{ ref('stg_mount') }}
)

select
    staff.staff_id, staff.staff_token, staff.scheme, staff.grid_code, staff.role, staff.duty_class,
    staff.valid_from_at, staff.valid_to_at, staff.valid_from_on, staff.valid_to_on,
    staff.valid_from_at <= mount.clock_at
    and (staff.valid_to_at is null or mount.clock_at < staff.valid_to_at) as is_current
from {{ ref('int_staff_version') }} as staff
cross join mount
