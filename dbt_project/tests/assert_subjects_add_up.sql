-- What the members of a kind of subject count adds up to what the district counts, for every indicator and period.
-- Collectors do not: much is told by others.
with

figures as (
    select
        indicator, period_kind, period_start, subject_kind,
        sum(numerator) as numerator,
        sum(denominator) as denominator,
        sum(item_count) as item_count
    from {{ ref('rpt_indicator') }}
    group by indicator, period_kind, period_start, subject_kind
)

select members.*
from figures as members
left join figures as whole
    on
        members.indicator = whole.indicator
        and members.period_kind = whole.period_kind
        and members.period_start = whole.period_start
        and whole.subject_kind = 'district'
where
    members.subject_kind not in ('district', 'collector')
    and (
        whole.indicator is null
        or members.numerator <> whole.numerator
        or coalesce(members.denominator, -1) <> coalesce(whole.denominator, -1)
        or members.item_count <> whole.item_count
    )
