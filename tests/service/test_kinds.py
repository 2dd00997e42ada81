"""Every kind of link: each value of each row of kinds/*.py, from the service's side and from ip's.

NETNSD_TEST_SEED repeats a run of the random test, NETNSD_TEST_PART=1/2 tests every second kind.
On a kernel that lacks a kind its tests are skipped; tests/vm/test runs them in one that has nearly
all.
"""

import contextlib
import os
import random
import re

import pytest

from support import contract, kernel, kinds, workbench
from support.bus import BusError, refused
from support.compare import equal
from support.contract import GLib
from support.workbench import Workbench

pytestmark = pytest.mark.timeout(300)
SEEDS = os.environ.get('NETNSD_TEST_SEED', '1 2 3').split()
CHANGES = 6         # of each random link
PART, _, PARTS = os.environ.get('NETNSD_TEST_PART', '1/1').partition('/')
CASES = kinds.cases()[int(PART) - 1::int(PARTS)]
NO_LINK = 4242      # an ifindex that nothing has


@pytest.fixture(scope='module', params=CASES, ids=str)
def bench(request, client, manager, settled):
    """A namespace for links of one kind; it is made once for all tests of the kind."""
    workbench.need(request.param)
    namespace = manager.create('bench')
    try:
        kernel.make_quiet('bench')
        made = Workbench(request.param, namespace, 'bench')
        settled('bench')
        with made.comparing():
            before = made.names()
            yield made
            after = made.names()
    finally:
        namespace.call('Delete')
    assert after == before, 'a test has left something'


@contextlib.contextmanager
def findings():
    """Go on with the next value after a failure, and tell them all in the end."""
    lines = []

    @contextlib.contextmanager
    def about(*what):
        try:
            yield
        except (AssertionError, BusError) as error:
            said = str(error).partition('\nassert ')[0]    # without the rest of pytest's words
            lines.append(f'{" ".join(map(str, what))}: {said}')

    yield about
    if lines:
        pytest.fail('\n'.join(lines), pytrace=False)


def by_needs(rows):
    """[(needs, rows)]: those that can share a link."""
    groups = {}
    for row in rows:
        groups.setdefault(repr(row.needs), (row.needs, []))[1].append(row)
    return groups.values()


def each(bench, rows, about):
    """(link, row) of those that the kernel has; the link has what the row needs."""
    for needs, group in by_needs(rows):
        with about('a link with', needs):
            try:
                with bench.link(needs) as link:
                    shown = bench.show(link)
                    yield from ((link, row) for row in group
                                if not row.optional or row.name in shown)
            except BusError as error:
                if error.name != contract.NOT_SUPPORTED or not all(row.optional for row in group):
                    raise


def signals_of(bench, link, since):
    """What PropertiesChanged said of the properties of the kind, before the last reply."""
    events = bench.client.events[since:]
    replies = [number for number, event in enumerate(events) if event.member == 'reply']
    return [event.args[1] for event in events[:replies[-1] if replies else None]
            if event.path == link.path and event.member == 'PropertiesChanged'
            and event.args[0] == bench.case.interface]


def check_value(bench, row, value, shown):
    """It is read back, if it can be read at all; Workbench.show() asked ip as well."""
    if bench.attributes[row.name].readable:
        assert row.name in shown, 'it is not shown then'
        assert equal(row.name, shown[row.name], row.reads(bench.value(value))), (
            f'it is {shown[row.name]!r} then')


def check_unsupported(bench, link, row, error):
    """Refused only where ip cannot do it either (some kernels take it from ip and forget it)."""
    assert row.optional and error.name == contract.NOT_SUPPORTED, error
    before = bench.shown_by_ip(link).get(row.name)
    for words in row.ip:
        bench.ip(link, words, check=False)
        assert bench.shown_by_ip(link).get(row.name) == before, f'refused, and ip can: {words}'


# ---- the data ----


@pytest.mark.parametrize('kind', kinds.load().values(), ids=kinds.load().keys())
def test_rows_are_complete(kind):
    """Each property of the XML has a Row, and each way to set it a value."""
    names = {row.name for row in kind.rows}
    assert [name for name in contract.properties_of(kind.name) if name not in names] == []
    with findings() as about:
        for case in kind.cases():
            known = workbench.attributes().get((case.kind, case.role))
            assert known, f'the daemon has no rows of {case}'
            names = [row.name for row in case.rows]
            for row in case.rows:
                with about(case, row.name):
                    assert names.count(row.name) == 1
                    attribute = known[row.name]
                    given = row.name in case.create
                    assert attribute.creatable == bool(row.create) or given, 'create'
                    assert attribute.changeable == bool(row.change), 'change'
                    assert attribute.creatable or attribute.changeable or not row.bad, 'bad'
            with about(case):
                assert [name for name in known if name not in names] == []


def test_every_kind_has_a_file():
    """What the daemon only calls a kind (tap) is none of the kernel's."""
    known = {(case.kind, case.role) for case in kinds.cases()}
    assert [kind for kind, role in workbench.attributes()
            if (kind, role) not in known and kernel.has_kind(kind)] == []


# ---- creation ----


def test_least(bench):
    """A link made with no more settings than needed, and what it shows."""
    case = bench.case
    with bench.link() as link:
        interfaces = bench.namespace.objects()[link.path]
        assert case.interface in interfaces
        key = 'SlaveKind' if case.about.slave else 'Kind'
        assert interfaces[contract.LINK][key] == case.kind
        bench.assert_same()
        for name, value in case.create.items():
            if name in bench.attributes and bench.attributes[name].readable:
                assert interfaces[case.interface][name] == bench.value(value), name
        types = {name: value.get_type_string() for name, value in bench.variants(link).items()}
        assert types.items() <= contract.types_of(case.interface).items()
    assert not link.exists()


def test_what_some_kernels_lack(bench):
    """A property that the kernel does not report is in no dictionary, and asking says why."""
    interface = bench.case.interface
    with findings() as about, bench.link() as link:
        shown = link.get_all(interface)
        for row in bench.case.rows:
            if row.name in shown or not bench.attributes[row.name].readable:
                continue
            with about(row.name):
                assert row.optional, 'it is not shown'
                assert workbench.may_lack(f'{bench.case}.{row.name}'), 'it is not shown'
                with refused(contract.NOT_SUPPORTED, row.name):
                    link.get(row.name, interface)
                for value in row.change:
                    with refused(contract.NOT_SUPPORTED, row.name):
                        bench.write(link, row.name, value)


def test_created_with(bench):
    """Each value that creation takes, in a link of its own."""
    rows = [row for row in bench.case.rows if row.create]
    with findings() as about:
        rows = [row for _link, row in each(bench, rows, about)]
        for row in rows:
            for value in row.create:
                with about('creation with', row.name, repr(value)):
                    try:
                        with bench.link({**row.needs, row.name: value}) as link:
                            check_value(bench, row, value, bench.show(link))
                    except BusError as error:
                        with bench.link(row.needs) as link:
                            check_unsupported(bench, link, row, error)


def test_bad_creation(bench):
    """Refused, the property is named, and there is no link."""
    rows = [row for row in bench.case.rows if row.bad and bench.attributes[row.name].creatable]
    with findings() as about:
        rows = [row for _link, row in each(bench, rows, about)]
        for number, row in enumerate(rows):
            for value in row.bad:
                with about('creation with', row.name, repr(value)):
                    with refused(contract.INVALID_ARGS, unnamed(row.name)):
                        bench.create(f'bad{number}', {**row.needs, row.name: value})
                        bench.namespace.link(f'bad{number}').delete()
        left = [link['ifname'] for link in bench.links().values()]
        for number, row in enumerate(rows):
            with about('creation with a bad', row.name):
                assert f'bad{number}' not in left, 'there is a link'
        bench.assert_same()


def unnamed(name):
    """The property, or an errno: with several settings nothing says which one the kernel means."""
    return f'{name}|\\((EINVAL|ERANGE)\\)$'


def refuse_creation(bench, name, settings, errors, *patterns):
    """CreateLink fails with one of the errors, and the kernel has what it had."""
    before = bench.names()
    with pytest.raises(BusError) as caught:
        bench.namespace.call('CreateLink', '(ssa{sv})', name, bench.case.link_kind, settings)
    assert caught.value.name in errors, caught.value
    for pattern in patterns:
        assert re.search(pattern, caught.value.message), caught.value
    assert bench.names() == before


def test_names(bench):
    """A name that is taken, and names that cannot be."""
    settings = bench.settings(bench.case.create)
    with bench.link() as link:
        refuse_creation(bench, link.get('Name'), settings, [contract.EXISTS])
    refuse_creation(bench, 'lo', settings, [contract.EXISTS])
    refuse_creation(bench, 'x' * 16, settings, [contract.INVALID_ARGS], 'Name')
    refuse_creation(bench, 'a/b', settings, [contract.INVALID_ARGS], 'Name')


def test_parent_that_is_nowhere(bench):
    """A path of no link, of a link that is not there, and of one in no namespace."""
    if 'Parent' not in bench.case.create:
        return
    for path in ('/org/netnsd1', f'{bench.namespace.path}/link/{NO_LINK}',
                 f'/org/netnsd1/namespace/999999/link/{NO_LINK}'):
        settings = bench.settings({**bench.case.create, 'Parent': path})
        refuse_creation(bench, 'k', settings, [contract.INVALID_ARGS, contract.NOT_FOUND],
                        'Parent|No such device')


def foreign(bench):
    """A property that neither the kind nor all links have: (its interface, name, a value)."""
    mine = (set(bench.attributes) | set(contract.properties_of(contract.LINK))
            | set(workbench.attributes().get((bench.case.link_kind, 'link'), {})))
    for table in workbench.attributes().values():
        for name, attribute in table.items():
            if name not in mine and attribute.changeable and attribute.signature in 'bqu':
                return attribute.interface, name, GLib.Variant(attribute.signature, 1)
    raise AssertionError('there is no other kind')


def test_foreign_settings(bench):
    """An unknown key, and an attribute of another kind: refused by name, and nothing happens."""
    interface, name, value = foreign(bench)
    dotted = f'{interface.rpartition(".")[2]}.{name}'
    settings = bench.settings(bench.case.create)
    for key in ('Nonsense', name, dotted):
        refuse_creation(bench, 'k', {**settings, key: value}, [contract.INVALID_ARGS], key)
    with bench.link() as link:
        before = bench.show(link)
        for key in ('Nonsense', name, dotted):
            with refused(contract.INVALID_ARGS, key):
                link.call('Set', '(a{sv})', {key: value, 'Alias': GLib.Variant('s', 'x')})
        with refused(contract.UNKNOWN_INTERFACE):
            link.write(name, value, interface)
        with refused(contract.UNKNOWN_PROPERTY, 'Nonsense'):
            link.get('Nonsense', bench.case.interface)
        assert bench.show(link) == before
        assert link.get('Alias') == ''


# ---- changes ----


def check_change(bench, link, row, value, how):
    """Signalled once before the reply if it is new, seen by ip, and no other setting has moved."""
    before = bench.told(link)
    since = len(bench.client.events)
    try:
        if how == 'Set':
            bench.set(link, {row.name: value})
        else:
            bench.write(link, row.name, value)
    except BusError as error:
        assert bench.show(link) == before, 'refused, and something has changed'
        check_unsupported(bench, link, row, error)
        return
    seen = [changed[row.name] for changed in signals_of(bench, link, since) if row.name in changed]
    after = bench.show(link)
    check_value(bench, row, value, after)
    if row.name in after:
        new = [] if after[row.name] == before[row.name] else [after[row.name]]
        assert seen == new, f'signals: {seen!r}'
    moved = {name for name, now in after.items() if now != before.get(name)
             and (bench.attributes[name].creatable or bench.attributes[name].changeable)}
    assert moved <= {row.name, *row.also}, f'these moved as well: {moved - {row.name}}'


def test_changed(bench):
    """Each value that a change takes, by Link.Set and by Properties.Set in turn."""
    ways = ['write', 'Set']
    with findings() as about:
        for link, row in each(bench, [row for row in bench.case.rows if row.change], about):
            for value in row.change:
                ways.reverse()
                with about(ways[0], row.name, repr(value)):
                    check_change(bench, link, row, value, ways[0])
            with about(row.name, 'read back'):
                bench.show(link, ask=True)


def test_changed_by_ip(bench):
    """What ip changes is on the bus, and was signalled."""
    with findings() as about:
        for link, row in each(bench, [row for row in bench.case.rows if row.ip], about):
            for words in row.ip:
                with about('ip', words):
                    before = bench.show(link)
                    since = len(bench.client.events)
                    try:
                        bench.ip(link, words)
                    except AssertionError:
                        assert row.optional
                        continue
                    after = bench.show(link, ask=True)
                    changed = {}
                    for values in signals_of(bench, link, since):
                        changed.update(values)
                    new = {k: v for k, v in after.items() if v != before.get(k)}
                    assert {k: changed.get(k) for k in new} == new, 'signals'
                    assert row.name in new or row.optional, 'nothing has changed'


def test_bad_changes(bench):
    """Refused, the property is named, and what else the call asked for has not happened either."""
    rows = [row for row in bench.case.rows if row.bad and bench.attributes[row.name].changeable]
    with findings() as about:
        for link, row in each(bench, rows, about):
            before = bench.show(link)
            with about('change to', row.name, repr(row.bad[0]), 'and Alias'):
                with refused(contract.INVALID_ARGS, unnamed(row.name)):
                    bench.set(link, {row.name: row.bad[0], 'Alias': 'changed'})
            for value in row.bad:
                with about('change to', row.name, repr(value)):
                    with refused(contract.INVALID_ARGS, row.name):
                        bench.write(link, row.name, value)
            with about('change to a bad', row.name):
                assert bench.show(link, ask=True) == before
                assert bench.mirror.known[link.path][contract.LINK]['Alias'] == ''


def test_read_only(bench):
    """What cannot be changed says so, by both ways, and does not change."""
    with findings() as about, bench.link() as link:
        before = bench.show(link)
        for name, value in bench.variants(link).items():
            if bench.attributes[name].changeable:
                continue
            with about(name), refused(contract.READ_ONLY, name):
                link.write(name, value, bench.case.interface)
            with about(name), refused(contract.READ_ONLY, name):
                link.call('Set', '(a{sv})', {bench.key(name): value,
                                             'Mtu': GLib.Variant('u', 1234)})
        assert bench.show(link, ask=True) == before
        assert bench.mirror.known[link.path][contract.LINK]['Mtu'] != 1234


# ---- all together ----


def usable_rows(bench):
    """The rows that the kernel has, and lets be set, with whatever other settings."""
    rows = [row for row in bench.case.rows if not row.alone]
    usable = [row for row in rows if not row.optional]
    with bench.link() as link:
        shown = bench.show(link)
        for row in rows:
            if row.optional and row.name in shown and not row.needs:
                try:
                    if row.change:
                        bench.write(link, row.name, row.change[0])
                    usable.append(row)
                except BusError as error:
                    assert error.name == contract.NOT_SUPPORTED, error
    return usable


class RandomLink:
    """One link, made with a random combination of settings, and changed from both sides."""

    def __init__(self, bench, rows, seed):
        self.bench = bench
        self.rows = rows
        self.random = random.Random(f'{bench.case} {seed}')
        self.history = []
        self.settings = {}
        for row in self.random.sample(rows, self.random.randint(0, len(rows))):
            if row.create and row.name not in self.settings and self.fits(row, silent=True):
                self.settings.update({**row.needs, row.name: self.random.choice(row.create)})

    def fits(self, row, silent=False):
        """The link is made with what the row needs; `silent`: or with nothing that is otherwise."""
        fixed = {**self.bench.case.create, **self.settings}
        return all(fixed.get(name, value if silent else None) == value
                   for name, value in row.needs.items())

    def change(self, link):
        """One change; what a combination does not allow may be refused."""
        side = self.random.choice(['service', 'service', 'ip'])
        rows = [row for row in self.rows if (row.ip if side == 'ip' else row.change)
                and self.fits(row)]
        if not rows:
            return
        row = self.random.choice(rows)
        value = self.random.choice(row.ip if side == 'ip' else row.change)
        self.history.append(f'{side} {row.name} {value!r}')
        if side == 'ip':
            self.bench.ip(link, value, check=False)
            return
        try:
            self.bench.set(link, {row.name: value})
        except BusError as error:
            self.history[-1] += f' ({error})'
            assert error.name.startswith(contract.ERROR) or error.name == contract.INVALID_ARGS

    def run(self):
        rows = {row.name: row for row in self.rows}
        with self.bench.link(self.settings) as link:
            shown = self.bench.show(link)
            for name in self.settings.keys() & rows.keys():
                check_value(self.bench, rows[name], self.settings[name], shown)
            for _number in range(CHANGES):
                self.change(link)
            self.bench.assert_same()


def test_random(bench):
    """Random combinations: the link has all that was chosen, and bus and kernel stay the same."""
    rows = usable_rows(bench)
    for seed in SEEDS:
        link = RandomLink(bench, rows, seed)
        try:
            link.run()
        except (AssertionError, BusError) as error:
            raise AssertionError(f'NETNSD_TEST_SEED={seed}, created with {link.settings}, then '
                                 f'{link.history}: {error}') from error


def test_found(bench):
    """FindLinks by a property of the kind, and by all of them."""
    with bench.link() as link:
        shown = bench.without_silent(bench.variants(link))
        for wanted in (dict([*shown.items()][:1]), shown):
            assert link in bench.namespace.find_links(**wanted), wanted


# ---- others ----


def test_denied(bench, user):
    """A user without rights neither makes nor changes such a link; see test_authorisation.py."""
    settings = bench.settings(bench.case.create)
    with bench.link() as link:
        before = bench.names(), bench.show(link)
        values = next(({row.name: row.change[0]} for row in bench.case.rows if row.change), {})
        calls = [(bench.namespace.path, contract.NAMESPACE, 'CreateLink', GLib.Variant(
                     '(ssa{sv})', ('k', bench.case.link_kind, settings))),
                 (link.path, contract.LINK, 'Set', GLib.Variant(
                     '(a{sv})', (bench.settings(values),)))]
        for call in calls:
            failure = user('nobody').error_of(*call)
            assert failure and failure.name == contract.ACCESS_DENIED, failure
        assert (bench.names(), bench.show(link)) == before
