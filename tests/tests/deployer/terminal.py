"""Runs the deployer on a terminal of its own, and does to it what people do. Used by terminal.rs.

terminal.py MODE MARKER PROGRAM [ARG..] prints what the terminal shows in the end, and on stderr all that was written to it; it
ends as the program did.
"""

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time

DEADLINE = time.monotonic() + 240
ROWS, COLUMNS = 50, 80


class Screen:
    """What a terminal shows, with what has scrolled away. It knows the sequences that the deployer writes, and no others."""

    TOKEN = re.compile(r"\x1b\[([0-9;?]*)([A-Za-z])|[^\x1b]")

    def __init__(self, written):
        self.lines, self.row, self.column = [[]], 0, 0
        text, end = written.decode(), 0
        for token in self.TOKEN.finditer(text):
            if token.start() != end:
                break
            end = token.end()
            if token[2]:
                self.control(token[1], token[2])
            else:
                self.put(token[0])
        if end != len(text):
            sys.exit("no known sequence: " + repr(text[end : end + 20]))

    def control(self, parameter, final):
        if final in "mhl":
            return
        count = int(parameter or 1)
        if final == "A":
            self.go(max(self.row - count, 0), min(self.column, COLUMNS - 1))
        elif final == "B":
            self.go(self.row + count, min(self.column, COLUMNS - 1))
        elif final == "K" and parameter == "2":
            self.lines[self.row] = []
        else:
            sys.exit("no known sequence: " + repr(parameter + final))

    def put(self, character):
        if character == "\r":
            self.go(self.row, 0)
        elif character == "\n":
            self.go(self.row + 1, self.column)
        else:
            # Behind the last column a line goes on in the next one, as soon as there is something to show.
            if self.column == COLUMNS:
                self.go(self.row + 1, 0)
            line = self.lines[self.row]
            line.extend(" " * (self.column - len(line)))
            line[self.column : self.column + 1] = character
            self.column += 1

    def go(self, row, column):
        self.lines.extend([] for _ in range(row + 1 - len(self.lines)))
        self.row, self.column = row, column

    def text(self):
        return "".join("".join(line).rstrip() + "\n" for line in self.lines[: self.row]) + "".join(self.lines[self.row])


class Terminal:
    def __init__(self, command):
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
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
        sys.stdout.buffer.write(Screen(self.seen).text().encode())
        sys.stdout.flush()
        sys.stderr.buffer.write(self.seen)
        sys.stderr.flush()
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
