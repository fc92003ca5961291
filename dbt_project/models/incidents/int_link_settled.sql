-- grain: one row per case (case_no) with the incident that the rule of attaching gives it, before what people bind together
-- depends_on: {{ ref('int_link_model') }} {{ ref('int_link_pair') }} {{ ref('int_link_renewed') }} {{ ref('link_kind') }}
{{ config(pre_hook=["{{ attach_links_before() }}", "{{ settle_links() }}"], post_hook="{{ forget_link_work() }}") }}
select labels.case_no, labels.incident_no
from {{ this.incorporate(path={'identifier': 'link_work_label'}) }} as labels
inner join {{ ref('int_link_case') }} as cases on labels.case_no = cases.case_no
