-- Every span of an open case is in the dwell of just one month, and for as long as it lasted.
with

spans as (
    select network, stage, count(*) as spans, sum(dwell_seconds) as dwell_seconds
    from {{ ref('fct_case_stage') }}
    where dwell_seconds is not null
    group by network, stage
),

dwells as (
    select network, stage, sum(spans) as spans, sum(dwell_seconds) as dwell_seconds
    from {{ ref('rpt_dwell') }}
    group by network, stage
)

select spans.network, spans.stage
from spans
full join dwells on spans.network = dwells.network and spans.stage = dwells.stage
where spans.spans is distinct from dwells.spans or spans.dwell_seconds is distinct from dwells.dwell_seconds
