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
    {%- for name in ('pair', 'label', 'spare') -%}
        {%- do run_query('drop table if exists ' ~ link_work(name)) -%}
    {%- endfor -%}
{%- endif -%}
{%- endmacro %}

{#-
  Settle which incident each case belongs to, before the model that calls this as a hook; it takes the working table
  `label`.

  The rule is sequential: a case, in its order, goes to the incident of earlier cases with which half its best and half its
  mean score is highest, where that is above the threshold, or else begins one. Asked of all cases at once with what the
  round before answered, again and again, the rule gives the same: whatever was guessed at first, after n rounds every
  case is right whose answer hangs on a chain of n cases, so a round that changes nothing has the answer of the sequence.
  Only cases that another's changed answer touches are asked again.
-#}
{% macro settle_links() -%}
{%- if execute and flags.WHICH in ('build', 'run') -%}
    {%- set pair, label, spare = link_work('pair'), link_work('label'), link_work('spare') -%}
    {%- do remake(pair, link_slim_pairs()) -%}
    {%- do remake(label, link_guess(pair)) -%}
    {%- set state = namespace(is_open=true, rounds=0) -%}
    {%- for round in range(10000) -%}
        {%- if state.is_open -%}
            {%- do remake(spare, link_round(pair, label)) -%}
            {%- do run_query('drop table ' ~ label) -%}
            {%- do run_query('alter table ' ~ spare ~ ' rename to link_work_label') -%}
            {%- set state.rounds = round + 1 -%}
            {%- set changed = run_query('select count(*) as changed from ' ~ label ~ ' where is_changed') -%}
            {%- set state.is_open = changed.columns[0].values()[0] > 0 -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if state.is_open -%}
        {{ exceptions.raise_compiler_error('linking did not settle in 10000 rounds') }}
    {%- endif -%}
    {{ log('linking settled in ' ~ state.rounds ~ ' rounds') }}
{%- endif -%}
{%- endmacro %}

{% macro link_slim_pairs() -%}
select
    earlier_no, later_no, score,
    case when rule = 'must' then 1 else 0 end as is_bound,
    case when rule = 'cannot' then 1 else 0 end as is_barred
from {{ ref('int_link_pair') }}
{%- endmacro %}

{#- A query: a first guess of every case's incident: the case it is most like, that one's, and so on, 32 steps far. -#}
{% macro link_guess(pair) -%}
with ranked as (
    select
        pairs.later_no, pairs.earlier_no,
        row_number() over (
            partition by pairs.later_no order by pairs.is_bound desc, pairs.score desc, pairs.earlier_no
        ) as preference
    from {{ pair }} as pairs
    cross join {{ ref('int_link_model') }} as model
    where pairs.is_bound = 1 or pairs.score > model.attach_above
),
step_0 as (
    select cases.case_no, coalesce(ranked.earlier_no, cases.case_no) as incident_no
    from {{ ref('int_link_case') }} as cases
    left join ranked on cases.case_no = ranked.later_no and ranked.preference = 1
),
{% for number in range(5) %}
step_{{ number + 1 }} as (
    select near.case_no, far.incident_no
    from step_{{ number }} as near
    inner join step_{{ number }} as far on near.incident_no = far.case_no
){% if not loop.last %},{% endif %}
{% endfor %}
select case_no, incident_no, true as is_changed
from step_5
{%- endmacro %}

{#- A query: every case with the incident that is right for it where the labels are (case_no, incident_no, is_changed). -#}
{% macro link_round(pair, label) -%}
with asked as (
    select distinct pairs.later_no as case_no
    from {{ pair }} as pairs
    inner join {{ label }} as labels on pairs.earlier_no = labels.case_no
    where labels.is_changed
),
votes as (
    select
        pairs.later_no, labels.incident_no,
        max(pairs.score) as best,
        sum(pairs.score + 12000) as total,
        count(*) as members,
        max(pairs.is_bound) as is_bound,
        max(pairs.is_barred) as is_barred
    from {{ pair }} as pairs
    inner join asked on pairs.later_no = asked.case_no
    inner join {{ label }} as labels on pairs.earlier_no = labels.case_no
    group by pairs.later_no, labels.incident_no
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
    select asked.case_no, coalesce(ranked.incident_no, asked.case_no) as incident_no
    from asked
    left join ranked on asked.case_no = ranked.later_no and ranked.preference = 1
)
select
    labels.case_no,
    -- a case that is held against none was never guessed to be another's
    coalesce(answers.incident_no, labels.incident_no) as incident_no,
    coalesce(answers.incident_no <> labels.incident_no, false) as is_changed
from {{ label }} as labels
left join answers on labels.case_no = answers.case_no
{%- endmacro %}

{#- Half the best and half the mean score of a case with an incident; `total` is of scores raised by 12,000. -#}
{% macro link_value(best, total, members) -%}
({{ whole_quotient(best ~ ' + 12000 + ' ~ whole_quotient(total, members), 2) }} - 12000)
{%- endmacro %}
