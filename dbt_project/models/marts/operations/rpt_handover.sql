-- grain: one row per hand-over of a matter from one system to another, named by an explicit reference (handover_id)
-- Both sides are compared at one moment: that up to which both have delivered. Nothing is linked here by likeness.
-- How a system names what it was handed or hands on: a stream of a type has the key of a case or transfer in an attribute.
-- The matter goes from a network to a network; where none is written, to the one that names it.
{% set references_known = [
    {'type': 'transfer', 'attribute': 'incident_no', 'points_at': 'case', 'from': 'public_security', 'to': 'hotline'},
    {'type': 'transfer', 'attribute': 'order_no', 'points_at': 'case', 'from': 'hotline', 'to': 'public_security'},
    {'type': 'transfer', 'attribute': 'link_no', 'points_at': 'transfer', 'from': 'public_security', 'to': 'hotline'},
    {'type': 'case', 'attribute': 'hotline_order_no', 'points_at': 'case', 'from': 'hotline'},
    {'type': 'case', 'attribute': 'police_incident_no', 'points_at': 'case', 'from': 'public_security'},
] %}
with

mount as (
    select clock_at, time_zone from {{ ref('stg_mount') }}
),

facts as (
    select * from {{ ref('evt_grid_event') }}
    where attributes is not null
),

named as (
    {% for known in references_known %}
        select
            feed, network, stream_type, stream_key, occurred_at, event_id,
            '{{ known['points_at'] }}' as points_at,
            '{{ known['from'] }}' as from_network,
            {{ "'" ~ known['to'] ~ "'" if known['to'] else 'network' }} as to_network,
            {{ json_text('attributes', known['attribute']) }} as named_key
        from facts
        where stream_type = '{{ known['type'] }}' and attributes like '%"{{ known['attribute'] }}"%'
        {{ 'union all' if not loop.last }}
    {% endfor %}
),

pointers as (
    -- of several references of a stream the newest counts
    select
        named.*,
        {{ hash_of(['feed', 'stream_type', 'stream_key']) }} as stream_id,
        row_number() over (
            partition by feed, stream_type, stream_key
            order by occurred_at desc, event_id desc, points_at desc, from_network desc, to_network desc
        ) as newness
    from named
    where named_key is not null and from_network <> to_network
),

told_references as (
    select * from pointers
    where newness = 1
),

book_steps as (
    -- the steps of a transfer as the book of one side tells them
    select
        pointed.stream_id, events.event_type, events.occurred_at
    from told_references as pointed
    inner join {{ ref('evt_grid_event') }} as events
        on
            pointed.feed = events.feed
            and pointed.stream_type = events.stream_type
            and pointed.stream_key = events.stream_key
    where pointed.stream_type = 'transfer'
),

givers_books as (
    select * from told_references
    where stream_type = 'transfer' and network = from_network and points_at = 'case'
),

given as (
    -- hand-overs as the giver's book tells them, or where it is silent the receiver's, or the receiver's own case
    select
        stream_id as handover_id, from_network, to_network,
        case when points_at = 'case' then named_key end as from_key,
        stream_key as reference_key,
        case when stream_type = 'transfer' and network = from_network then stream_id end as from_book_id,
        case when stream_type = 'transfer' and network <> from_network then stream_id end as to_book_id,
        case when stream_type <> 'transfer' then stream_id end as to_case_id,
        case when network = from_network then feed end as from_feed,
        case when network <> from_network then feed end as to_feed
    from told_references
    where
        points_at = 'case'
        or named_key not in (select stream_key from givers_books)
),

answers as (
    -- the receiver's book of a hand-over that the giver's book tells too
    select
        givers.stream_id as handover_id,
        receivers.stream_id as to_book_id,
        receivers.feed as to_feed,
        row_number() over (partition by givers.stream_id order by receivers.feed, receivers.stream_key) as choice
    from givers_books as givers
    inner join told_references as receivers
        on
            givers.stream_key = receivers.named_key
            and givers.from_network = receivers.from_network
            and givers.to_network = receivers.to_network
    where receivers.points_at = 'transfer'
),

givers_cases as (
    select
        given.handover_id, cases.case_id, cases.feed,
        row_number() over (partition by given.handover_id order by cases.feed, cases.case_id) as choice
    from given
    inner join {{ ref('fct_case') }} as cases
        on given.from_network = cases.network and given.from_key = cases.stream_key
    where given.from_key is not null
),

sides as (
    select
        given.handover_id, given.from_network, given.to_network, given.reference_key,
        given.from_book_id,
        coalesce(given.to_book_id, answers.to_book_id) as to_book_id,
        given.to_case_id,
        givers_cases.case_id as from_case_id,
        given.from_key,
        coalesce(givers_cases.feed, given.from_feed) as from_feed,
        -- where only the giver tells of it, its book stands for both
        coalesce(given.to_feed, answers.to_feed) as to_feed
    from given
    left join answers on given.handover_id = answers.handover_id and answers.choice = 1
    left join givers_cases on given.handover_id = givers_cases.handover_id and givers_cases.choice = 1
),

compared as (
    select
        sides.*,
        least(
            mount.clock_at,
            coalesce(givers.data_through_at, mount.clock_at),
            coalesce(receivers.data_through_at, mount.clock_at)
        ) as compared_at,
        mount.time_zone
    from sides
    cross join mount
    left join {{ ref('stg_feed') }} as givers on sides.from_feed = givers.feed
    left join {{ ref('stg_feed') }} as receivers on sides.to_feed = receivers.feed
),

books_of as (
    select handover_id, from_book_id as stream_id, compared_at from compared
    where from_book_id is not null
    union all
    select handover_id, to_book_id as stream_id, compared_at from compared
    where to_book_id is not null
),

books as (
    select
        books_of.handover_id,
        book_steps.stream_id,
        min(case when event_type = 'link_pushed' then occurred_at end) as pushed_at,
        min(case when event_type = 'link_acknowledged' then occurred_at end) as acknowledged_at,
        min(case when event_type in ('link_answered', 'called_back') then occurred_at end) as answered_at,
        max(case when event_type = 'link_returned' then occurred_at end) as returned_at
    from books_of
    inner join book_steps on books_of.stream_id = book_steps.stream_id
    where book_steps.occurred_at <= books_of.compared_at
    group by books_of.handover_id, book_steps.stream_id
),

read_books as (
    select
        books.*,
        case
            when returned_at is not null and (answered_at is null or answered_at < returned_at) then 'returned'
            when answered_at is not null then 'closed'
            else 'open'
        end as status,
        case
            when returned_at is not null and (answered_at is null or answered_at < returned_at) then returned_at
            when answered_at is not null then answered_at
            else pushed_at
        end as since_at
    from books
),

cases_of as (
    select handover_id, from_case_id as case_id, compared_at from compared
    where from_case_id is not null
    union all
    select handover_id, to_case_id as case_id, compared_at from compared
    where to_case_id is not null
),

turns as (
    -- a case stands as its last end or reopening leaves it
    select case_id, 0 as seq, 'open' as status, opened_at as since_at from {{ ref('fct_case') }}
    union all
    select
        case_id, seq,
        case when transition = 'reopened' then 'open' else transition end as status,
        effective_at as since_at
    from {{ ref('int_case_event') }}
    where transition is not null
),

case_states as (
    select
        cases_of.handover_id, turns.case_id, turns.status, turns.since_at,
        row_number() over (partition by cases_of.handover_id, turns.case_id order by turns.seq desc) as newness
    from cases_of
    inner join turns on cases_of.case_id = turns.case_id
    where turns.since_at <= cases_of.compared_at
),

judged as (
    select
        compared.*,
        from_books.status as from_book_status,
        to_books.status as to_book_status,
        coalesce(from_books.pushed_at, to_books.pushed_at, to_states.since_at) as handed_at,
        coalesce(to_books.acknowledged_at, from_books.acknowledged_at) as acknowledged_at,
        coalesce(from_states.status, from_books.status) as from_status,
        coalesce(to_states.status, to_books.status, from_books.status) as to_status,
        case
            when from_states.status is not null then 'case' when from_books.status is not null then 'book'
        end as from_told_by,
        case
            when to_states.status is not null then 'case' when to_books.status is not null then 'book' else 'giver'
        end as to_told_by,
        coalesce(from_states.since_at, from_books.since_at) as from_since_at,
        coalesce(to_states.since_at, to_books.since_at, from_books.since_at) as to_since_at
    from compared
    left join read_books as from_books
        on compared.handover_id = from_books.handover_id and compared.from_book_id = from_books.stream_id
    left join read_books as to_books
        on compared.handover_id = to_books.handover_id and compared.to_book_id = to_books.stream_id
    left join case_states as from_states
        on
            compared.handover_id = from_states.handover_id and compared.from_case_id = from_states.case_id
            and from_states.newness = 1
    left join case_states as to_states
        on
            compared.handover_id = to_states.handover_id and compared.to_case_id = to_states.case_id
            and to_states.newness = 1
),

decided as (
    select
        judged.*,
        greatest(from_since_at, to_since_at) as both_since_at,
        case
            when from_status is null or to_status is null then null
            when from_status <> 'open' and to_status = 'open' then 'closed_by_giver_only'
            when from_status = 'open' and to_status in ('closed', 'cancelled') then 'closed_by_receiver_only'
            -- the giver's book says itself that it came back
            when from_status <> 'open' and to_status = 'returned' and from_told_by = 'case'
                then 'returned_to_a_closed_case'
        end as contradiction
    from judged
    -- what was handed on after the moment up to which both have delivered is not judged yet
    where handed_at is not null
),

dated as (
    select
        decided.*,
        case when contradiction is not null then both_since_at end as contradictory_since_at
    from decided
)

select
    handover_id,
    from_network,
    to_network,
    reference_key,
    from_feed,
    from_case_id,
    from_key,
    from_told_by,
    from_status,
    from_since_at,
    to_feed,
    to_case_id,
    to_told_by,
    to_status,
    to_since_at,
    from_book_status,
    to_book_status,
    coalesce(from_book_status <> to_book_status, false) as is_book_contradictory,
    handed_at,
    {{ to_local('handed_at', 'time_zone') }} as handed_at_local,
    acknowledged_at,
    contradiction is not null as is_contradictory,
    contradiction,
    contradictory_since_at,
    {{ to_local('contradictory_since_at', 'time_zone') }} as contradictory_since_local,
    -- one matter is one workload: of who works on it, which is the receiver unless it sent it back
    case when to_status = 'returned' then 'from' else 'to' end as counted_side,
    case when to_status = 'returned' then from_network else to_network end as counted_network,
    compared_at
from dated
