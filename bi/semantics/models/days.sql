-- grain: one row per local day (day)
select day from edition.mart.dim_date
