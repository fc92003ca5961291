-- grain: one row per judgement of a landing (feed, seq): what the gate said, and what people decided after it, who and why
with

numbered as (
    select
        verdicts.*,
        row_number() over (partition by feed, landing_id order by seq desc) as lastness
    from {{ ref('stg_verdict') }} as verdicts
)

select
    numbered.feed,
    numbered.seq,
    landings.network,
    numbered.landing_id,
    landings.batch_name,
    landings.observed_at,
    numbered.verdict,
    numbered.given_by,
    numbered.given_by <> 'gate' as is_by_person,
    numbered.why,
    numbered.given_at,
    numbered.lastness = 1 as is_last
from numbered
inner join {{ ref('stg_landing') }} as landings on numbered.landing_id = landings.landing_id
