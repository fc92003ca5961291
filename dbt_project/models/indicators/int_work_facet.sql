-- grain: one row per thing and cut of the registry that is told of it (item_id, facet): cases and other streams
select attributes.item_id, facets.facet, min(attributes.told_value) as facet_value
from {{ ref('int_work_attribute') }} as attributes
inner join {{ ref('work_facet') }} as facets
    on attributes.stream_type = facets.stream_type and attributes.attribute = facets.attribute
group by attributes.item_id, facets.facet
