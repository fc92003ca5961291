-- grain: one row per category as told (code set, kind, code) and local day: what it is by the lists of that day
-- A code that is valid in several kinds, told without its kind, is none of them: it is flagged, not guessed.
with

told as (
    select code_set_told, kind_told, category_code_told, read_on from {{ ref('int_category_telling') }}
    union
    select
        coalesce(cases.category_code_set_told, '') as code_set_told,
        cases.category_kind_told as kind_told,
        cases.category_code_told,
        cast({{ to_local('cases.opened_at', 'mount.time_zone') }} as date) as read_on
    from {{ ref('int_case_state') }} as cases
    cross join {{ ref('stg_mount') }} as mount
    where cases.category_code_told is not null
),

versions as (
    select * from {{ ref('int_category_version') }}
),

sets as (
    select distinct code_set from {{ ref('int_code_set_version') }}
),

fitting as (
    select
        told.code_set_told, told.kind_told, told.category_code_told, told.read_on,
        versions.category_id,
        versions.kind,
        versions.valid_from_on <= told.read_on
        and (versions.valid_to_on is null or told.read_on < versions.valid_to_on) as is_valid
    from told
    inner join versions on told.code_set_told = versions.code_set and told.category_code_told = versions.category_code
    where told.kind_told = '' or versions.kind in (told.kind_told, '')
),

counted as (
    select
        code_set_told, kind_told, category_code_told, read_on,
        count(distinct case when is_valid then kind end) as valid_kinds,
        -- where a list has the code with and without a kind, the kind that was told goes before
        max_by(category_id, kind) filter (where is_valid) as category_id
    from fitting
    group by code_set_told, kind_told, category_code_told, read_on
),

judged as (
    select
        told.code_set_told, told.kind_told, told.category_code_told, told.read_on,
        case
            when counted.valid_kinds > 1 and told.kind_told = '' then 'ambiguous_kind'
            when counted.valid_kinds > 0 then 'known'
            when counted.valid_kinds = 0 then 'not_valid_then'
            when sets.code_set is not null then 'unknown_code'
            else 'unknown_set'
        end as status,
        counted.category_id
    from told
    left join counted
        on
            told.code_set_told = counted.code_set_told
            and told.kind_told = counted.kind_told
            and told.category_code_told = counted.category_code_told
            and told.read_on = counted.read_on
    left join sets on told.code_set_told = sets.code_set
)

select
    judged.code_set_told, judged.kind_told, judged.category_code_told, judged.read_on,
    case
        when judged.status = 'known' and canonicals.canonical_code is null then 'no_canonical'
        else judged.status
    end as status,
    versions.category_id,
    versions.code_set,
    versions.kind,
    versions.category_code,
    canonicals.canonical_code,
    canonicals.canonical_name,
    canonicals.canonical_mapping
from judged
left join versions on judged.category_id = versions.category_id and judged.status = 'known'
left join {{ ref('int_category_canonical') }} as canonicals on versions.category_key = canonicals.category_key
