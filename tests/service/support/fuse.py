"""A file whose file system takes its time: whoever closes it waits until it is let go."""

import ctypes
import os
import select
import struct
import threading

# linux/fuse.h
GETATTR, OPEN, RELEASE, FLUSH, INIT, INTERRUPT, FORGET = 3, 14, 18, 25, 26, 36, 2
ENOSYS = 38
MODE = 0o100666
MNT_DETACH = 2


class SlowFile:
    """The file at `path`.  `holds(pid)` says whether the thread `pid` is to wait in close(2)."""

    def __init__(self, path, holds):
        self.path = str(path)
        self.holds = holds
        self.held = 0
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.device = os.open('/dev/fuse', os.O_RDWR | os.O_CLOEXEC)
        with open(path, 'w', encoding='ascii'):
            pass
        options = f'fd={self.device},rootmode={MODE:o},user_id=0,group_id=0,allow_other'
        if self.libc.mount(b'slow', self.path.encode(), b'fuse', 0, options.encode()) < 0:
            raise OSError(ctypes.get_errno(), 'mount')
        stopped, self.stop = os.pipe()
        self.thread = threading.Thread(target=self._serve, args=[stopped], daemon=True)
        self.thread.start()

    def close(self):
        """The file system ends, and nobody waits any more."""
        os.close(self.stop)
        self.thread.join()
        os.close(self.device)
        self.libc.umount2(self.path.encode(), MNT_DETACH)

    def _serve(self, stopped):
        while stopped not in select.select([self.device, stopped], [], [])[0]:
            request = os.read(self.device, 1 << 17)
            code, number, pid = struct.unpack_from('4xIQ16xI', request)
            if code == FLUSH and self.holds(pid):
                self.held += 1
            elif code not in (INTERRUPT, FORGET):
                self._answer(number, *self._result(code))
        os.close(stopped)

    def _answer(self, number, error, body=b''):
        os.write(self.device, struct.pack('IiQ', 16 + len(body), -error, number) + body)

    @staticmethod
    def _result(code):
        if code == INIT:
            return 0, struct.pack('IIIIHHIIHHI', 7, 31, 0, 0, 0, 0, 4096, 1, 0, 0, 0) + b'\0' * 28
        if code == GETATTR:
            return 0, struct.pack('QII', 0, 0, 0) + struct.pack(
                'QQQQQQIIIIIIIIII', 1, 0, 0, 0, 0, 0, 0, 0, 0, MODE, 1, 0, 0, 0, 4096, 0)
        if code == OPEN:
            return 0, struct.pack('QII', 0, 0, 0)
        return (0,) if code in (RELEASE, FLUSH) else (ENOSYS,)
