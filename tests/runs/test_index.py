"""The index finds what a look at every run would find, whatever has become of the runs."""

from hypothesis import given
from hypothesis import strategies as st

from reluscope.runs.index import Index
from reluscope.runs.run import Run
from reluscope.runs.states import MOVES
from reluscope.runs.view import Member

from .making import spec

TAGS = ("a", "b", "C")
NAMES = (None, "Alpha", "beta", "alphabet", "ÄRGER", "50%_")
STATUSES = tuple(sorted(MOVES))

tags = st.lists(st.sampled_from(TAGS), max_size=3)
kinds = st.fixed_dictionaries(
    {
        "name": st.sampled_from(NAMES),
        "tags": tags,
        "relu": st.sampled_from(["clamp", "where"]),
        "update": st.sampled_from([{"rule": "sgd"}, {"rule": "adam"}]),
    }
)
changes = st.one_of(
    st.tuples(st.just("name"), st.sampled_from(NAMES)),
    st.tuples(st.just("tags"), tags),
    st.tuples(st.just("status"), st.sampled_from(STATUSES)),
    st.tuples(st.just("gone"), st.none()),
)
queries = st.fixed_dictionaries(
    {
        "wanted": st.fixed_dictionaries(
            {},
            optional={
                "status": st.lists(st.sampled_from(STATUSES), max_size=3),
                "relu": st.lists(st.sampled_from(["clamp", "where", "none"]), max_size=2),
                "rule": st.lists(st.sampled_from(["sgd", "adam", "none"]), max_size=2),
                "tag": st.lists(st.sampled_from([*TAGS, "none"]), max_size=2),
                "sweep": st.lists(st.sampled_from(["s0", "s1", "none"]), max_size=2),
            },
        ),
        "text": st.sampled_from(["", "alpha", "ALPHA", "ärger", "%", "_", "zzz"]),
        "before": st.none() | st.integers(0, 10),
        "limit": st.none() | st.integers(0, 5),
    }
)


def scanned(runs, wanted, text, before, limit):
    def fits(run):
        values = {
            "status": {run.status},
            "relu": {run.spec.relu},
            "rule": {run.spec.update.rule},
            "tag": set(run.spec.tags),
            "sweep": {run.sweep.id} if run.sweep else set(),
        }
        words = f"{run.spec.name or ''} {run.id}".lower()
        return (
            all(not asked or values[field] & set(asked) for field, asked in wanted.items())
            and text.lower() in words
            and (before is None or run.number < before)
        )

    return sorted((run.number for run in runs if fits(run)), reverse=True)[:limit]


@given(
    st.lists(kinds, max_size=8),
    st.lists(st.tuples(st.integers(0, 7), changes), max_size=12),
    st.lists(queries, min_size=1, max_size=4),
)
def test_it_equals_a_plain_scan(made, steps, asked):
    index = Index()
    runs = {number: Run(spec(**fields), number) for number, fields in enumerate(made)}
    for run in runs.values():
        if run.number % 3:
            run.sweep = Member(id=f"s{run.number % 2}", place=run.number, point={})
        index.note(run)
    for number, (what, value) in steps:
        if number not in runs:
            continue
        if what == "gone":
            index.forget(runs.pop(number))
            continue
        run = runs[number]
        if what == "status":
            run.status = value
            run.version += 1
        else:
            run.change(**{what: value})
        index.note(run)
    swept = [run for run in runs.values() if run.sweep]
    assert index.oldest("sweep") == {
        sweep_id: min(run.number for run in swept if run.sweep.id == sweep_id)
        for sweep_id in {run.sweep.id for run in swept}
    }
    for query in asked:
        assert index.find(**query) == scanned(runs.values(), **query)


def test_pages_follow_each_other_without_a_gap():
    index = Index()
    for number in range(1, 24):
        index.note(Run(spec(), number))
    pages, before = [], None
    while page := index.find({}, before=before, limit=5):
        pages.append(page)
        before = page[-1]
    assert [len(page) for page in pages] == [5, 5, 5, 5, 3]
    assert [number for page in pages for number in page] == list(range(23, 0, -1))


def test_what_is_gone_leaves_nothing_behind():
    index = Index()
    run = Run(spec(tags=["a"], name="b"), 1)
    index.note(run)
    index.forget(run)
    assert not any((index._numbers, index._entries, index._texts))
