-- grain: one row per case and block that it stands in (case_no, block_no)
-- Two cases are held against each other where the later one looks into a block that the earlier one stands in
-- (`link_blocks`). The last digit of a block's number is its kind.
with

cases as (
    select * from {{ ref('int_link_case') }}
)

{{ link_blocks('cases') }}
