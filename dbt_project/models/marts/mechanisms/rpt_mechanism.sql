-- grain: one row per indicator, cut, subject, month (indicator, facet, facet_value, subject_kind, subject_code, month_on)
-- The figures of the registry once more, cut by what their streams tell besides: kind of whistle, class of visit, who rates.
{% set subjects = [
    ('district', "'district'"), ('organisation', 'org_code'), ('street', 'street_code'),
    ('community', 'community_code'),
] %}
with

cut as (
    select
        items.indicator, facets.facet, facets.facet_value, items.org_code, items.street_code, items.community_code,
        items.numerator, items.denominator,
        cast(date_trunc('month', items.counted_at_local) as date) as month_on,
        cast(date_trunc('month', items.also_counted_at_local) as date) as also_month_on
    from {{ ref('rpt_indicator_item') }} as items
    inner join {{ ref('int_work_facet') }} as facets on items.item_id = facets.item_id
),

counted as (
    -- a thing that counts at two moments counts in the months of both, and once where they are one
    select indicator, facet, facet_value, org_code, street_code, community_code, numerator, denominator, month_on
    from cut
    where month_on is not null
    union all
    select
        indicator, facet, facet_value, org_code, street_code, community_code, numerator, denominator,
        also_month_on as month_on
    from cut
    where also_month_on is not null and (month_on is null or month_on <> also_month_on)
),

figures as (
    {% for subject_kind, subject_code in subjects %}
        select
            indicator, facet, facet_value,
            '{{ subject_kind }}' as subject_kind,
            {{ subject_code }} as subject_code,
            month_on,
            cast(sum(numerator) as bigint) as numerator,
            cast(sum(denominator) as bigint) as denominator,
            count(*) as item_count
        from counted
        group by indicator, facet, facet_value, {{ subject_code }}, month_on
        {% if not loop.last %}
            union all
        {% endif %}
    {% endfor %}
)

select
    figures.indicator, figures.facet, figures.facet_value, figures.subject_kind, figures.subject_code, figures.month_on,
    figures.numerator, figures.denominator, figures.item_count,
    wholes.is_assessable
from figures
inner join {{ ref('rpt_indicator') }} as wholes
    on
        figures.indicator = wholes.indicator
        and figures.subject_kind = wholes.subject_kind
        and figures.subject_code = wholes.subject_code
        and wholes.period_kind = 'month'
        and figures.month_on = cast(wholes.period_start as date)
