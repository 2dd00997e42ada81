"""Callers that are not root: one process for each user, which calls what it is told to.

The process is this file, run as the user.  Parent and child talk in lines of JSON over a socket;
arguments and replies travel as GVariant text.  On demand the child also registers a polkit
authentication agent for itself, which stands in for the person at the dialogue.
"""

import json
import os
import socket
import stat
import subprocess
import sys

from gi.repository import Gio, GLib

AGENT_PATH = '/agent'
AGENT_XML = """<node><interface name='org.freedesktop.PolicyKit1.AuthenticationAgent'>
<method name='BeginAuthentication'><arg type='s' direction='in'/><arg type='s' direction='in'/>
<arg type='s' direction='in'/><arg type='a{ss}' direction='in'/><arg type='s' direction='in'/>
<arg type='a(sa{sv})' direction='in'/></method>
<method name='CancelAuthentication'><arg type='s' direction='in'/></method></interface></node>"""
POLKIT = ('org.freedesktop.PolicyKit1', '/org/freedesktop/PolicyKit1/Authority',
          'org.freedesktop.PolicyKit1.Authority')


class Child:
    """The caller itself; runs in a process of its own, as the user."""

    def __init__(self, channel):
        self.channel = channel
        self.buffer = b''
        self.loop = GLib.MainLoop()
        self.bus = Gio.DBusConnection.new_for_address_sync(
            os.environ['DBUS_SYSTEM_BUS_ADDRESS'],
            Gio.DBusConnectionFlags.AUTHENTICATION_CLIENT
            | Gio.DBusConnectionFlags.MESSAGE_BUS_CONNECTION, None, None)
        self.prompts = {}
        GLib.unix_fd_add_full(GLib.PRIORITY_DEFAULT, channel.fileno(), GLib.IOCondition.IN,
                              self.on_readable)

    def say(self, **message):
        self.channel.sendall(json.dumps(message).encode() + b'\n')

    def on_readable(self, *_):
        data = self.channel.recv(65536)
        if not data:
            self.loop.quit()
            return GLib.SOURCE_REMOVE
        self.buffer += data
        *lines, self.buffer = self.buffer.split(b'\n')
        for line in lines:
            request = json.loads(line)
            getattr(self, 'do_' + request.pop('do'))(**request)
        return GLib.SOURCE_CONTINUE

    def do_call(self, number, path, interface, member, signature, arguments, interactive, files):
        """Call the service; `files` are opened here, so with the rights of the user.  One that is
        a FIFO has both ends then, so that nobody waits for the other."""
        parameters = None
        if signature:
            parameters = GLib.Variant.parse(GLib.VariantType(signature), arguments, None, None)
        fds = Gio.UnixFDList.new()
        for name in files:
            if name.startswith('pidfd:'):
                fd = os.pidfd_open(int(name[6:]))
            else:
                fd = os.open(name, os.O_RDWR if stat.S_ISFIFO(os.stat(name).st_mode) else 0)
            fds.append(fd)
            os.close(fd)
        flags = (Gio.DBusCallFlags.ALLOW_INTERACTIVE_AUTHORIZATION if interactive
                 else Gio.DBusCallFlags.NONE)
        self.bus.call_with_unix_fd_list('org.netnsd1', path, interface, member, parameters, None,
                                        flags, 60_000, fds if files else None, None, self.on_reply,
                                        number)

    def on_reply(self, bus, result, number):
        try:
            reply, _fds = bus.call_with_unix_fd_list_finish(result)
            self.say(number=number, reply=reply.print_(True))
        except GLib.Error as error:
            name = Gio.DBusError.get_remote_error(error) or str(error.domain)
            self.say(number=number, error=name,
                     message=error.message.removeprefix(f'GDBus.Error:{name}: '))

    def do_agent(self):
        """Register as the authentication agent of this process."""
        info = Gio.DBusNodeInfo.new_for_xml(AGENT_XML).interfaces[0]
        self.bus.register_object(AGENT_PATH, info, self.on_agent_call, None, None)
        with open('/proc/self/stat', encoding='ascii') as file:
            start_time = int(file.read().rpartition(')')[2].split()[19])
        subject = ('unix-process', {'pid': GLib.Variant('u', os.getpid()),
                                    'start-time': GLib.Variant('t', start_time),
                                    'uid': GLib.Variant('i', os.getuid())})
        self.bus.call_sync(*POLKIT, 'RegisterAuthenticationAgent',
                           GLib.Variant('((sa{sv})ss)', (subject, 'en_US.UTF-8', AGENT_PATH)),
                           None, 0, -1, None)
        self.say(event='registered')

    def on_agent_call(self, _bus, _sender, _path, _interface, member, parameters, invocation):
        if member == 'CancelAuthentication':
            invocation.return_value(None)
            self.say(event='cancelled')
            return
        action, message, _icon, details, cookie, _identities = parameters.unpack()
        self.prompts[cookie] = invocation
        self.say(event='prompt', action=action, message=message, details=details, cookie=cookie)

    def do_end_prompt(self, cookie, cancel):
        """The dialogue closes: dismissed, or after the parent told polkit who it was."""
        invocation = self.prompts.pop(cookie)
        if cancel:
            invocation.return_dbus_error('org.freedesktop.PolicyKit1.Error.Cancelled', 'no')
        else:
            invocation.return_value(None)


class Failure(Exception):
    """An error reply to a call of a user."""

    def __init__(self, name, message):
        self.name = name
        self.message = message
        super().__init__(f'{name}: {message}')


class Caller:
    """The parent's handle of a user's process."""

    def __init__(self, user):
        self.user = user
        self.channel, theirs = socket.socketpair()
        with open(__file__, encoding='utf-8') as source:    # the user may not be able to read it
            command = ['setpriv', f'--reuid={user}', f'--regid={user_group(user)}',
                       '--clear-groups', sys.executable, '-c', source.read(), str(theirs.fileno())]
        self.process = subprocess.Popen(command, pass_fds=[theirs.fileno()], cwd='/')
        theirs.close()
        self.buffer = b''
        self.answers = {}
        self.events = []
        self.count = 0
        self.watch = GLib.unix_fd_add_full(GLib.PRIORITY_DEFAULT, self.channel.fileno(),
                                           GLib.IOCondition.IN, self._on_readable)

    def _on_readable(self, *_):
        data = self.channel.recv(65536)
        if not data:
            self.watch = 0
            return GLib.SOURCE_REMOVE
        self.buffer += data
        *lines, self.buffer = self.buffer.split(b'\n')
        for line in lines:
            message = json.loads(line)
            if 'number' in message:
                self.answers[message['number']] = message
            else:
                self.events.append(message)
        return GLib.SOURCE_CONTINUE

    def tell(self, **request):
        self.channel.sendall(json.dumps(request).encode() + b'\n')

    def start(self, path, interface, member, parameters=None, *, interactive=False, files=()):
        """Send a call; returns its number."""
        self.count += 1
        self.tell(do='call', number=self.count, path=path, interface=interface, member=member,
                  signature=parameters.get_type_string() if parameters else '',
                  arguments=parameters.print_(True) if parameters else '',
                  interactive=interactive, files=list(files))
        return self.count

    def finish(self, number):
        """The reply to a call as a GLib.Variant; raises Failure."""
        from .loop import wait_until
        wait_until(lambda: number in self.answers, f'the reply to call {number} of {self.user}', 30)
        answer = self.answers.pop(number)
        if 'error' in answer:
            raise Failure(answer['error'], answer['message'])
        return GLib.Variant.parse(None, answer['reply'], None, None)

    def call(self, *arguments, **options):
        return self.finish(self.start(*arguments, **options))

    def error_of(self, *arguments, **options):
        """The Failure of a call, or None when it succeeded."""
        try:
            self.call(*arguments, **options)
        except Failure as failure:
            return failure
        return None

    def wait_event(self, name):
        """The oldest event of that name that nobody has taken yet."""
        from .loop import wait_until

        def take():
            found = next((event for event in self.events if event['event'] == name), None)
            if found:
                self.events.remove(found)
            return found
        return wait_until(take, f'{name} at {self.user}; seen: {self.events}')

    def become_agent(self):
        self.tell(do='agent')
        self.wait_event('registered')

    def kill(self):
        """The user's process ends now, whatever is under way."""
        self.process.kill()
        self.close()

    def close(self):
        if self.watch:
            GLib.source_remove(self.watch)
            self.watch = 0
        self.channel.close()
        self.process.wait(10)


def user_group(user):
    import grp
    import pwd
    return grp.getgrgid(pwd.getpwnam(user).pw_gid).gr_name


if __name__ == '__main__':
    Child(socket.socket(fileno=int(sys.argv[1]))).loop.run()
