{#- Whole binary logarithm of a quotient of two integers above 0, rounded down, at most `most`: exact in every engine. -#}
{% macro whole_log2(number, divisor, most=20) -%}
case
    {%- for power in range(most, 0, -1) %} when {{ number }} >= {{ divisor }} * {{ 2 ** power }} then {{ power }}{% endfor %} else 0
end
{%- endmacro %}

{#- The name of the step that a value lies in: steps are (name, first value that is no more in it), in order. -#}
{% macro step_of(value, steps, last) -%}
case{% for name, below in steps %} when {{ value }} < {{ below }} then '{{ name }}'{% endfor %} else '{{ last }}' end
{%- endmacro %}

{#- What evidence a pair of cases gives, by name of the column; the levels of each have their points in `link_weight`. -#}
{% macro link_evidences() -%}{{ return(['place', 'area', 'time', 'matter', 'words', 'person', 'thing', 'ended', 'teller']) }}{%- endmacro %}

{#- Attributes by which a record names the number of another: (attribute, role of what names it). -#}
{% macro link_references() -%}
{{ return([
    ('duplicate_of', 'duplicate'), ('duplicate_number', 'duplicate'), ('parent_no', 'duplicate'),
    ('incident_no', 'transfer'), ('order_no', 'transfer'), ('link_no', 'transfer'),
]) }}
{%- endmacro %}

{#-
  The build that linking goes on from: `links_before` is the path of its warehouse, empty where all is linked from scratch.
  Whatever it says, the answer is the same; that build must have been made with the same models, macros and seeds.
-#}
{% macro link_goes_on() -%}{{ return(var('links_before', '') != '') }}{%- endmacro %}
{% macro link_before(model) -%}earlier_build.intermediate.{{ model }}{%- endmacro %}
{% macro attach_links_before() -%}
{%- if link_goes_on() %}{{ attach_warehouse(var('links_before'), 'earlier_build') }}{% endif -%}
{%- endmacro %}

{#- The whole week, counted from 1970, that a second lies in. -#}
{% macro link_week(second) -%}{{ whole_quotient(second, 604800) }}{%- endmacro %}

{#- A query: the pairs of characters of texts (case_no, week_no, text), as (case_no, week_no, word_no), each once a case. -#}
{% macro link_words_of(texts) -%}
select distinct
    case_no,
    week_no,
    cast({{ character_code('substr(words, spot, 1)') }} as bigint) * 2097152
    + {{ character_code('substr(words, spot + 1, 1)') }} as word_no
from (
    select case_no, week_no, words, {{ each_number(1, 'length(words) - 1') }} as spot
    from (
        select
            case_no, week_no,
            substr({{ without_matches('text', "'\\[[^\\]]*\\]|[[:space:]]'") }}, 1, 300) as words
        from {{ texts }}
    ) as cut_texts
    where length(words) > 1
) as spots
{%- endmacro %}

{#-
  A query: the blocks (case_no, block_no) of cases. A block is a square or a key, and a span of time. With `turn` nothing,
  those that a case stands in; with -1 those that it looks into, the squares around its own and the span before; with 1
  those in which later cases stand that look into its own.

  near: 300 m, a week, related groups. close: 100 m, a day, whatever it is. place, person: an address or token, a week.
  area: a community and group, two days, where points cannot tell. A code of no canonical category is of a group of its
  own, which is held against everything.
-#}
{% macro link_blocks(cases, turn=none) -%}
{%- set week, day = 604800, 86400 -%}
{%- set spans = '' if turn is none else ' cross join spans' -%}
{%- set around = '' if turn is none else ' cross join around' -%}
{%- set span = '' if turn is none else (' - ' if turn < 0 else ' + ') ~ 'spans.step' -%}
{%- set across = '' if turn is none else ' + around.step_x' -%}
{%- set along = '' if turn is none else ' + around.step_y' -%}
select
    {{ cases }}.case_no,
    {{ key_number([
        whole_quotient('x_dm', 3000) ~ across, whole_quotient('y_dm', 3000) ~ along,
        whole_quotient('opened_s', week) ~ span,
        "coalesce(link_group, '?')" if turn is none else 'groups.looked_group',
    ]) }} * 10 + 1 as block_no
from {{ cases }}{{ around }}{{ spans }}
{% if turn is not none -%}
inner join groups on coalesce({{ cases }}.link_group, '?') = groups.own_group
{% endif -%}
where {{ cases }}.x_dm is not null
union all
select
    {{ cases }}.case_no,
    {{ key_number([
        whole_quotient('x_dm', 1000) ~ across, whole_quotient('y_dm', 1000) ~ along,
        whole_quotient('opened_s', day) ~ span,
    ]) }} * 10 + 2 as block_no
from {{ cases }}{{ around }}{{ spans }}
where {{ cases }}.x_dm is not null
union all
select {{ cases }}.case_no, {{ key_number(['place_key', whole_quotient('opened_s', week) ~ span]) }} * 10 + 3 as block_no
from {{ cases }}{{ spans }}
where {{ cases }}.place_key is not null
union all
select {{ cases }}.case_no, {{ key_number(['token', whole_quotient('opened_s', week) ~ span]) }} * 10 + 4 as block_no
from {{ cases }}{{ spans }}
where {{ cases }}.token is not null
union all
select
    {{ cases }}.case_no,
    {{ key_number([
        'community_code', "coalesce(link_group, '?')", whole_quotient('opened_s', 2 * day) ~ span,
    ]) }} * 10 + 5 as block_no
from {{ cases }}{{ spans }}
where {{ cases }}.community_code is not null
{%- endmacro %}

{#- A working table of the settling. -#}
{% macro link_work(name) -%}{{ return(this.incorporate(path={'identifier': 'link_work_' ~ name})) }}{%- endmacro %}
{% macro remake(relation, query) -%}
{%- do run_query('drop table if exists ' ~ relation) -%}
{%- do run_query('create table ' ~ relation ~ ' as ' ~ query) -%}
{%- endmacro %}
{% macro forget_link_work() -%}
{%- if execute and flags.WHICH in ('build', 'run') -%}
    {%- for name in ('label', 'near', 'even', 'odd', 'asked', 'moved') -%}
        {%- do run_query('drop table if exists ' ~ link_work(name)) -%}
    {%- endfor -%}
{%- endif -%}
{%- endmacro %}

{#-
  Settle which incident each case belongs to, before the model that calls this as a hook; it takes the working table
  `label`.

  The rule is sequential: a case, in its order, goes to the incident of earlier cases with which half its best and half its
  mean score is highest, where that is above the threshold, or else begins one. So cases are settled span by span, in
  their order, with the labels of the spans before final. Within a span the rule is asked of all cases at once with what
  the round before answered, again and again: whatever was guessed at first, after n rounds every case is right whose
  answer hangs on a chain of n cases, so a round that changes nothing has the answer of the sequence. Only cases that
  another's changed answer touches are asked again, and what a round reads and writes is of the span alone.

  Going on from another build, its labels are the guess, and those cases alone are asked that have or had a pair with a
  renewed one (`asked`), or with one of another incident than before or of one that a renewed case began (`moved`).
-#}
{% macro settle_links() -%}
{%- if execute and flags.WHICH in ('build', 'run') -%}
    {%- set label, near, asked, moved = link_work('label'), link_work('near'), link_work('asked'), link_work('moved') -%}
    {%- set state = namespace(rounds=0, spans=0, after=none, is_open=false, now=none) -%}
    {%- if link_goes_on() -%}
        {%- do remake(asked, link_first_asked()) -%}
        {%- do remake(moved, link_first_moved()) -%}
        {%- set first = run_query(link_first_touched(asked, moved)) -%}
        {%- set state.after = first.columns[0].values()[0] -%}
    {%- endif -%}
    {%- do remake(label, link_labels_before(none, state.after) if link_goes_on() else link_no_label()) -%}
    {%- set ends = run_query(link_span_ends(var('link_span_cases'), state.after)) -%}
    {%- for end in (ends.columns[0].values() if ends.columns else []) -%}
        {%- if link_goes_on() -%}
            {%- set found = run_query(link_touched_count(asked, moved, state.after, end)) -%}
            {%- set state.is_open = found.columns[0].values()[0] > 0 -%}
        {%- else -%}
            {%- set state.is_open = true -%}
        {%- endif -%}
        {%- if not state.is_open -%}
            {%- do run_query('insert into ' ~ label ~ ' ' ~ link_labels_before(state.after, end)) -%}
        {%- else -%}
            {%- set state.spans = state.spans + 1 -%}
            {%- do remake(near, link_near_pairs(label, state.after, end)) -%}
            {%- if link_goes_on() -%}
                {%- do run_query('insert into ' ~ moved ~ ' ' ~ link_moved_alone(near, state.after, end)) -%}
            {%- endif -%}
            {%- set state.now = link_work('even') -%}
            {%- do remake(state.now, link_guess(near, asked, moved)) -%}
            {%- for round in range(var('link_span_cases') + 2) -%}
                {%- if state.is_open -%}
                    {%- set made = link_work('odd' if round % 2 == 0 else 'even') -%}
                    {%- do remake(made, link_round(near, state.now)) -%}
                    {%- set state.now = made -%}
                    {%- set state.rounds = state.rounds + 1 -%}
                    {%- set counted = run_query('select count(*) as asked from ' ~ made ~ ' where is_asked') -%}
                    {%- set state.is_open = counted.columns[0].values()[0] > 0 -%}
                {%- endif -%}
            {%- endfor -%}
            {%- do run_query('insert into ' ~ label ~ ' ' ~ link_span_labels(state.now, state.after, end)) -%}
            {%- if link_goes_on() -%}
                {%- do run_query('insert into ' ~ moved ~ ' ' ~ link_moved_in_span(state.now)) -%}
            {%- endif -%}
        {%- endif -%}
        {%- set state.after = end -%}
    {%- endfor -%}
    {{ log('linking settled ' ~ state.spans ~ ' spans in ' ~ state.rounds ~ ' rounds') }}
{%- endif -%}
{%- endmacro %}

{#- A query: the numbers of the last cases of the spans (case_no), in their order, of so many cases each. -#}
{% macro link_span_ends(case_count, after) -%}
with placed as (
    select
        case_no,
        row_number() over (order by case_no asc) as place,
        row_number() over (order by case_no desc) as place_from_end
    from {{ ref('int_link_case') }}
    {% if after is not none %}where case_no > {{ after }}{% endif %}
)
select case_no
from placed
where place % {{ case_count }} = 0 or place_from_end = 1
order by case_no
{%- endmacro %}

{#- A query: the cases of which a pair is made anew, is gone or has another score, or which are renewed themselves. -#}
{% macro link_first_asked() -%}
with renewed as (
    select case_no from {{ ref('int_link_renewed') }}
),
asked as (
    select case_no from renewed
    union
    select pairs.later_no as case_no
    from {{ ref('int_link_pair') }} as pairs
    inner join renewed on pairs.earlier_no = renewed.case_no
    union
    select pairs.later_no as case_no
    from {{ link_before('int_link_pair') }} as pairs
    inner join renewed on pairs.earlier_no = renewed.case_no
)
select asked.case_no, cases.case_no is not null as is_there
from asked
left join {{ ref('int_link_case') }} as cases on asked.case_no = cases.case_no
{%- endmacro %}

{#- A query: the other cases of incidents that a renewed case began: that one bounds them. -#}
{% macro link_first_moved() -%}
select labels.case_no
from {{ link_before('int_link_settled') }} as labels
inner join {{ ref('int_link_renewed') }} as founders on labels.incident_no = founders.case_no
left join {{ ref('int_link_renewed') }} as renewed on labels.case_no = renewed.case_no
where renewed.case_no is null
{%- endmacro %}

{#- A query: the last number before whatever is touched; where nothing is, the last that there is. -#}
{% macro link_first_touched(asked, moved) -%}
select coalesce(min(touched.case_no) - 1, max(cases.last_no), 0) as case_no
from (select max(case_no) as last_no from {{ ref('int_link_case') }}) as cases
left join (
    select case_no from {{ asked }}
    union all
    select case_no from {{ moved }}
) as touched on true
{%- endmacro %}

{#- A query: the labels of the build before, of numbers of a span. -#}
{% macro link_labels_before(after, end) -%}
select case_no, incident_no
from {{ link_before('int_link_settled') }}
where {{ link_in_span('case_no', after, end) }}
{%- endmacro %}

{#- A query: how many times cases of a span are to be asked. -#}
{% macro link_touched_count(asked, moved, after, end) -%}
select count(*) as touched
from (
    select case_no from {{ asked }}
    where {{ link_in_span('case_no', after, end) }}
    union all
    select pairs.later_no as case_no
    from {{ ref('int_link_pair') }} as pairs
    inner join {{ moved }} as moved on pairs.earlier_no = moved.case_no
    where {{ link_in_span('pairs.later_no', after, end) }}
) as touched
{%- endmacro %}

{#- A query: the cases of a span that nothing speaks for any more and that belonged to an incident of others. -#}
{% macro link_moved_alone(near, after, end) -%}
select befores.case_no
from {{ link_before('int_link_settled') }} as befores
left join (select distinct later_no from {{ near }}) as near on befores.case_no = near.later_no
where near.later_no is null and befores.case_no <> befores.incident_no and {{ link_in_span('befores.case_no', after, end) }}
{%- endmacro %}

{#- A query: the cases of a span that belong to another incident than before. -#}
{% macro link_moved_in_span(now) -%}
select labels.case_no
from {{ now }} as labels
inner join {{ link_before('int_link_settled') }} as befores on labels.case_no = befores.case_no
where labels.incident_no <> befores.incident_no
{%- endmacro %}

{#- What numbers a span has: after the end of the one before, up to its own. -#}
{% macro link_in_span(case_no, after, end) -%}
{% if after is not none %}{{ case_no }} > {{ after }} and {% endif %}{{ case_no }} <= {{ end }}
{%- endmacro %}

{#- A query: labels of no case. -#}
{% macro link_no_label() -%}
select case_no, case_no as incident_no
from {{ ref('int_link_case') }}
where false
{%- endmacro %}

{#-
  A query: the pairs of the later cases of a span that some earlier case speaks for; where that is of a span before, its
  incident is `settled_no`. Which nothing speaks for begin incidents whatever others do.
-#}
{% macro link_near_pairs(label, after, end) -%}
with pairs as (
    select earlier_no, later_no, score, rule
    from {{ ref('int_link_pair') }}
    where {{ link_in_span('later_no', after, end) }}
),
spoken_for as (
    select distinct pairs.later_no
    from pairs
    cross join {{ ref('int_link_model') }} as model
    where pairs.rule = 'must' or pairs.score > model.attach_above
)
select
    pairs.later_no, pairs.earlier_no, pairs.score,
    case when pairs.rule = 'must' then 1 else 0 end as is_bound,
    case when pairs.rule = 'cannot' then 1 else 0 end as is_barred,
    labels.incident_no as settled_no
from pairs
inner join spoken_for on pairs.later_no = spoken_for.later_no
left join {{ label }} as labels on pairs.earlier_no = labels.case_no
{%- endmacro %}

{#-
  A query: a first guess of the incident of every case that has pairs (case_no, incident_no, is_asked): of the case it is
  most like, of the case that one is most like, and so on, 32 steps far. Of a case that is not renewed, that of before.
-#}
{% macro link_guess(near, asked, moved) -%}
with ranked as (
    select
        later_no, earlier_no, settled_no,
        row_number() over (partition by later_no order by is_bound desc, score desc, earlier_no) as preference
    from {{ near }}
),
step_0 as (
    select later_no as case_no, coalesce(settled_no, earlier_no) as incident_no
    from ranked
    where preference = 1
),
{% for number in range(5) %}
step_{{ number + 1 }} as (
    select one.case_no, coalesce(another.incident_no, one.incident_no) as incident_no
    from step_{{ number }} as one
    left join step_{{ number }} as another on one.incident_no = another.case_no
),
{% endfor %}
guessed as (
    select * from step_5
)
{% if link_goes_on() -%}
, touched as (
    select case_no from {{ asked }}
    where is_there
    union
    select near.later_no as case_no
    from {{ near }} as near
    inner join {{ moved }} as moved on near.earlier_no = moved.case_no
)
select
    guessed.case_no,
    case
        when renewed.case_no is null then coalesce(befores.incident_no, guessed.incident_no) else guessed.incident_no
    end as incident_no,
    touched.case_no is not null as is_asked
from guessed
left join {{ link_before('int_link_settled') }} as befores on guessed.case_no = befores.case_no
left join {{ ref('int_link_renewed') }} as renewed on guessed.case_no = renewed.case_no
left join touched on guessed.case_no = touched.case_no
{%- else -%}
select case_no, incident_no, true as is_asked
from guessed
{%- endif %}
{%- endmacro %}

{#-
  A query: every case with the incident that is right for it where the others belong to what they did the round before,
  and whether it is asked again, since one that it is held against changed.
-#}
{% macro link_round(near, now) -%}
with votes as (
    select
        near.later_no,
        coalesce(labels.incident_no, near.settled_no, near.earlier_no) as incident_no,
        max(near.score) as best,
        sum(near.score + 12000) as total,
        count(*) as members,
        max(near.is_bound) as is_bound,
        max(near.is_barred) as is_barred
    from {{ near }} as near
    inner join {{ now }} as asked on near.later_no = asked.case_no
    left join {{ now }} as labels on near.earlier_no = labels.case_no
    where asked.is_asked
    group by near.later_no, coalesce(labels.incident_no, near.settled_no, near.earlier_no)
),
valued as (
    select votes.later_no, votes.incident_no, votes.is_bound, {{ link_value('best', 'total', 'members') }} as value
    from votes
    where is_barred = 0
),
bounded as (
    select valued.later_no, valued.incident_no, valued.is_bound, valued.value
    from valued
    cross join {{ ref('int_link_model') }} as model
    inner join {{ ref('int_link_case') }} as later on valued.later_no = later.case_no
    inner join {{ ref('int_link_case') }} as founder on valued.incident_no = founder.case_no
    inner join {{ ref('link_kind') }} as kinds
        on
            kinds.model_version = model.model_version
            and kinds.link_kind = case when later.link_kind = founder.link_kind then later.link_kind else 'mixed' end
    where
        valued.is_bound = 1
        or (
            valued.value > model.attach_above
            and later.opened_s - founder.opened_s <= kinds.span_hours * 3600
            and coalesce(
                (later.x_dm - founder.x_dm) * (later.x_dm - founder.x_dm)
                + (later.y_dm - founder.y_dm) * (later.y_dm - founder.y_dm)
                <= kinds.diameter_m * kinds.diameter_m * 100,
                true
            )
        )
),
ranked as (
    select
        later_no, incident_no,
        row_number() over (partition by later_no order by is_bound desc, value desc, incident_no) as preference
    from bounded
),
answers as (
    select
        asked.case_no, asked.incident_no as incident_before, coalesce(ranked.incident_no, asked.case_no) as incident_no
    from {{ now }} as asked
    left join ranked on asked.case_no = ranked.later_no and ranked.preference = 1
    where asked.is_asked
),
touched as (
    select distinct near.later_no as case_no
    from {{ near }} as near
    inner join answers on near.earlier_no = answers.case_no
    where answers.incident_no <> answers.incident_before
)
select
    now.case_no,
    coalesce(answers.incident_no, now.incident_no) as incident_no,
    touched.case_no is not null as is_asked
from {{ now }} as now
left join answers on now.case_no = answers.case_no
left join touched on now.case_no = touched.case_no
{%- endmacro %}

{#- A query: the labels of all cases of a span, of those too that begin an incident since nothing speaks for them. -#}
{% macro link_span_labels(now, after, end) -%}
select cases.case_no, coalesce(labels.incident_no, cases.case_no) as incident_no
from {{ ref('int_link_case') }} as cases
left join {{ now }} as labels on cases.case_no = labels.case_no
where {{ link_in_span('cases.case_no', after, end) }}
{%- endmacro %}

{#- Half the best and half the mean score of a case with an incident; `total` is of scores raised by 12,000. -#}
{% macro link_value(best, total, members) -%}
({{ whole_quotient(best ~ ' + 12000 + ' ~ whole_quotient(total, members), 2) }} - 12000)
{%- endmacro %}
