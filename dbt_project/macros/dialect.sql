{#-
  Every difference between DuckDB (default__) and Spark (spark__) that the models need, and nothing else.
  Arguments are SQL expressions; timestamps are naive and in UTC unless a macro says "local".
-#}

{#- The text at a top-level key of a JSON object; null where it is absent or null. -#}
{% macro json_text(column, key) -%}{{ adapter.dispatch('json_text', 'onegrid')(column, key) }}{%- endmacro %}
{% macro default__json_text(column, key) -%}json_extract_string({{ column }}, '$.{{ key }}'){%- endmacro %}
{% macro spark__json_text(column, key) -%}get_json_object({{ column }}, '$.{{ key }}'){%- endmacro %}

{#- The same, where the key is a value of the row. -#}
{% macro json_value(column, key) -%}{{ adapter.dispatch('json_value', 'onegrid')(column, key) }}{%- endmacro %}
{% macro default__json_value(column, key) -%}json_extract_string({{ column }}, '$.' || {{ key }}){%- endmacro %}
{% macro spark__json_value(column, key) -%}get_json_object({{ column }}, '$.' || {{ key }}){%- endmacro %}

{#- UTC to the wall time of a zone. -#}
{% macro to_local(moment, zone) -%}{{ adapter.dispatch('to_local', 'onegrid')(moment, zone) }}{%- endmacro %}
{% macro default__to_local(moment, zone) -%}timezone({{ zone }}, timezone('UTC', {{ moment }})){%- endmacro %}
{% macro spark__to_local(moment, zone) -%}from_utc_timestamp({{ moment }}, {{ zone }}){%- endmacro %}

{#- The wall time of a zone to UTC. -#}
{% macro to_utc(wall_time, zone) -%}{{ adapter.dispatch('to_utc', 'onegrid')(wall_time, zone) }}{%- endmacro %}
{% macro default__to_utc(wall_time, zone) -%}timezone('UTC', timezone({{ zone }}, {{ wall_time }})){%- endmacro %}
{% macro spark__to_utc(wall_time, zone) -%}to_utc_timestamp({{ wall_time }}, {{ zone }}){%- endmacro %}

{#- SHA-256 (hex) over texts; null and the empty text differ, and no two lists of texts run together. -#}
{% macro hash_of(texts) -%}{{ adapter.dispatch('hash_of', 'onegrid')(texts) }}{%- endmacro %}
{% macro default__hash_of(texts) -%}
sha256(concat_ws(chr(31){% for text in texts %}, coalesce({{ text }}, chr(30)){% endfor %}))
{%- endmacro %}
{% macro spark__hash_of(texts) -%}
sha2(concat_ws(char(31){% for text in texts %}, coalesce({{ text }}, char(30)){% endfor %}), 256)
{%- endmacro %}

{#- Microseconds since 1970, as an integer. -#}
{% macro epoch_us(moment) -%}{{ adapter.dispatch('epoch_us', 'onegrid')(moment) }}{%- endmacro %}
{% macro default__epoch_us(moment) -%}epoch_us({{ moment }}){%- endmacro %}
{% macro spark__epoch_us(moment) -%}unix_micros({{ moment }}){%- endmacro %}

{#- Whole seconds since 1970, rounded down, as an integer. -#}
{% macro epoch_seconds(moment) -%}{{ adapter.dispatch('epoch_seconds', 'onegrid')(moment) }}{%- endmacro %}
{% macro default__epoch_seconds(moment) -%}(epoch_us({{ moment }}) // 1000000){%- endmacro %}
{% macro spark__epoch_seconds(moment) -%}unix_seconds({{ moment }}){%- endmacro %}

{#- Whole quotient of two integers that are not negative. -#}
{% macro whole_quotient(number, divisor) -%}{{ adapter.dispatch('whole_quotient', 'onegrid')(number, divisor) }}{%- endmacro %}
{% macro default__whole_quotient(number, divisor) -%}(({{ number }}) // {{ divisor }}){%- endmacro %}
{% macro spark__whole_quotient(number, divisor) -%}(({{ number }}) div {{ divisor }}){%- endmacro %}

{#- A moment, so many seconds later. -#}
{% macro add_seconds(moment, seconds) -%}{{ adapter.dispatch('add_seconds', 'onegrid')(moment, seconds) }}{%- endmacro %}
{% macro default__add_seconds(moment, seconds) -%}({{ moment }} + to_seconds({{ seconds }})){%- endmacro %}
{% macro spark__add_seconds(moment, seconds) -%}timestampadd(second, {{ seconds }}, {{ moment }}){%- endmacro %}

{#- A date, so many days later (or earlier, where negative). -#}
{% macro add_days(day, days) -%}{{ adapter.dispatch('add_days', 'onegrid')(day, days) }}{%- endmacro %}
{% macro default__add_days(day, days) -%}({{ day }} + cast({{ days }} as integer)){%- endmacro %}
{% macro spark__add_days(day, days) -%}date_add({{ day }}, cast({{ days }} as int)){%- endmacro %}

{#- Days from one date to another, negative where that is earlier. -#}
{% macro days_from(first_day, last_day) -%}{{ adapter.dispatch('days_from', 'onegrid')(first_day, last_day) }}{%- endmacro %}
{% macro default__days_from(first_day, last_day) -%}({{ last_day }} - {{ first_day }}){%- endmacro %}
{% macro spark__days_from(first_day, last_day) -%}datediff({{ last_day }}, {{ first_day }}){%- endmacro %}

{#- Monday is 1, Sunday is 7. -#}
{% macro iso_weekday(day) -%}{{ adapter.dispatch('iso_weekday', 'onegrid')(day) }}{%- endmacro %}
{% macro default__iso_weekday(day) -%}isodow({{ day }}){%- endmacro %}
{% macro spark__iso_weekday(day) -%}(weekday({{ day }}) + 1){%- endmacro %}

{#- In a select list: one row per date of a closed range. The caller sees to it that the first is not after the last. -#}
{% macro each_day(first_day, last_day) -%}{{ adapter.dispatch('each_day', 'onegrid')(first_day, last_day) }}{%- endmacro %}
{% macro default__each_day(first_day, last_day) -%}
cast(unnest(generate_series({{ first_day }}, {{ last_day }}, interval 1 day)) as date)
{%- endmacro %}
{% macro spark__each_day(first_day, last_day) -%}
explode(sequence({{ first_day }}, {{ last_day }}, interval 1 day))
{%- endmacro %}

{#- In a select list: one row per integer of a closed range. The caller sees to it that the first is not after the last. -#}
{% macro each_number(first_number, last_number) -%}{{ adapter.dispatch('each_number', 'onegrid')(first_number, last_number) }}{%- endmacro %}
{% macro default__each_number(first_number, last_number) -%}unnest(generate_series({{ first_number }}, {{ last_number }})){%- endmacro %}
{% macro spark__each_number(first_number, last_number) -%}explode(sequence({{ first_number }}, {{ last_number }})){%- endmacro %}

{#- An aggregate: the texts of a group in their order, apart by a blank. -#}
{% macro joined_texts(text) -%}{{ adapter.dispatch('joined_texts', 'onegrid')(text) }}{%- endmacro %}
{% macro default__joined_texts(text) -%}string_agg({{ text }}, ' ' order by {{ text }}){%- endmacro %}
{% macro spark__joined_texts(text) -%}array_join(array_sort(collect_list({{ text }})), ' '){%- endmacro %}

{#- The newest value of a window that is not null. -#}
{% macro last_known(value, window) -%}{{ adapter.dispatch('last_known', 'onegrid')(value, window) }}{%- endmacro %}
{% macro default__last_known(value, window) -%}last_value({{ value }} ignore nulls) over ({{ window }}){%- endmacro %}
{% macro spark__last_known(value, window) -%}last_value({{ value }}, true) over ({{ window }}){%- endmacro %}

{#- An aggregate: the texts of a group in their own order, with a space between. -#}
{% macro joined_in_order(text) -%}{{ adapter.dispatch('joined_in_order', 'onegrid')(text) }}{%- endmacro %}
{% macro default__joined_in_order(text) -%}string_agg({{ text }}, ' ' order by {{ text }}){%- endmacro %}
{% macro spark__joined_in_order(text) -%}array_join(array_sort(collect_list({{ text }})), ' '){%- endmacro %}

{#- An aggregate: the texts of a group in the order of a whole number that is unique in it, with a separator, an SQL text, between. -#}
{% macro joined_by(text, number, separator) -%}{{ adapter.dispatch('joined_by', 'onegrid')(text, number, separator) }}{%- endmacro %}
{% macro default__joined_by(text, number, separator) -%}
string_agg({{ text }}, {{ separator }} order by {{ number }})
{%- endmacro %}
{% macro spark__joined_by(text, number, separator) -%}
array_join(transform(array_sort(collect_list(struct({{ number }} as place, {{ text }} as word))), one -> one.word), {{ separator }})
{%- endmacro %}

{#-
  A query: the corners of GeoJSON polygons and multipolygons, as (id, part_no, ring_no, corner_no, lon, lat).
  A text that is no polygon gives no row.
-#}
{% macro polygon_corners(relation, id, polygon) -%}{{ adapter.dispatch('polygon_corners', 'onegrid')(relation, id, polygon) }}{%- endmacro %}
{% macro default__polygon_corners(relation, id, polygon) -%}
select
    {{ id }},
    part_no,
    ring_no,
    generate_subscripts(ring, 1) as corner_no,
    unnest(ring)[1] as lon,
    unnest(ring)[2] as lat
from (
    select {{ id }}, part_no, generate_subscripts(part, 1) as ring_no, unnest(part) as ring
    from (
        select {{ id }}, generate_subscripts(parts, 1) as part_no, unnest(parts) as part
        from (
            select
                {{ id }},
                case json_extract_string({{ polygon }}, '$.type')
                    when 'Polygon' then [try_cast(json_extract({{ polygon }}, '$.coordinates') as double[][][])]
                    when 'MultiPolygon' then try_cast(json_extract({{ polygon }}, '$.coordinates') as double[][][][])
                end as parts
            from {{ relation }}
            where json_valid({{ polygon }})
        ) as shapes
    ) as parts_of_shapes
) as rings_of_parts
{%- endmacro %}
{% macro spark__polygon_corners(relation, id, polygon) -%}
select {{ id }}, part_no + 1 as part_no, ring_no + 1 as ring_no, corner_no + 1 as corner_no, corner[0] as lon, corner[1] as lat
from (
    select
        {{ id }},
        case get_json_object({{ polygon }}, '$.type')
            when 'Polygon'
                then array(from_json(get_json_object({{ polygon }}, '$.coordinates'), 'array<array<array<double>>>'))
            when 'MultiPolygon'
                then from_json(get_json_object({{ polygon }}, '$.coordinates'), 'array<array<array<array<double>>>>')
        end as parts
    from {{ relation }}
) as shapes
lateral view posexplode(parts) as part_no, part
lateral view posexplode(part) as ring_no, ring
lateral view posexplode(ring) as corner_no, corner
{%- endmacro %}

{#- The first match of a regular expression with one group: what the group holds; null where nothing matches. -#}
{% macro first_match(text, pattern) -%}{{ adapter.dispatch('first_match', 'onegrid')(text, pattern) }}{%- endmacro %}
{% macro default__first_match(text, pattern) -%}nullif(regexp_extract({{ text }}, {{ pattern }}, 1), ''){%- endmacro %}
{% macro spark__first_match(text, pattern) -%}nullif(regexp_extract({{ text }}, r{{ pattern }}, 1), ''){%- endmacro %}

{#- A text without all that a regular expression matches. -#}
{% macro without_matches(text, pattern) -%}{{ adapter.dispatch('without_matches', 'onegrid')(text, pattern) }}{%- endmacro %}
{% macro default__without_matches(text, pattern) -%}regexp_replace({{ text }}, {{ pattern }}, '', 'g'){%- endmacro %}
{% macro spark__without_matches(text, pattern) -%}regexp_replace({{ text }}, r{{ pattern }}, ''){%- endmacro %}

{#- The number of a text's first character. -#}
{% macro character_code(text) -%}{{ adapter.dispatch('character_code', 'onegrid')(text) }}{%- endmacro %}
{% macro default__character_code(text) -%}unicode({{ text }}){%- endmacro %}
{% macro spark__character_code(text) -%}ascii({{ text }}){%- endmacro %}

{#- A whole number below 2^59 that values of one row have with equal values alone, but for one chance in as many. -#}
{% macro key_number(values) -%}{{ adapter.dispatch('key_number', 'onegrid')(values) }}{%- endmacro %}
{% macro default__key_number(values) -%}cast(hash({{ values | join(', ') }}) >> 5 as bigint){%- endmacro %}
{% macro spark__key_number(values) -%}shiftrightunsigned(xxhash64({{ values | join(', ') }}), 5){%- endmacro %}

{#- Statements: the warehouse file of another build can be read as `alias`; again is nothing. -#}
{% macro attach_warehouse(path, alias) -%}{{ adapter.dispatch('attach_warehouse', 'onegrid')(path, alias) }}{%- endmacro %}
{% macro default__attach_warehouse(path, alias) -%}
attach if not exists '{{ path | replace("'", "''") }}' as {{ alias }} (read_only)
{%- endmacro %}
{% macro spark__attach_warehouse(path, alias) -%}select 1{%- endmacro %}
