"""What polkit is asked, and the answers of the person at a dialogue: see support/caller.py."""

import pwd

from gi.repository import GLib

from .bus import Client

POLKIT = 'org.freedesktop.PolicyKit1'
POLKIT_PATH = '/org/freedesktop/PolicyKit1/Authority'
POLKIT_AUTHORITY = 'org.freedesktop.PolicyKit1.Authority'


def asked(log='/run/harness/polkitd.log'):
    """The details of each question that polkitd was asked about the user "list"."""
    with open(log, encoding='utf-8') as lines:
        return [dict(word.split('=', 1) for word in line.split()[1:])
                for line in lines if line.startswith('asked ')]


def details(interface, member, **values):
    """What polkitd was told; a name is that of the namespace, and the only one, by default."""
    name = values.get('namespace', '')
    return {'namespace': name, 'namespaces': name, 'namespace-id': '', 'owner': '0',
            'host': 'false', 'link': '', 'kind': '', 'pid': '', 'interface': interface,
            'member': member, **values}


def approve(person, prompt):
    """What polkit-agent-helper-1 does once the password was right."""
    root = Client(listen=False)
    identity = ('unix-user', {'uid': GLib.Variant('u', 0)})
    root.call(POLKIT_PATH, POLKIT_AUTHORITY, 'AuthenticationAgentResponse2', '(us(sa{sv}))',
              person_uid(person), prompt['cookie'], identity, destination=POLKIT)
    root.close()
    person.tell(do='end_prompt', cookie=prompt['cookie'], cancel=False)


def dismiss(person, prompt):
    person.tell(do='end_prompt', cookie=prompt['cookie'], cancel=True)


def person_uid(person):
    return pwd.getpwnam(person.user).pw_uid
