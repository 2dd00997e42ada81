"""The kernel's side of the truth: what ip(8) says and does."""

import contextlib
import functools
import json
import os
import subprocess

ROUTE_TABLES = {'default': 253, 'main': 254, 'local': 255}


def run(*command, check=True, **options):
    """Run a command; returns its standard output; a failure shows what it said."""
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          check=False, **options)
    assert not check or done.returncode == 0, f'{command}: {done.stderr}'
    return done.stdout


def ip(*words, ns=None, **options):
    """Run ip(8), in a named namespace or in the host namespace."""
    where = ['-n', ns] if ns else []
    return run('ip', *where, *words, **options)


def split_encapsulation(pairs):
    """ip(8) prints an encapsulation among the keys of its route, which has some of the same names:
    here they are in a dictionary of their own."""
    keys = [key for key, _value in pairs]
    if 'encap' not in keys or not isinstance(dict(pairs)['encap'], str):
        return dict(pairs)
    start = keys.index('encap')
    end = next((number for number in range(start, len(keys))
                if keys[number] in ('via', 'gateway', 'dev', 'scope', 'nexthops')), len(keys))
    return {**dict(pairs[:start] + pairs[end:]), 'encap': dict(pairs[start:end])}


def ip_json(*words, ns=None):
    """What ip(8) prints with -d -j; an empty answer is an empty list."""
    return json.loads(ip('-d', '-j', *words, ns=ns) or '[]',
                      object_pairs_hook=split_encapsulation)


def links(ns=None):
    """{ifindex: link} of a namespace."""
    return {link['ifindex']: link for link in ip_json('link', 'show', ns=ns) if link}


def link(name, ns=None):
    return ip_json('link', 'show', 'dev', name, ns=ns)[0]


class Links:
    """links() of one namespace, asked again and again of one ip(8): starting it takes the longest.

    The process keeps the namespace from ending.
    """

    def __init__(self, ns):
        self.process = subprocess.Popen(
            ['stdbuf', '-oL', 'ip', '-n', ns, '-d', '-j', '-force', '-batch', '-'],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __call__(self):
        self.process.stdin.write('link show\n')
        self.process.stdin.flush()
        shown = json.loads(self.process.stdout.readline())
        return {link['ifindex']: link for link in shown if link}

    def close(self):
        self.process.communicate()


def addresses(ns=None):
    """(ifindex, address) for each address of a namespace."""
    return [(link['ifindex'], address) for link in ip_json('addr', 'show', ns=ns) if link
            for address in link.get('addr_info', []) if address]


def routes(ns=None):
    """(family, route) for each route in every table of a namespace."""
    found = []
    for option, family in (('-4', 'inet'), ('-6', 'inet6')):
        for route in ip_json(option, 'route', 'show', 'table', 'all', ns=ns):
            found.append((family, route))
    return found


def make_quiet(name):
    """From now on links of this namespace get no IPv6 address of the kernel's own.

    Duplicate address detection brings such an address, and its routes, seconds after the link came
    up; where a test compares before and after, nothing but the test may change the namespace.
    """
    run('nsenter', f'--net=/run/netns/{name}', 'sysctl', '-q', '-w',
        'net.ipv6.conf.default.addr_gen_mode=1')


def is_still(name):
    """Is all done that the kernel does by itself a moment after links came up?

    The state follows the carrier in a work queue, and the multicast route follows the state.
    """
    shown = links(name).values()
    behind = [link for link in shown if 'UP' in link['flags']
              and ('LOWER_UP' in link['flags']) != (link['operstate'] in ('UP', 'UNKNOWN'))]
    ready = {link['ifname'] for link in shown
             if {'UP', 'LOWER_UP', 'MULTICAST'} <= set(link['flags'])}
    with_route = {route['dev'] for _family, route in routes(name) if route['dst'] == 'ff00::/8'}
    tentative = [address for _index, address in addresses(name) if address.get('tentative')]
    return not behind and not tentative and ready <= with_route


@functools.cache
def has_kind(kind):
    """Does the running kernel know this kind of link, or has it a module for it?"""
    done = subprocess.run(['unshare', '--net', 'ip', 'link', 'add', 'probe', 'type', kind],
                          capture_output=True, text=True, check=False)
    return 'Unknown device type' not in done.stderr


def netns_names():
    return {entry['name'] for entry in json.loads(run('ip', '-j', 'netns', 'list') or '[]')}


def inode_of(name):
    return os.stat(f'/run/netns/{name}').st_ino


def batch(lines, ns=None):
    """Thousands of changes by one `ip -batch`."""
    where = ['-n', ns] if ns else []
    run('ip', *where, '-batch', '-', input='\n'.join(lines) + '\n')


@contextlib.contextmanager
def process_in(*command):
    """The pid of a process that says "in" once it is where the command puts it."""
    process = subprocess.Popen([*command, 'sh', '-c', 'echo in; read line'],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout.readline() == 'in\n'
        yield process.pid
    finally:
        process.communicate('\n')


def nameless_namespace():
    """A process in a new network namespace that has no name."""
    return process_in('unshare', '--net')


def process_in_namespace(name):
    return process_in('ip', 'netns', 'exec', name)
