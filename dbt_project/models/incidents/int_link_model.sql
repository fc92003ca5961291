-- grain: one row: the version of the linking model that is in force at the mount's clock
with

versions as (
    select
        model.*,
        row_number() over (
            order by
                case when model.valid_from <= cast(mount.clock_at as date) then 1 else 2 end,
                case when model.valid_from <= cast(mount.clock_at as date) then model.valid_from end desc,
                model.valid_from, model.model_version desc
        ) as preference
    from {{ ref('link_model') }} as model
    cross join {{ ref('stg_mount') }} as mount
)

select model_version, valid_from, attach_above, automatic_from, review_from, busy_block
from versions
where preference = 1
