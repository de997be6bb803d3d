"""Runs the deployer on a terminal of its own, and does to it what people do. Used by terminal.rs.

terminal.py MODE MARKER PROGRAM [ARG..] prints what was written to the terminal, and ends as the program did.
"""

import os
import pty
import select
import signal
import sys
import time

DEADLINE = time.monotonic() + 240


class Terminal:
    def __init__(self, command):
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.environ["TERM"] = "xterm-256color"
            os.execvp(command[0], command)
        self.seen = b""

    def read(self):
        """More of what is written; false at its end."""
        if not select.select([self.master], [], [], 0.1)[0]:
            if time.monotonic() > DEADLINE:
                sys.exit("too late: " + repr(self.seen))
            return True
        try:
            more = os.read(self.master, 65536)
        except OSError:
            return False
        self.seen += more
        return bool(more)

    def until(self, marker):
        while marker not in self.seen:
            if not self.read():
                sys.exit("it ended without it: " + repr(self.seen))

    def end(self):
        while self.read():
            pass
        _, status = os.waitpid(self.pid, 0)
        sys.stdout.buffer.write(self.seen)
        sys.stdout.flush()
        sys.exit(os.waitstatus_to_exitcode(status))


def interrupt(terminal):
    """Ctrl-C, once."""
    os.write(terminal.master, b"\x03")
    terminal.end()


def interrupt_twice(terminal):
    """Ctrl-C, twice, of which the first finds a terminal that takes nothing: Ctrl-S was typed."""
    os.write(terminal.master, b"\x13")
    os.kill(terminal.pid, signal.SIGINT)
    for _ in range(20):
        time.sleep(0.1)
        ended, status = os.waitpid(terminal.pid, os.WNOHANG)
        if ended:
            sys.exit("the first Ctrl-C did not wait for the terminal: %d" % status)
    os.kill(terminal.pid, signal.SIGINT)
    for _ in range(50):
        time.sleep(0.1)
        ended, status = os.waitpid(terminal.pid, os.WNOHANG)
        if ended:
            sys.exit(os.waitstatus_to_exitcode(status))
    sys.exit("the second Ctrl-C did not end it")


def close(terminal):
    """The window is closed: its shell dies of it, and takes along whoever is in the foreground."""
    os.close(terminal.master)
    os.waitpid(terminal.pid, 0)


mode, marker, command = sys.argv[1], sys.argv[2], sys.argv[3:]
terminal = Terminal(command)
terminal.until(marker.encode())
{"interrupt": interrupt, "interrupt-twice": interrupt_twice, "close": close}[mode](terminal)
