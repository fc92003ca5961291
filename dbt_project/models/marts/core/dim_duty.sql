-- grain: one row per duty and begin of a span in which its name, class, owner and what went with it stay the same
with

versions as (
    select * from {{ ref('int_duty_version') }}
),

mount as (
    select cast({{ to_local('clock_at', 'time_zone') }} as date) as clock_day from {{ ref('stg_mount') }}
),

points as (
    select duty_code, valid_from_on as point_on from versions
    union
    select duty_code, valid_to_on as point_on from versions
    where valid_to_on is not null
),

standing as (
    select
        points.duty_code, points.point_on,
        versions.duty_class, versions.duty_name, versions.owner_org_code,
        versions.approval_document, versions.staff_count, versions.budget_yuan,
        versions.duty_class || chr(31) || versions.duty_name || chr(31) || versions.owner_org_code
        || chr(31) || coalesce(versions.approval_document, '')
        || chr(31) || coalesce(cast(versions.staff_count as string), '')
        || chr(31) || coalesce(cast(versions.budget_yuan as string), '') as told,
        row_number() over (
            partition by points.duty_code, points.point_on
            order by
                versions.valid_from_on desc, versions.code_set asc, versions.kind asc, versions.category_code asc
        ) as preference
    from points
    left join versions
        on
            points.duty_code = versions.duty_code
            and points.point_on >= versions.valid_from_on
            and (versions.valid_to_on is null or points.point_on < versions.valid_to_on)
),

compared as (
    select
        *,
        coalesce(told, '') as says,
        lag(coalesce(told, '')) over (partition by duty_code order by point_on) as said
    from standing
    where preference = 1
),

spans as (
    select
        duty_code, duty_class, duty_name, owner_org_code, approval_document, staff_count, budget_yuan, says,
        point_on as valid_from_on,
        lead(point_on) over (partition by duty_code order by point_on) as valid_to_on
    from compared
    where said is null or says <> said
),

coded as (
    select
        spans.duty_code, spans.valid_from_on,
        count(distinct versions.code_set || '/' || versions.kind || '/' || versions.category_code) as code_count
    from spans
    inner join versions on spans.duty_code = versions.duty_code
    where
        versions.category_code <> ''
        and (spans.valid_to_on is null or versions.valid_from_on < spans.valid_to_on)
        and (versions.valid_to_on is null or spans.valid_from_on < versions.valid_to_on)
    group by spans.duty_code, spans.valid_from_on
)

select
    spans.duty_code || '@' || cast(spans.valid_from_on as string) as duty_id,
    spans.duty_code, spans.duty_class, spans.duty_name, spans.owner_org_code,
    spans.approval_document, spans.staff_count, spans.budget_yuan,
    coalesce(coded.code_count, 0) as code_count,
    spans.valid_from_on, spans.valid_to_on,
    spans.valid_from_on <= mount.clock_day
    and (spans.valid_to_on is null or mount.clock_day < spans.valid_to_on) as is_current
from spans
cross join mount
left join coded on spans.duty_code = coded.duty_code and spans.valid_from_on = coded.valid_from_on
where spans.says <> ''
