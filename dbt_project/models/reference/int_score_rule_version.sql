-- grain: one row per scorecard, line and begin of validity; points and steps are thousandths, thresholds per mille
with

stated as (
    select
        {{ json_text('attributes', 'scorecard') }} as scorecard,
        cast({{ json_text('attributes', 'line_no') }} as integer) as line_no,
        {{ json_text('attributes', 'indicator') }} as indicator,
        {{ json_text('attributes', 'rule') }} as rule,
        cast({{ json_text('attributes', 'points') }} as bigint) as points,
        cast({{ json_text('attributes', 'threshold') }} as bigint) as threshold,
        cast({{ json_text('attributes', 'step') }} as bigint) as step,
        coalesce({{ json_text('attributes', 'doubles_supervised') }} = 'true', false) as doubles_supervised,
        valid_from_at, stated_to_at, recorded_at, observed_at, batch_id, line, content_hash
    from {{ ref('int_reference_statement') }}
    where reference_table = 'score_rule'
),

versions as (
    {{ versions_of('stated', ['scorecard', 'line_no']) }}
),

mount as (
    select time_zone from {{ ref('stg_mount') }}
)

select
    versions.scorecard, versions.line_no, versions.indicator, versions.rule, versions.points, versions.threshold,
    versions.step, versions.doubles_supervised,
    versions.valid_from_at, versions.valid_to_at,
    cast({{ to_local('versions.valid_from_at', 'mount.time_zone') }} as date) as valid_from_on,
    cast({{ to_local('versions.valid_to_at', 'mount.time_zone') }} as date) as valid_to_on
from versions
cross join mount
