"""The kernel's side of the truth: what ip(8) says and does."""

import contextlib
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


def ip_json(*words, ns=None):
    """What ip(8) prints with -d -j; an empty answer is an empty list."""
    return json.loads(ip('-d', '-j', *words, ns=ns) or '[]')


def links(ns=None):
    """{ifindex: link} of a namespace."""
    return {link['ifindex']: link for link in ip_json('link', 'show', ns=ns) if link}


def link(name, ns=None):
    return ip_json('link', 'show', 'dev', name, ns=ns)[0]


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
