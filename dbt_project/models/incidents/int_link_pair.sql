-- grain: one row per pair of cases that are held against each other (earlier_no, later_no): the evidence and its points
-- Points are thousandths of a binary logarithm of odds, whole numbers, from the version of `link_weight` in force; the
-- score is their sum, held within 12,000 either way. A level that the weights do not know tells nothing. Pairs of which
-- neither case is renewed are those of the build before.
{{ config(pre_hook="{{ attach_links_before() }}") }}
with

cases as (
    select * from {{ ref('int_link_case') }}
),

model as (
    select * from {{ ref('int_link_model') }}
),

weights as (
    select weight.evidence, weight.level, weight.points
    from {{ ref('link_weight') }} as weight
    inner join model on weight.model_version = model.model_version
),

relations as (
    select relation.link_group, relation.related_group
    from {{ ref('link_relation') }} as relation
    inner join model on relation.model_version = model.model_version
    union
    select relation.related_group as link_group, relation.link_group as related_group
    from {{ ref('link_relation') }} as relation
    inner join model on relation.model_version = model.model_version
),

words as (
    select * from {{ ref('int_link_word') }}
),

texts as (
    select case_no, sum(weight_bits) as text_bits
    from words
    group by case_no
),

common as (
    select candidates.earlier_no, candidates.later_no, sum(least(earlier.weight_bits, later.weight_bits)) as common_bits
    from {{ ref('int_link_candidate') }} as candidates
    inner join words as earlier on candidates.earlier_no = earlier.case_no
    inner join words as later on candidates.later_no = later.case_no and earlier.word_no = later.word_no
    group by candidates.earlier_no, candidates.later_no
),

paired as (
    select
        candidates.earlier_no,
        candidates.later_no,
        later.opened_s - earlier.opened_s as gap_s,
        cast(floor(sqrt(cast(
            (earlier.x_dm - later.x_dm) * (earlier.x_dm - later.x_dm)
            + (earlier.y_dm - later.y_dm) * (earlier.y_dm - later.y_dm) as double
        ))) as bigint) as distance_dm,
        case
            when earlier.place_key = later.place_key then 'same'
            when earlier.place_key is null or later.place_key is null then 'unknown'
            when earlier.place_form <> later.place_form then 'other form'
            when earlier.street_key = later.street_key then 'same street'
            else 'other'
        end as address_level,
        case
            when earlier.community_code is null or later.community_code is null then 'unknown'
            when earlier.community_code = later.community_code then 'same'
            else 'other'
        end as area_level,
        case when earlier.link_kind = later.link_kind then earlier.link_kind else 'mixed' end as link_kind,
        case
            when earlier.canonical_name = later.canonical_name then 'same category'
            when earlier.category_key = later.category_key then 'same code'
            when earlier.link_group = later.link_group then 'same group'
            when earlier.link_group is null or later.link_group is null then 'unknown'
            when relations.link_group is not null then 'related group'
            else 'other group'
        end as matter_level,
        texts_before.text_bits as earlier_bits,
        texts_after.text_bits as later_bits,
        coalesce(common.common_bits, 0) as common_bits,
        case when earlier.token = later.token then 'same' else 'not known' end as person_level,
        case
            when earlier.component_code is null or later.component_code is null then 'not known'
            when earlier.component_code = later.component_code then 'same'
            else 'other'
        end as thing_level,
        coalesce(earlier.closed_s < later.opened_s, false) as is_ended,
        case when earlier.feed = later.feed then 'same feed' else 'other feed' end as teller_level,
        rules.rule,
        rules.reason
    from {{ ref('int_link_candidate') }} as candidates
    inner join cases as earlier on candidates.earlier_no = earlier.case_no
    inner join cases as later on candidates.later_no = later.case_no
    left join common on candidates.earlier_no = common.earlier_no and candidates.later_no = common.later_no
    left join texts as texts_before on candidates.earlier_no = texts_before.case_no
    left join texts as texts_after on candidates.later_no = texts_after.case_no
    left join relations on earlier.link_group = relations.link_group and later.link_group = relations.related_group
    left join {{ ref('int_link_rule') }} as rules
        on candidates.earlier_no = rules.earlier_no and candidates.later_no = rules.later_no
),

levelled as (
    select
        paired.*,
        address_level || '/' || case
            when distance_dm is null then 'no point'
            else {{ step_of(
                'distance_dm',
                [('30 m', 300), ('60 m', 600), ('100 m', 1000), ('150 m', 1500), ('225 m', 2250), ('300 m', 3001)],
                'beyond'
            ) }}
        end as place_level,
        link_kind || '/' || {{ step_of(
            'gap_s',
            [('15 min', 900), ('1 h', 3600), ('3 h', 10800), ('6 h', 21600), ('12 h', 43200), ('24 h', 86400),
             ('36 h', 129600), ('48 h', 172800), ('72 h', 259200), ('96 h', 345600), ('120 h', 432000)],
            'later'
        ) }} as time_level,
        case when address_level = 'unknown' then 'no address/' else 'address/' end || case
            when earlier_bits is null or later_bits is null then 'no text'
            else {{ step_of(
                'common_bits * 100',
                [('5%', 'least(earlier_bits, later_bits) * 5'), ('15%', 'least(earlier_bits, later_bits) * 15'),
                 ('30%', 'least(earlier_bits, later_bits) * 30'), ('50%', 'least(earlier_bits, later_bits) * 50'),
                 ('70%', 'least(earlier_bits, later_bits) * 70')],
                'more'
            ) }}
        end as words_level,
        case when is_ended then 'ended/' else 'running/' end || link_kind as ended_level
    from paired
),

weighed as (
    select
        levelled.*,
        {% for evidence in link_evidences() %}
            coalesce(weights_{{ evidence }}.points, 0) as {{ evidence }}_points,
        {% endfor %}
        priors.points as prior_points
    from levelled
    left join weights as priors on priors.evidence = 'prior'
    {% for evidence in link_evidences() %}
        left join weights as weights_{{ evidence }}
            on
                weights_{{ evidence }}.evidence = '{{ evidence }}'
                and levelled.{{ evidence }}_level = weights_{{ evidence }}.level
    {% endfor %}
)

select
    earlier_no, later_no, gap_s, distance_dm,
    {% for evidence in link_evidences() %}
        {{ evidence }}_level, {{ evidence }}_points,
    {% endfor %}
    rule, reason,
    cast(greatest(-12000, least(
        12000,
        coalesce(prior_points, 0)
        {% for evidence in link_evidences() %}
            + {{ evidence }}_points
        {% endfor %}
    )) as bigint) as score
from weighed
{% if link_goes_on() %}
    union all
    select
        befores.earlier_no, befores.later_no, befores.gap_s, befores.distance_dm,
        {% for evidence in link_evidences() %}
            befores.{{ evidence }}_level, befores.{{ evidence }}_points,
        {% endfor %}
        befores.rule, befores.reason, befores.score
    from {{ link_before('int_link_pair') }} as befores
    left join {{ ref('int_link_renewed') }} as earlier on befores.earlier_no = earlier.case_no
    left join {{ ref('int_link_renewed') }} as later on befores.later_no = later.case_no
    where earlier.case_no is null and later.case_no is null
{% endif %}
