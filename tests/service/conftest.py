"""Fixtures of the service tests: the daemon, a client that is root, callers that are not.

Each module runs in a private bus of its own (tests/harness/private-bus) with a daemon of its own,
which must still be there, and end well, when the module is through.
"""

import functools
import os
import pathlib
import signal
import subprocess

import pytest

from support import compare, daemon as daemon_module, kernel, nsd
from support.bus import BusError, Client
from support.caller import Caller


HARNESS = pathlib.Path(__file__).resolve().parent.parent / 'harness'


def pytest_configure(config):
    config.addinivalue_line('markers', 'ends_namespace: waits until the kernel has ended one')
    if 'HARNESS_BUS_PID' not in os.environ:
        raise pytest.UsageError('run these tests through tests/harness/private-bus')


@pytest.fixture(scope='module')
def client():
    """Root's connection."""
    connection = Client()
    yield connection
    connection.close()


@pytest.fixture(scope='module')
def log_file(tmp_path_factory):
    return pathlib.Path(tmp_path_factory.mktemp('netnsd')) / 'netnsd.log'


@pytest.fixture(scope='module')
def daemon(client, log_file):
    """The daemon; at the end of the module it must stop as a good service does."""
    running = daemon_module.Daemon(client, log_file)
    yield running
    assert running.process.alive(), f'the daemon died:\n{running.process.text()}'
    assert running.stop() == 0, f'the daemon ended badly:\n{running.process.text()}'
    running.close()
    assert 'CRITICAL' not in running.process.text(), running.process.text()


@pytest.fixture(scope='module')
def manager(client, daemon):
    return nsd.Manager(client)


@pytest.fixture(scope='module')
def host(manager):
    return manager.host()


@pytest.fixture(scope='module')
def user(daemon):
    """user('games'): a caller with the rights of that user."""
    callers = {}

    def get(name):
        if name not in callers or callers[name].process.poll() is not None:
            callers[name] = Caller(name)
        return callers[name]
    yield get
    for caller in callers.values():
        if caller.process.poll() is None:
            caller.close()


@pytest.fixture
def new_namespace(manager):
    """new_namespace('blue'): a namespace that is gone after the test.

    It is quiet (see kernel.make_quiet), unless a test asks for one as the kernel makes it.
    """
    made = []

    def create(name, *, quiet=True, **options):
        made.append(name)
        namespace = manager.create(name, **options)
        if quiet:
            kernel.make_quiet(name)
        return namespace
    yield create
    for name in made:
        if name in kernel.netns_names():
            try:
                manager.namespace(name).call('Delete')
            except BusError:
                kernel.run('ip', 'netns', 'del', name)


@pytest.fixture
def blue(new_namespace):
    return new_namespace('blue')


@pytest.fixture
def red(new_namespace):
    return new_namespace('red')


@pytest.fixture(scope='module')
def settled(client, manager):
    """settled('blue') returns when the kernel has done there what links that came up bring, and the
    bus has been told of it: an answer comes after what happened before."""
    def wait(*names):
        for name in names:
            client.settle(lambda: kernel.is_still(name), f'peace in {name}')
            manager.namespace(name).objects()
    return wait


@pytest.fixture
def clean_host(host):
    """The host namespace, without what the test left there."""
    before = set(kernel.links())
    yield host
    for index in set(kernel.links()) - before:
        if index in kernel.links():
            kernel.ip('link', 'del', 'dev', kernel.links()[index]['ifname'])


@pytest.fixture
def same_as_kernel():
    """assert_bus_equals_kernel, as a fixture."""
    return compare.assert_bus_equals_kernel


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Show what the daemon said with each failure."""
    outcome = yield
    report = outcome.get_result()
    log = item.funcargs.get('log_file') if hasattr(item, 'funcargs') else None
    if report.failed and log and log.exists():
        report.sections.append(('netnsd', log.read_text(errors='replace')[-20000:]))


@pytest.fixture(autouse=True)
def stopped_daemon_runs_again():
    """A test that failed between SIGSTOP and SIGCONT must not take the next ones with it."""
    yield
    for running in daemon_module.Daemon.all:
        if running.process.alive():
            running.process.kill(signal.SIGCONT)


@functools.cache
def kernel_ends_namespaces():
    return subprocess.run([HARNESS / 'ends-namespaces'], check=False).returncode == 0


@pytest.fixture(autouse=True)
def namespaces_end(request):
    """A kernel in trouble is no failure of ours; tests/vm/test has one of its own."""
    if request.node.get_closest_marker('ends_namespace') and not kernel_ends_namespaces():
        reason = 'the kernel has no end of namespaces any more'
        if os.environ.get('NETNSD_TEST_ALL_KINDS'):
            pytest.fail(reason)
        pytest.skip(reason)
