-- grain: one row per number of a case that is new, gone or told otherwise than in the build before (case_no)
-- From scratch every case is new.
{{ config(pre_hook="{{ attach_links_before() }}") }}
{% if link_goes_on() %}
    select
        coalesce(cases.case_no, befores.case_no) as case_no,
        cases.case_no is not null as is_there
    from {{ ref('int_link_case') }} as cases
    full outer join {{ link_before('int_link_case') }} as befores on cases.case_no = befores.case_no
    where cases.told_hash is null or befores.told_hash is null or cases.told_hash <> befores.told_hash
{% else %}
    select case_no, true as is_there
    from {{ ref('int_link_case') }}
{% endif %}
