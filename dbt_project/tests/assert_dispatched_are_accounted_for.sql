-- 派遣 = 按期处置 + 超期处置 + 超期未处置 + 未到期在办 + 挂账 + 作废 + 无时限, for every subject and period.
with

figures as (
    select
        subject_kind, subject_code, period_kind, period_start,
        sum(case when indicator = 'dispatched' then numerator else 0 end) as dispatched,
        sum(case when indicator in (
            'dispatched_handled_on_time', 'dispatched_handled_late', 'dispatched_overdue_open',
            'dispatched_open_not_due', 'dispatched_suspended_open', 'dispatched_cancelled', 'dispatched_without_limit'
        ) then numerator else 0 end) as accounted_for
    from {{ ref('rpt_indicator') }}
    where subject_kind <> 'post'
    group by subject_kind, subject_code, period_kind, period_start
)

select * from figures
where dispatched <> accounted_for
