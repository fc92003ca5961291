-- grain: one row per case and duty (case_id, duty_code) that was about its code when it was opened
select distinct cases.case_id, duties.duty_code
from {{ ref('fct_case') }} as cases
inner join {{ ref('int_duty_version') }} as duties
    on cases.category_code_set = duties.code_set and cases.category_code = duties.category_code
where
    duties.kind in (cases.category_kind, '')
    and duties.valid_from_on <= cases.opened_on
    and (duties.valid_to_on is null or cases.opened_on < duties.valid_to_on)
