{#- The number of a square of the raster. -#}
{% macro cell_id(cell_x, cell_y) -%}
(({{ cell_y }}) * 100000000 + ({{ cell_x }}))
{%- endmacro %}

{#-
  Whether the ray that runs east from a point crosses an edge: low_lat <= lat < high_lat and the point lies left of it.
  Half-open, so a point on a border has one side; without a division, so both engines compute the same.
-#}
{% macro is_crossing(point, edge) -%}
{{ edge }}.low_lat <= {{ point }}.lat
and {{ point }}.lat < {{ edge }}.high_lat
and ({{ point }}.lon - {{ edge }}.low_lon) * ({{ edge }}.high_lat - {{ edge }}.low_lat)
< ({{ point }}.lat - {{ edge }}.low_lat) * ({{ edge }}.high_lon - {{ edge }}.low_lon)
{%- endmacro %}

{#-
  A query: the shapes of the unified scheme that hold the points of a relation (lon, lat, cell_id; no point twice), as
  (lon, lat, shape_no). A square inside a polygon decides by itself; on a border the edges that its row has are tested.
-#}
{% macro points_in_shapes(points) -%}
select points.lon, points.lat, cells.shape_no
from {{ points }} as points
inner join {{ ref('int_grid_cell') }} as cells on points.cell_id = cells.cell_id
where not cells.is_border
union all
select points.lon, points.lat, edges.shape_no
from {{ points }} as points
inner join {{ ref('int_grid_cell_edge') }} as edges on points.cell_id = edges.cell_id
inner join {{ ref('int_grid_cell') }} as cells on edges.cell_id = cells.cell_id and edges.shape_no = cells.shape_no
where cells.is_border and {{ is_crossing('points', 'edges') }}
group by points.lon, points.lat, edges.shape_no
having count(*) % 2 = 1
{%- endmacro %}

{#- A share in millionths, to the nearest; the part and the whole are integers, the whole more than 0. -#}
{% macro millionths(part, whole) -%}
cast(floor(cast({{ part }} as double) * 1000000 / {{ whole }} + 0.5) as bigint)
{%- endmacro %}

{#- Whole square metres, to the nearest, of whole square decimetres. -#}
{% macro square_metres(area_dm2) -%}
{{ whole_quotient(area_dm2 ~ ' + 50', 100) }}
{%- endmacro %}

{#-
  East and north shift of GCJ-02 against WGS-84 at a point, degrees, by the published de-facto formula; nothing is
  shifted outside the country's box. In: names of the columns that hold the point. The same as in ingest/place.py.
-#}
{% macro gcj02_shift(lon, lat) -%}
{%- set pi = '3.141592653589793e0' -%}
{%- set x = '(' ~ lon ~ ' - 105)' -%}
{%- set y = '(' ~ lat ~ ' - 35)' -%}
{%- set wave = '20e0 * sin(6 * ' ~ x ~ ' * ' ~ pi ~ ') + 20e0 * sin(2 * ' ~ x ~ ' * ' ~ pi ~ ')' -%}
{%- set magic = '(1 - 6.69342162296594323e-3 * sin(radians(' ~ lat ~ ')) * sin(radians(' ~ lat ~ ')))' -%}
case when {{ lon }} > 72.004 and {{ lon }} < 137.8347 and {{ lat }} > 0.8293 and {{ lat }} < 55.8271 then
    (
        300 + {{ x }} + 2 * {{ y }} + 1e-1 * {{ x }} * {{ x }} + 1e-1 * {{ x }} * {{ y }} + 1e-1 * sqrt(abs({{ x }}))
        + (
            {{ wave }} + 20e0 * sin({{ x }} * {{ pi }}) + 40e0 * sin({{ x }} / 3 * {{ pi }})
            + 150e0 * sin({{ x }} / 12 * {{ pi }}) + 300e0 * sin({{ x }} / 30 * {{ pi }})
        ) * 2 / 3
    ) * 180 / (6.378245e6 / sqrt({{ magic }}) * cos(radians({{ lat }})) * {{ pi }})
else 0 end as shift_east,
case when {{ lon }} > 72.004 and {{ lon }} < 137.8347 and {{ lat }} > 0.8293 and {{ lat }} < 55.8271 then
    (
        -100 + 2 * {{ x }} + 3 * {{ y }} + 2e-1 * {{ y }} * {{ y }} + 1e-1 * {{ x }} * {{ y }} + 2e-1 * sqrt(abs({{ x }}))
        + (
            {{ wave }} + 20e0 * sin({{ y }} * {{ pi }}) + 40e0 * sin({{ y }} / 3 * {{ pi }})
            + 160e0 * sin({{ y }} / 12 * {{ pi }}) + 320e0 * sin({{ y }} / 30 * {{ pi }})
        ) * 2 / 3
    ) * 180 / (6.378245e6 * (1 - 6.69342162296594323e-3) / ({{ magic }} * sqrt({{ magic }})) * {{ pi }})
else 0 end as shift_north
{%- endmacro %}
