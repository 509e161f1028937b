"""A service of its own in a folder of its own: its start, its memory, its end.

Must never know what it is asked.
"""

import os
import re
import signal
import subprocess
import tempfile
import time

START = 60  # seconds that a start may take on a busy machine
END = 30  # seconds that an end may take


class Service:
    """`provost serve` on free ports, with users made and deleted over SCIM."""

    def __init__(self, program):
        self.program = os.path.abspath(program)
        self.folder = tempfile.TemporaryDirectory(prefix="provost-hostile-")
        # What else is set for the service, such as the URL of a database, reaches it.
        self.environment = os.environ | {
            "PROVOST_DATA_DIR": self.at("data"),
            "PROVOST_HTTP__LISTEN": "127.0.0.1:0",
            "PROVOST_GRPC__LISTEN": "127.0.0.1:0",
            "PROVOST_CONSOLE__LISTEN": "",
            "PROVOST_ADMIN__LISTEN": "127.0.0.1:0",
        }
        with open(self.at("stdout"), "wb") as stdout, open(self.at("stderr"), "wb") as stderr:
            self.process = subprocess.Popen(
                [self.program, "serve"],
                cwd=self.folder.name,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=stdout,
                stderr=stderr,
            )
        host, port, self.path = self._announced().groups()
        self.address = (host, int(port))
        self.token = self.read("data/scim.token").strip()
        self._operate("site", "settings", "set", "--creation", "create", "--deletion", "delete")
        self._operate("site", "settings", "set", "--manage-user-roles", "true")

    def at(self, name):
        return os.path.join(self.folder.name, name)

    def read(self, name):
        with open(self.at(name), encoding="utf-8", errors="replace") as file:
            return file.read()

    def _announced(self):
        """Where it says that it serves SCIM: host, port and path."""
        patience = time.monotonic() + START
        while time.monotonic() < patience and self.process.poll() is None:
            said = re.search(r"http://([\d.]+):(\d+)(/\S*)", self.read("stdout"))
            if said:
                return said
            time.sleep(0.05)
        raise SystemExit(f"the service did not start:\n{self.read('stderr')}")

    def _operate(self, *words):
        command = [self.program, *words]
        done = subprocess.run(
            command, cwd=self.folder.name, env=self.environment, capture_output=True, text=True
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(words)}: {done.stderr}")

    def memory(self):
        """The resident memory of the process, in MiB; 0 where the system doesn't tell."""
        try:
            with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
                return int(re.search(r"VmRSS:\s+(\d+) kB", status.read()).group(1)) / 1024
        except (OSError, AttributeError):
            return 0

    def end(self):
        """What is wrong with the way it ends, or with what it logged until then."""
        faults = []
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            code = self.process.wait(END)
        except subprocess.TimeoutExpired:
            self.process.kill()
            code = f"no end within {END} seconds"
        if code != 0:
            faults.append(f"the service ended with {code}")
        for line in self.read("stderr").splitlines():
            if " ERROR " in line or "panicked" in line:
                faults.append(f"logged: {line}")
        self.folder.cleanup()
        return faults
