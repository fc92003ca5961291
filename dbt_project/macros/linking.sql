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

{#- A working table of the settling. -#}
{% macro link_work(name) -%}{{ return(this.incorporate(path={'identifier': 'link_work_' ~ name})) }}{%- endmacro %}
{% macro remake(relation, query) -%}
{%- do run_query('drop table if exists ' ~ relation) -%}
{%- do run_query('create table ' ~ relation ~ ' as ' ~ query) -%}
{%- endmacro %}
{% macro forget_link_work() -%}
{%- if execute and flags.WHICH in ('build', 'run') -%}
    {%- for name in ('label', 'near', 'even', 'odd') -%}
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
-#}
{% macro settle_links() -%}
{%- if execute and flags.WHICH in ('build', 'run') -%}
    {%- set label, near = link_work('label'), link_work('near') -%}
    {%- set ends = run_query(link_span_ends(var('link_span_cases'))) -%}
    {%- set state = namespace(rounds=0, after=none, is_open=false, now=none) -%}
    {%- do remake(label, link_no_label()) -%}
    {%- for end in (ends.columns[0].values() if ends.columns else []) -%}
        {%- do remake(near, link_near_pairs(label, state.after, end)) -%}
        {%- set state.now, spare = link_work('even'), link_work('odd') -%}
        {%- do remake(state.now, link_guess(near)) -%}
        {%- set state.is_open = true -%}
        {%- for round in range(var('link_span_cases') + 2) -%}
            {%- if state.is_open -%}
                {%- set made = link_work('odd' if round % 2 == 0 else 'even') -%}
                {%- do remake(made, link_round(near, state.now)) -%}
                {%- set state.now = made -%}
                {%- set state.rounds = state.rounds + 1 -%}
                {%- set asked = run_query('select count(*) as asked from ' ~ made ~ ' where is_asked') -%}
                {%- set state.is_open = asked.columns[0].values()[0] > 0 -%}
            {%- endif -%}
        {%- endfor -%}
        {%- do run_query('insert into ' ~ label ~ ' ' ~ link_span_labels(state.now, state.after, end)) -%}
        {%- set state.after = end -%}
    {%- endfor -%}
    {{ log('linking settled in ' ~ state.rounds ~ ' rounds') }}
{%- endif -%}
{%- endmacro %}
{#- A query: the numbers of the last cases of the spans (case_no), in their order, of so many cases each. -#}
{% macro link_span_ends(case_count) -%}
with placed as (
    select
        case_no,
        row_number() over (order by case_no asc) as place,
        row_number() over (order by case_no desc) as place_from_end
    from {{ ref('int_link_case') }}
)
select case_no
from placed
where place % {{ case_count }} = 0 or place_from_end = 1
order by case_no
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
  most like, of the case that one is most like, and so on, 32 steps far.
-#}
{% macro link_guess(near) -%}
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
select case_no, incident_no, true as is_asked
from guessed
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
